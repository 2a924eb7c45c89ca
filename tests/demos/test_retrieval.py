"""The demo of retrieval: passages with their citations as HTML that runs nothing, and answers with and without a search."""

from __future__ import annotations

import html
import re

import pytest

from phicookbook.corpora.context import NOT_SAID
from phicookbook.demos.answering import later
from phicookbook.demos.page import one_line
from phicookbook.demos.retrieval import EXAMPLES, LONGEST, Guide, make_demo, passages, searched, without
from phicookbook.retrieval import Document, Index
from phicookbook.retrieval.answering import read
from phicookbook.retrieval.trials import closed_book
from phicookbook.settings import CookbookError

PAGE = "# Mira Inn\n\nThe Mira Inn opens at 9:30. Dogs are welcome.\n\n<img src=x onerror=alert(1)> {{value}} ${1}"


class Stub:
    name = "stub"

    def __init__(self, text: str):
        self.text, self.asked = text, []

    def stream(self, conversation, system="", **generation):
        self.asked.append(conversation)
        yield from (f"{word} " for word in self.text.split())


@pytest.fixture
def index(tmp_path, words):
    index = Index(tmp_path / "index", words)
    index.update([Document("inn.md", PAGE), Document("ferry.md", "# Ferry\n\nThe ferry leaves at noon.")])
    return index


def test_an_answer_with_its_citation(index):
    model = Stub("9:30")
    steps = list(searched(later(model), index, "The Mira Inn opens when?", lines=2))
    text, cost, page = steps[-1]
    assert re.fullmatch(r"9:30 \[\d\]", text) and cost.startswith("done: 1 words")
    number = text[-2]
    assert f'<mark class="cited">[{number} cited] The Mira Inn opens at 9:30.</mark>' in page
    assert 'class="cited"' not in steps[0][2] and f"[{number}] The Mira Inn opens at 9:30." in model.asked[0][-1]["content"]


def test_what_documents_hold_is_shown_to_the_letter_and_not_run(index):
    page = passages(read("When does the Mira Inn open?", index.search("Mira Inn", 2), index.embedder))
    assert "<img" not in page and "{" not in page and "$" not in page
    text = html.unescape(re.sub(r"<mark[^>]*>\[\d\] |<[^>]+>", "", page))
    assert "<img src=x onerror=alert(1)> {{value}} ${1}" in text
    assert set(re.findall(r"<(\w+)", page)) == {"section", "h4", "p", "mark"}


def test_below_the_support_the_model_is_not_asked(index):
    model = Stub("never")
    text, cost, page = list(searched(later(model), index, "Who painted Zanzibar in 1999?"))[-1]
    assert text == NOT_SAID and "so the model was not asked" in cost and page and model.asked == []


def test_without_a_search_the_model_is_asked_alone():
    model = Stub("I do not know.")
    assert list(without(later(model), " When? "))[-1][0] == "I do not know."
    assert model.asked == [closed_book("When?")]


def test_an_empty_or_long_question_is_told():
    with pytest.raises(CookbookError, match="the question is empty"):
        one_line(" \n", "question", LONGEST)
    with pytest.raises(CookbookError, match=f"this one has {LONGEST + 1}"):
        one_line("x" * (LONGEST + 1), "question", LONGEST)


def test_nothing_found_is_said():
    from phicookbook.retrieval import Answer

    assert passages(Answer("q", NOT_SAID, [], [], [], 0.0)) == "<p>Nothing was found.</p>"


def test_a_guide_is_indexed_when_first_asked_for(tmp_path, words, monkeypatch):
    import phicookbook.retrieval.index as module

    monkeypatch.setattr(module, "load_embedder", lambda: words)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("The code word is heron.", encoding="utf-8")
    guide = Guide(tmp_path / "docs")
    assert guide.get() is guide.get() and guide.get().search("code word", 1)[0].document == "a.md"


def test_every_control_has_a_label():
    import gradio as gr

    kinds = (gr.Textbox, gr.Slider, gr.Radio, gr.HTML, gr.File)
    labels = [c.label for c in make_demo().blocks.values() if isinstance(c, kinds)]
    assert all(labels) and len(set(labels)) == len(labels)


def test_examples_fit():
    assert all(one_line(text, "question", LONGEST) == text for text in EXAMPLES)
