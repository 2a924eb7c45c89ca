"""Models that open late and answers that stream, are counted, and stop."""

from __future__ import annotations

import threading

import pytest

from phicookbook.demos.answering import later, stopped, stream, waiting
from phicookbook.settings import CookbookError


def test_a_model_is_opened_once_and_at_the_first_request(monkeypatch, tiny):
    import phicookbook.models

    opened = []
    monkeypatch.setattr(phicookbook.models, "open_model", lambda name: opened.append(name) or tiny)
    model = later("opened once")
    assert (model.name, model.is_open, opened) == ("opened once", False, [])
    assert waiting(model) == "opening opened once ..."
    assert model.get() is model.get() is tiny and opened == ["opened once"]
    assert waiting(model) == "reading the prompt ..."
    assert later("opened once") is model and later("another") is not model


def test_an_open_model_is_handed_out(tiny):
    assert later(tiny).get() is tiny and later(tiny).is_open and later(tiny).name == "tiny"


def test_a_tuned_model_says_that_it_may_be_trained_first():
    assert "trained first" in waiting(later("pocket-unmade"))


def test_a_model_that_does_not_open_is_tried_again():
    model = later("no such model")
    for _ in range(2):
        with pytest.raises(CookbookError, match="no model is called 'no such model'"):
            model.get()


def test_a_stream_ends_in_the_models_own_answer(tiny):
    pairs = list(stream(tiny, "Hello", max_new_tokens=12))
    reply = tiny.chat("Hello", max_new_tokens=12)
    assert pairs[-1][0] == reply.text.strip()
    texts = [text for text, _ in pairs[:-1]]
    assert texts == sorted(texts, key=len) and all(cost.startswith("writing: ") for _, cost in pairs[:-1])
    words = len(pairs[-1][0].split())
    tokens = len(tiny.tokenizer(reply.text, add_special_tokens=False)["input_ids"])
    assert pairs[-1][1].startswith(f"done: {words} words, {tokens} tokens, ")


def test_closing_a_stream_ends_the_generation(tiny):
    whole = len(tiny.tokenizer(tiny.chat("Hello", max_new_tokens=200).text)["input_ids"])
    assert whole > 100, "the tiny model must write long enough for this test"
    steps = []
    hook = tiny.model.register_forward_hook(lambda *_: steps.append(1))
    try:
        before = threading.active_count()
        pieces = stream(tiny, "Hello", max_new_tokens=200)
        next(pieces)
        pieces.close()
        assert threading.active_count() == before
        count = len(steps)
        assert count < whole
    finally:
        hook.remove()


def test_stop_tells_what_was_under_way():
    assert stopped("writing: 3 words, 4 tokens, 10 ms", "done: 1 words", "", "reading the prompt ...") == [
        "stopped: 3 words, 4 tokens, 10 ms", "done: 1 words", "", "stopped: no word yet",
    ]  # fmt: skip
