"""Answers under a JSON schema, from a tiny model with random weights that knows nothing of JSON.

pytest tests/models/test_constrain.py
"""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phicookbook.models.constrain import grammar
from phicookbook.settings import CookbookError

CITY = {"enum": ["Skagway", "Belize"]}
AGE = {"type": "integer", "minimum": 0, "maximum": 120}
PERSON = {
    "type": "object",
    "properties": {"city": CITY, "age": AGE, "sure": {"type": "boolean"}},
    "required": ["city", "age", "sure"],
    "additionalProperties": False,
}
WORD = {"type": "string", "maxLength": 6}
LIST = {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 1, "maxItems": 3}


def drawn(model, schema, count=6, **options):
    prompts = [f"Question {'again ' * n}{n}?" for n in range(count)]
    return model.chat_many(prompts, schema=schema, max_new_tokens=160, **options)


@pytest.mark.parametrize("schema", [PERSON, CITY, AGE, WORD, LIST, {"const": {"a": [1, None]}}, {"type": "null"}])
@pytest.mark.parametrize("temperature", [0.0, 1.5])
def test_every_answer_is_json_under_the_schema(tiny, schema, temperature):
    for reply in drawn(tiny, schema, temperature=temperature, seed=5):
        assert reply.finished
        found = json.loads(reply.text)
        jsonschema.validate(found, schema)
        assert reply.text == json.dumps(found, separators=(",", ":"), ensure_ascii=False) or schema is WORD


def test_each_conversation_may_have_a_schema_of_its_own(tiny):
    schemas = [CITY, AGE, PERSON, {"const": 1}]
    replies = tiny.chat_many(["a " * 9, "b", "c " * 4, "d"], schema=schemas, max_new_tokens=160)
    for reply, schema in zip(replies, schemas, strict=True):
        jsonschema.validate(json.loads(reply.text), schema)


def test_a_wrong_number_of_schemas_is_refused(tiny):
    with pytest.raises(CookbookError, match="2 schemas for 3 conversations: give one for all, or one for each"):
        tiny.chat_many(["a", "b", "c"], schema=[CITY, AGE])


def test_without_a_schema_it_writes_no_json(tiny):
    for reply in drawn(tiny, None):
        with pytest.raises(ValueError):
            json.loads(reply.text)


def test_a_stream_is_held_too(tiny):
    text = "".join(tiny.stream("Where?", schema=PERSON, max_new_tokens=160))
    jsonschema.validate(json.loads(text), PERSON)
    assert text == tiny.chat("Where?", schema=PERSON, max_new_tokens=160).text


def test_rows_end_apart(tiny):
    """A short answer beside a long one does not change either."""
    prompts = ["One?", "Two? And three, and four?", "Five " * 20]
    together = tiny.chat_many(prompts, schema=LIST, temperature=0.0, max_new_tokens=60)
    alone = [tiny.chat(prompt, schema=LIST, max_new_tokens=60) for prompt in prompts]
    assert [reply.text for reply in together] == [reply.text for reply in alone]


def test_an_answer_that_is_cut_says_so(tiny):
    assert not tiny.chat("Where?", schema=PERSON, max_new_tokens=3).finished


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 5, "maximum": 3},
        {"type": "strnig"},
        {"enum": []},
        {"type": "string", "pattern": "("},
    ],
)
def test_a_schema_that_no_json_satisfies(tiny, schema):
    with pytest.raises(CookbookError, match="no JSON can satisfy the schema, or a part of it is unknown: "):
        tiny.chat("Where?", schema=schema)


@pytest.mark.parametrize("schema", [{"enum": {1, 2}}, {"type": object()}])
def test_a_schema_that_is_no_json(tiny, schema):
    with pytest.raises(CookbookError, match="the schema is no JSON schema: "):
        tiny.chat("Where?", schema=schema)


names = st.text("abcxyz", min_size=1, max_size=4)
leaves = st.sampled_from([{"type": "boolean"}, {"type": "null"}, AGE, CITY, LIST])


@given(fields=st.dictionaries(names, leaves, min_size=1, max_size=4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_keys_come_in_the_order_of_the_schema(tiny, fields):
    schema = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    assert grammar(schema)
    reply = tiny.chat("All of it, please.", schema=schema, max_new_tokens=200, temperature=1.0, seed=1)
    found = json.loads(reply.text)
    jsonschema.validate(found, schema)
    assert list(found) == list(fields)
