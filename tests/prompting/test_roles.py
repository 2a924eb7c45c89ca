"""Tokens by role: nothing is lost, every token has the right owner, and text cannot break out of the page.

pytest tests/prompting/test_roles.py
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook.prompting.roles import TEMPLATE, pieces, to_html

TALK = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hello there"},
    {"role": "assistant", "content": "Hi."},
    {"role": "user", "content": "Hi."},
]


def said(found, role: str) -> str:
    return "".join(piece.text for piece in found if piece.role == role)


def test_every_message_is_its_own_roles(tiny):
    found = pieces(tiny.tokenizer, TALK)
    assert said(found, "system") == "Be brief."
    assert said(found, "user") == "Hello thereHi."
    assert said(found, "assistant") == "Hi."
    assert said(found, TEMPLATE).endswith("<|assistant|>\n")


def test_an_answer_is_opened_on_request_only(tiny):
    shut = pieces(tiny.tokenizer, "Hello", opens=False)
    assert not said(shut, TEMPLATE).endswith("<|assistant|>\n")
    assert len(pieces(tiny.tokenizer, "Hello")) > len(shut)


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1).filter(str.strip),
        min_size=1,
        max_size=4,
    )
)
def test_the_pieces_are_the_templated_text(tiny, texts):
    messages = [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(texts)]
    whole = tiny.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert "".join(piece.text for piece in pieces(tiny.tokenizer, messages)) == whole


@pytest.mark.parametrize("text", ["user", "end", "|", "s", "<|user|>", "assistant"])
def test_a_message_that_looks_like_a_mark_is_still_its_speaker_s(tiny, text):
    talk = [{"role": "system", "content": text}, {"role": "user", "content": text}]
    found = pieces(tiny.tokenizer, talk)
    assert said(found, "system") == said(found, "user") == text
    assert said(found, TEMPLATE) == "<|system|>\n<|end|>\n<|user|>\n<|end|>\n<|assistant|>\n"


@pytest.mark.parametrize("nasty", ["<script>alert(1)</script>", "a & b", "<b>", '"onmouseover="x'])
def test_text_is_shown_and_not_run(tiny, nasty):
    page = to_html(pieces(tiny.tokenizer, nasty))
    assert "<script" not in page and "<b>" not in page and '"onmouseover' not in page
    assert "user" in page and "template" in page


def test_a_template_that_drops_the_system_message(tiny, monkeypatch):
    monkeypatch.setattr(
        tiny.tokenizer, "chat_template", "{% for m in messages if m.role != 'system' %}{{ m.content }}|{% endfor %}"
    )
    found = pieces(tiny.tokenizer, TALK[:2])
    assert said(found, "system") == "" and said(found, "user") == "Hello there" and said(found, TEMPLATE) == "|"
