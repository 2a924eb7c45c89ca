"""The right template is the tokenizer's, and every wrong one differs from it but holds the question.

pytest tests/prompting/test_templates.py
"""

from __future__ import annotations

import pytest

from phicookbook.prompting.templates import writers
from phicookbook.settings import CookbookError

TALK = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who are you?"}]


def test_the_first_is_the_tokenizers_own(tiny):
    own, *_ = writers(tiny.tokenizer).values()
    assert own(TALK) == "<|system|>\nBe brief.<|end|>\n<|user|>\nWho are you?<|end|>\n<|assistant|>\n"


def test_the_others_are_wrong_each_in_its_way(tiny):
    found = {name: write(TALK) for name, write in writers(tiny.tokenizer).items()}
    assert len(set(found.values())) == len(found)
    assert all("Who are you?" in text and "Be brief." in text for text in found.values())
    assert found["answer not opened"].endswith("Who are you?<|end|>\n") and "<|assistant|>" not in found["answer not opened"]
    assert "<|assistant|>\nWho are you?" in found["user and assistant swapped"]
    assert found["another family's marks"].endswith("<|im_end|>\n<|im_start|>assistant\n")
    assert found["roles as plain words"] == "System: Be brief.\nUser: Who are you?\nAssistant:"
    assert found["no template"] == "Be brief.\nWho are you?"


def test_raw_text_reaches_the_model_as_it_stands(tiny):
    own = next(iter(writers(tiny.tokenizer).values()))
    talk = TALK[1:]
    raw = tiny.complete_many([own(talk)], max_new_tokens=8)[0]
    assert raw.text == tiny.chat(talk, max_new_tokens=8).text
    assert raw.prompt_tokens == len(tiny.tokenizer(own(talk))["input_ids"])
    assert (
        tiny.complete_many([own(talk), "Who"], max_new_tokens=8)[1].text == tiny.complete_many(["Who"], max_new_tokens=8)[0].text
    )
    bare = tiny.complete_many(["Who are you?"], max_new_tokens=8)[0]
    assert bare.prompt_tokens < raw.prompt_tokens


@pytest.mark.parametrize("text, fault", [("", "the prompt is empty"), ("word " * 300, "shorten the prompt")])
def test_a_text_that_cannot_be_continued(tiny, text, fault):
    with pytest.raises(CookbookError, match=fault):
        tiny.complete_many([text], max_new_tokens=8)
