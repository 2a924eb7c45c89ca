"""Schemas, and what repair saves of broken JSON, never with a value that was not there.

pytest tests/prompting/test_structured.py
"""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook import corpora
from phicookbook.chat import parse_json
from phicookbook.prompting import structured

CITY = {"city": "Rome", "age": 3}


@pytest.mark.parametrize(
    "text, found",
    [
        ('{"city":"Rome","age":3}', CITY),
        ('Sure! {"city":"Rome","age":3} I hope this helps {you}.', CITY),
        ('```json\n{"city": "Rome", "age": 3}\n```', CITY),
        ("{'city': 'Rome', 'age': 3,}", CITY),
        ("{city: 'Rome', age: 3}", CITY),
        ('{"city":"Rome","age":3,"x":{"y":[1,2', {**CITY, "x": {"y": [1]}}),
        ('{"city":"Rome","age":3', {"city": "Rome"}),  # 3, or 35? nobody knows
        ('{"city":"Rome","note":"a, b', {"city": "Rome"}),
        ('{"city":"Rome"', {"city": "Rome"}),
        ('{"city":"a } b"}', {"city": "a } b"}),
        ('{"city":"a \\" } b"}', {"city": 'a " } b'}),
        ("no object", None),
        ("", None),
        ("{", None),
        ("{]", None),
        ('{"city" "Rome"}', None),
        ("[1, 2]", None),
    ],
)
def test_repair(text, found):
    assert structured.repair(text) == found


VALUES = st.one_of(st.text(max_size=8), st.integers(-999, 999), st.booleans(), st.none())
OBJECTS = st.dictionaries(st.text(st.characters(codec="ascii", categories=("Ll",)), min_size=1, max_size=6), VALUES, max_size=4)


@given(OBJECTS, st.sampled_from((None, 1)))
def test_good_json_stays_as_it_is(value, indent):
    text = json.dumps(value, indent=indent)
    assert structured.repair(text) == parse_json(text) == value


@given(OBJECTS, st.data())
def test_what_was_cut_is_never_guessed(value, data):
    text = json.dumps(value)
    found = structured.repair(text[: data.draw(st.integers(0, len(text)))])
    assert found is None or found.items() <= value.items()


@given(st.text(alphabet="{}[]\"':,ab1 \\\n", max_size=30))
def test_nothing_breaks_repair(text):
    found = structured.repair(text)
    assert found is None or isinstance(found, dict)


@pytest.mark.parametrize("text, found", [("{}", {}), ("[]", None), ("3", None), ("", None), ("{'a': 1}", None)])
def test_parse_takes_json_objects_alone(text, found):
    assert parse_json(text) == found


def test_the_right_answer_is_valid_under_its_schema():
    for sample in corpora.samples("json", 40):
        fields = sample.meta["fields"]
        types = structured.types_of(sample.kind, list(fields))
        schema = structured.schema(types)
        jsonschema.validate(json.loads(sample.answer), schema)
        assert structured.valid(fields, schema) and not structured.valid(None, schema)
        wrong_types = {name: 3 if kind is str else "x" for name, kind in types.items()}
        for broken in ({**fields, "more": 1}, dict(list(fields.items())[1:]), dict.fromkeys(fields, []), wrong_types):
            assert not structured.valid(broken, schema)


def test_a_schema_does_not_depend_on_what_the_text_tells():
    assert structured.types_of("book", ["year", "title"]) == {"year": int, "title": str}
    assert structured.schema({"age": int})["properties"]["age"]["type"] == ["integer", "null"]
    with pytest.raises(KeyError):
        structured.schema({"list": list})


def test_any_model_under_a_schema_comes_to_an_end(tiny):
    schemas = [structured.schema({"a": str, "b": int}), structured.schema({"c": bool})]
    replies = tiny.chat_many(["one", "two"], schema=schemas, max_new_tokens=150, temperature=1.5)
    for reply, schema in zip(replies, schemas, strict=True):
        assert reply.finished and structured.valid(parse_json(reply.text), schema)


def test_a_model_held_to_a_choice_makes_one(tiny):
    options = ["billing", "shipping"]
    text = tiny.chat("Which team?", schema=structured.one_of(options), max_new_tokens=16).text
    assert json.loads(text) in options


def test_fields_are_judged_one_by_one():
    wanted = {"a": 1, "b": None}
    assert structured.fields_right({"a": 1, "b": None}, wanted) == [True, True]
    assert structured.fields_right({"a": 2}, wanted) == [False, False]
    assert structured.fields_right(None, wanted) == [False, False]
