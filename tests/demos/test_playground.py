"""The playground: what it asks the models, what it refuses, and how its page is wired."""

from __future__ import annotations

import gradio as gr
import pytest

from phicookbook.corpora import headlines
from phicookbook.demos import playground
from phicookbook.demos.answering import later
from phicookbook.demos.page import one_line
from phicookbook.demos.playground import LONGEST, answer, make_demo
from phicookbook.settings import CookbookError


class Stub:
    """A model that writes one answer word by word and remembers what it was asked."""

    name = "stub"

    def __init__(self, text: str = "negative"):
        self.text, self.asked = text, []

    def stream(self, conversation, system="", **generation):
        self.asked.append(conversation)
        yield from (f"{word} " for word in self.text.split())


def test_the_book_s_own_question_and_a_cost():
    model = Stub("The sentiment is negative.")
    steps = list(answer(later(model), "Contoso breached"))
    assert steps[0] == ("", "reading the prompt ...")
    assert [text for text, _ in steps[1:3]] == ["The ", "The sentiment "]
    assert steps[-1][0] == "The sentiment is negative." and steps[-1][1].startswith("done: 4 words, ")
    assert model.asked == [headlines.prompt("Contoso breached")]


@pytest.mark.parametrize("text", ["", "   ", "\n\t", None])
def test_an_empty_headline_asks_for_one(text):
    with pytest.raises(CookbookError, match="type one, or choose an example"):
        list(answer(later(Stub()), text))


def test_lines_and_blanks_become_one_line():
    assert one_line("  Contoso\n breached \t today ", "headline", LONGEST) == "Contoso breached today"


def test_a_long_headline_is_refused_with_its_length():
    assert one_line("x" * LONGEST, "headline", LONGEST) == "x" * LONGEST
    with pytest.raises(CookbookError, match=f"at most {LONGEST} characters here; this one has {LONGEST + 1}"):
        one_line("x" * (LONGEST + 1), "headline", LONGEST)


def test_html_goes_through_as_it_is():
    text = "<script>alert('x')</script> & <b>Contoso</b>"
    model = Stub("<b>negative</b>")
    assert list(answer(later(model), text))[-1][0] == "<b>negative</b>"
    assert text in model.asked[0]


def test_each_model_writes_in_an_event_of_its_own_and_stop_ends_all_of_them():
    base, tuned = Stub("The sentiment is positive."), Stub("negative")
    demo = make_demo(base, tuned)
    events = {event.api_name: event for event in demo.fns.values() if event.api_name}
    for name, model in (("base_answer", base), ("tuned_answer", tuned)):
        event = events[name]
        assert {target[1] for target in event.targets} == {"click", "submit"}
        assert list(event.fn("Contoso recovers"))[-1][0] == model.text
        assert all(isinstance(box, gr.Textbox) and not box.interactive for box in event.outputs)  # shown as text, never as HTML
    writing = [i for i, event in demo.fns.items() if event.concurrency_id == "models"]
    assert len(writing) == 2 + 2 * len(playground.EXAMPLES)
    assert next(sorted(event.cancels) for event in demo.fns.values() if event.cancels) == sorted(writing)


def test_every_control_has_a_label():
    controls = [c for c in make_demo(Stub(), Stub()).blocks.values() if isinstance(c, (gr.Textbox, gr.Button))]
    names = [c.label if isinstance(c, gr.Textbox) else c.value for c in controls]
    assert all(names) and len(set(names)) == len(names)


def test_no_model_is_opened_before_it_is_asked(monkeypatch):
    import phicookbook.models

    monkeypatch.setattr(phicookbook.models, "open_model", lambda name: pytest.fail(f"{name} was opened"))
    make_demo()


def test_examples_fit():
    assert all(one_line(text, "headline", LONGEST) == text for text in playground.EXAMPLES)
