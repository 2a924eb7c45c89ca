"""The playground: what it says about a headline, and the page around it, with stub models."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from phicookbook.chat import Reply
from phicookbook.corpora import headlines
from phicookbook.demos import playground
from phicookbook.demos.playground import LONGEST, describe, make_demo
from phicookbook.settings import CookbookError


@dataclass
class Stub:
    """A model that gives one answer and remembers what it was asked."""

    text: str = "negative"
    asked: list = field(default_factory=list)

    def chat(self, conversation, system="", **generation) -> Reply:
        self.asked.append(conversation)
        return Reply.from_text(self.text, tokens=3, seconds=0.0124)


def test_answer_and_cost():
    model = Stub("The sentiment is negative.")
    assert describe(model, "Contoso breached") == ("The sentiment is negative.", "4 words, 3 tokens, 12 ms")
    assert model.asked == [headlines.prompt("Contoso breached")]


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_headline_asks_for_one(text):
    model = Stub()
    assert describe(model, text) == ("Type a headline first.", "")
    assert model.asked == []


def test_lines_and_blanks_become_one_line():
    model = Stub()
    describe(model, "  Contoso\n breached \t today ")
    assert model.asked == [headlines.prompt("Contoso breached today")]


def test_a_long_headline_is_refused_with_its_length():
    model = Stub()
    assert describe(model, "x" * LONGEST)[0] == "negative"
    answer, cost = describe(model, "x" * (LONGEST + 1))
    assert answer == f"A headline has at most {LONGEST} characters here; this one has {LONGEST + 1}." and cost == ""
    assert len(model.asked) == 1


def test_html_goes_through_as_it_is():
    text = "<script>alert('x')</script> & <b>Contoso</b>"
    model = Stub("<b>negative</b>")
    assert describe(model, text)[0] == "<b>negative</b>"
    assert text in model.asked[0]


def test_a_mistake_that_the_reader_can_mend_is_the_answer():
    class Refusing(Stub):
        def chat(self, conversation, system="", **generation):
            raise CookbookError("the prompt has 900 tokens")

    assert describe(Refusing(), "Contoso") == ("the prompt has 900 tokens", "")


def test_demo_asks_both_models_and_fills_four_boxes():
    import gradio as gr

    base, tuned = Stub("The sentiment is positive."), Stub("negative")
    demo = make_demo(base, tuned)
    assert isinstance(demo, gr.Blocks)
    shown = [c for c in demo.blocks.values() if isinstance(c, (gr.Textbox, gr.Markdown, gr.HTML))]
    boxes = [c for c in shown if isinstance(c, gr.Textbox)]
    assert [box.label for box in boxes] == ["Headline", "Base: pocket", "Cost", "Tuned: pocket-headlines", "Cost"]
    assert not any(box.interactive for box in boxes[1:])  # an answer is shown as text, never as HTML
    events = [event for event in demo.fns.values() if event.fn and event.fn.__name__ == "both"]
    assert {target[1] for event in events for target in event.targets} == {"click", "submit"}
    for event in events:
        assert event.outputs == boxes[1:]
        answers = event.fn("Contoso recovers")
        assert (answers[0], answers[2]) == ("The sentiment is positive.", "negative")
    assert len(base.asked) == len(tuned.asked) == 2


def test_demo_opens_pocket_and_its_tuned_model_by_default(monkeypatch):
    import phicookbook.models

    opened = []
    monkeypatch.setattr(phicookbook.models, "open_model", lambda name: opened.append(name) or Stub())
    make_demo()
    assert opened == ["pocket", "pocket-headlines"]


def test_examples_fit():
    assert all(0 < len(text) <= LONGEST for text in playground.EXAMPLES)
