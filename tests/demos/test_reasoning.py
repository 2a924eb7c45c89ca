"""The reasoning demo: puzzles, traces with the verifier's mark, budgets, and the page in a browser."""

from __future__ import annotations

import re

import chromium
import pytest
from chromium import Visit
from demo_page import fits, opened, press, quiet, value

from phicookbook.chat import Reply
from phicookbook.demos import reasoning
from phicookbook.demos.reasoning import MOST_MODELS, MOST_SEED, entries, puzzle, run, shown, verdict, writing
from phicookbook.models import open_model
from phicookbook.reasoning.evaluate import Protocol, ask, protocol_for, record
from phicookbook.settings import CookbookError

SUM = ("arithmetic", 2, "sums", 7)
FREE = {"budget": 200, "least": 0, "force": False}


class Says:
    """A model behind an address: it says one thing and has no tokenizer here."""

    name = "says"

    def __init__(self, text: str):
        self.text = text

    def chat_many(self, prompts, system="", **generation):
        return [Reply.from_text(self.text, tokens=9) for _ in prompts]


@pytest.fixture(scope="module")
def pocket():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_THREADS", "1")
        return open_model("pocket")


def panels_of(text: str, changes=FREE, drawn=SUM) -> list[str]:
    """The last state of the page when a model says `text`."""
    return list(run(lambda name: Says(text), {"says": ("says", {})}, ["says"], drawn, changes))[-1]


def test_a_seed_names_a_puzzle():
    assert puzzle(*SUM) == puzzle(*SUM) and puzzle(*SUM).prompt != puzzle(*SUM[:3], 8).prompt
    assert shown(*SUM) == (puzzle(*SUM).prompt, puzzle(*SUM).answer)


@pytest.mark.parametrize("seed", [None, -1, 1.5, MOST_SEED + 1])
def test_a_seed_that_is_none_gets_a_sentence(seed):
    assert shown("sat", 3, "light", seed) == (f"The seed is a whole number from 0 to {MOST_SEED:,}: it names the puzzle.", "")
    assert "The seed is a whole number" in panels_of("7", drawn=("sat", 3, "light", seed))[0]


def test_a_level_that_is_none_gets_a_sentence():
    assert "there is no level 99" in shown("sat", 99, "light", 1)[0]


def test_the_verifier_marks_what_is_right_and_what_is_wrong():
    item = puzzle(*SUM)
    right, wrong, none = (
        panels_of(f"<think>\n1 + 1 = 2\n</think>\n{answer}")[1] for answer in (item.answer, int(item.answer) + 1, "")
    )
    assert "✓ Right" in right and "1 of 1 constraint met" in right and f"answer read: {item.answer}" in right
    assert "✗ Wrong" in wrong and "0 of 1 constraint met" in wrong
    assert "no answer found" in none


def test_constraints_met_in_part_are_counted():
    item = puzzle("sat", 4, "light", 3)
    row = record(item, 0, Reply.from_text("Answer: " + ", ".join(["True"] * 4), tokens=5))
    assert f"{row['met']} of {row['of']} constraints met" in verdict(row) and row["of"] == len(item.data["clauses"])


def test_html_of_a_model_is_shown_and_no_template_is_filled_in():
    found = panels_of("<think>\n<img src=x onerror=alert(1)> ${7*7} {{value}}\n</think>\n<b>4</b>")[1]
    assert "<img" not in found and "<b>4" not in found and "&lt;img" in found
    assert not re.search(r"[{}$]", found)


@pytest.mark.parametrize("labels", [[], ["a", "b", "c", "d"]])
def test_none_or_too_many_models_get_a_sentence(labels):
    (only,) = run(None, {}, labels, SUM, FREE)
    assert f"Choose one to {MOST_MODELS} models; {len(labels)} are chosen." in only[0] and only[1:] == [""] * MOST_MODELS


def test_a_model_that_cannot_leaves_the_others_their_turn():
    def opener(name):
        if name == "gone":
            raise CookbookError("no model is called 'gone'")
        return Says("7")

    *_, last = run(opener, {"gone": ("gone", {}), "says": ("says", {})}, ["gone", "says"], SUM, FREE)
    assert "no model is called" in last[1] and "answer read: 7" in last[2] and last[0].count("Done.") == 1


def test_forcing_is_refused_where_a_model_cannot_go_on():
    assert "cannot go on with a text that it began" in panels_of("7", {"budget": 9, "least": 0, "force": True})[1]


@pytest.mark.parametrize("changes", [FREE, {"budget": 24, "least": 0, "force": True}, {"budget": 300, "least": 250}])
def test_the_page_writes_what_an_evaluation_records(pocket, changes):
    item, protocol = puzzle(*SUM), protocol_for("pocket", **changes)
    *growing, last = writing(pocket, item, protocol)
    (whole,) = ask(pocket, [(item, 0)], protocol)
    assert (last.text, last.finished) == (whole.text, whole.finished) and abs(last.tokens - whole.tokens) <= 2
    assert len(growing) > 3 and all(b.text.startswith(a.text) for a, b in zip(growing, growing[1:]))


def test_leaving_in_the_middle_ends_the_work(pocket):
    calls, forward = [], pocket.model.forward
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pocket.model, "forward", lambda *a, **k: calls.append(1) or forward(*a, **k))
        begun = writing(pocket, puzzle(*SUM), Protocol(budget=600))
        next(begun)
        begun.close()
    assert len(calls) < 100


def test_our_models_and_the_one_in_force_are_offered(monkeypatch):
    assert list(entries()) == ["pocket", "pocket-reasoning", "pocket-reasoning-plus", "pocket, no thinking"]
    monkeypatch.setenv("PHI_MODEL", "microsoft/Phi-4-mini-reasoning")
    found = entries()
    assert found["microsoft/Phi-4-mini-reasoning"] == ("microsoft/Phi-4-mini-reasoning", {}) and "pocket" in found


def test_the_page_in_a_browser(pocket):
    """By mouse, by keyboard, mistakes, and a second visitor with another puzzle."""
    with (
        chromium.opened() as browser,
        opened(lambda: reasoning.make_demo(open_model=lambda name: pocket), browser) as visit,
    ):
        page, other = visit.page, Visit(browser, visit.address)
        before = value(visit, "Puzzle")
        press(visit, "Another puzzle")
        page.wait_for_function("before => document.querySelector('textarea').value !== before", arg=before)
        assert value(other, "Puzzle") == before != value(visit, "Puzzle")
        for each in (visit, other):
            each.page.get_by_label("number input for Budget: most tokens for thinking and answer").fill("96")
        press(visit, "Let them think")
        page.get_by_text("Done. The mark is the verifier's").wait_for()
        marks = page.get_by_text(re.compile("constraints? met"))
        assert marks.count() == reasoning.MOST_MODELS and fits(visit, "reasoning")
        for label in list(entries())[1 : reasoning.MOST_MODELS]:
            other.page.get_by_label(label, exact=True).uncheck()
        assert other.page.get_by_text(re.compile("constraints? met")).count() == 0
        other.page.get_by_role("button", name="Let them think").click()
        other.page.get_by_text("Done. The mark is the verifier's").wait_for()
        other.page.get_by_label("pocket", exact=True).uncheck()
        other.page.get_by_role("button", name="Let them think").click()
        other.page.get_by_role("alert").get_by_text("0 are chosen").wait_for()
        assert quiet(visit, other)
