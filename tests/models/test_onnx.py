"""The ONNX backend, held against transformers on the same tiny weights."""

from __future__ import annotations

import json
import shutil

import pytest

from phicookbook.edge import Form
from phicookbook.edge.build import build
from phicookbook.models import open_model
from phicookbook.models.onnx import open_onnx
from phicookbook.settings import CookbookError

PROMPTS = ["Hello", "Hello there", "What is the sentiment of this headline? The system was breached.", "7" * 60, "Hallo"]
SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["positive", "negative"]}, "n": {"type": "integer", "maximum": 9, "minimum": 0}},
    "required": ["label", "n"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def folder(small_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("onnx") / "tiny"
    build(small_folder, out, Form("fp32"), tied=True)
    return out


@pytest.fixture
def model(folder):
    return open_model(str(folder))


def facts(replies) -> list:
    return [(r.text, r.tokens, r.prompt_tokens, r.finished) for r in replies]


def test_greedy_answers_are_transformers_own(model, small):
    assert facts(model.chat_many(PROMPTS, max_new_tokens=16)) == facts(small.chat_many(PROMPTS, max_new_tokens=16))
    assert facts([model.chat("Hello", "Be brief.", max_new_tokens=8)]) == facts(
        [small.chat("Hello", "Be brief.", max_new_tokens=8)]
    )


def test_completions_are_transformers_own(model, small):
    texts = ["The system", "positive negative"]
    assert facts(model.complete_many(texts, max_new_tokens=9)) == facts(small.complete_many(texts, max_new_tokens=9))


def test_batches_do_not_change_answers(model):
    many = ["Hello"] * 40 + PROMPTS  # more rows of one length than onnxruntime-genai takes at once
    assert facts(model.chat_many(many, max_new_tokens=6)) == facts([model.chat(p, max_new_tokens=6) for p in many])


def test_a_row_that_ends_early_is_cut_there(model, monkeypatch):
    rows = list(model._steps([model.prompt_ids("Hello")], model._decoding(12, 0.0, 1.0, 0, None), [None]))
    third = rows[2][0]
    place = rows.index([third])
    monkeypatch.setattr(model, "ends", [*model.ends, third])
    reply = model.chat("Hello", max_new_tokens=12)
    assert (reply.finished, reply.tokens) == (True, place)


@pytest.mark.parametrize("options", [{}, {"temperature": 1.3, "seed": 5}])
def test_stream_is_chat_in_pieces(model, options):
    pieces = list(model.stream(PROMPTS[2], max_new_tokens=20, **options))
    assert all(pieces) and "".join(pieces) == model.chat(PROMPTS[2], max_new_tokens=20, **options).text


def test_the_seed_decides_the_draw(model):
    drawn = [model.chat("Hello", temperature=1.5, seed=seed, max_new_tokens=12).text for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_under_a_schema_it_writes_what_transformers_writes(model, small):
    schemas = [SCHEMA, {"enum": ["a", "b"]}, SCHEMA, {"type": "boolean"}, SCHEMA]
    ours = model.chat_many(PROMPTS, schema=schemas, max_new_tokens=60)
    assert facts(ours) == facts(small.chat_many(PROMPTS, schema=schemas, max_new_tokens=60))
    assert all(r.finished for r in ours) and set(json.loads(ours[0].text)) == {"label", "n"}
    assert "".join(model.stream(PROMPTS[0], schema=SCHEMA, max_new_tokens=60)) == ours[0].text


@pytest.mark.parametrize(
    "given, told",
    [
        ({"max_new_tokens": 250}, "250 more were asked for, but .* holds 256"),
        ({"temperature": -1}, "temperature and top_k must not be negative"),
        ({"schema": {"type": "nonsense"}}, "schema"),
        ({"schema": [SCHEMA, SCHEMA]}, "2 schemas for 1 conversations"),
    ],
)
def test_bad_input_is_told(model, given, told):
    with pytest.raises(CookbookError, match=told):
        model.chat("Hello", **given)


def test_a_damaged_export_is_told(folder, tmp_path):
    for name, content in (("genai_config.json", "{"), ("model.onnx", "nonsense"), ("tokenizer.json", "{}")):
        broken = tmp_path / name
        shutil.copytree(folder, broken)
        (broken / name).write_text(content)
        with pytest.raises(CookbookError, match="holds no model that onnxruntime-genai can open"):
            open_onnx(broken, "broken")


def test_its_own_tokenizer_and_template_agree(folder, model):
    """Foundry Local and other programs read the folder with onnxruntime-genai's tokenizer, not with transformers'."""
    import onnxruntime_genai as og

    theirs = og.Tokenizer(og.Model(str(folder)))
    for text in PROMPTS:
        assert list(theirs.encode(text)) == model.tokenizer(text, add_special_tokens=False)["input_ids"]
    asked = [{"role": "user", "content": "Hi"}]
    template = model.tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    assert theirs.apply_chat_template(json.dumps(asked), add_generation_prompt=True) == template
