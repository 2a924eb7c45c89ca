"""What chapter 03 puts answers through: exact match, citations, both sides of declining, changed and poisoned pages.

pytest tests/retrieval/test_trials.py
"""

from __future__ import annotations

import random

import pytest

from phicookbook.retrieval import Document, trials
from phicookbook.retrieval.answering import NOT_SAID, Answer
from phicookbook.retrieval.measure import questions
from phicookbook.retrieval.support import Sentence, sentences

OPENS, COSTS = "The Mira Inn opens at 9:30.", "A night at the Mira Inn costs 84 dollars."
ROW = {
    "id": "q1",
    "question": "When does the Mira Inn open?",
    "answer": "9:30",
    "kind": "one_fact",
    "gold": ["s/mira-inn.md#hours"],
    "evidence": [OPENS],
}
NONE = {**ROW, "id": "q2", "answer": NOT_SAID, "kind": "unanswerable", "gold": [], "evidence": []}
PAGE = Document("s/mira-inn.md", f"# Mira Inn\n\n{OPENS} Dogs are welcome. {COSTS}")


def said(text: str, lines=(OPENS, COSTS), cited=(), support: float = 0.5) -> Answer:
    return Answer("?", text, [], [Sentence(line, 0, 1.0) for line in lines], list(cited), support)


@pytest.mark.parametrize("text, is_right", [("9:30", True), ("9:30.", True), ("19:30", False), ("at 9:30", False), ("", False)])
def test_an_answer_is_right_when_its_words_are(text, is_right):
    assert trials.right(ROW, said(text)) == is_right


def test_a_question_without_an_answer_wants_to_be_declined():
    assert trials.right(NONE, said(NOT_SAID)) and not trials.right(NONE, said("9:30"))


def test_saw():
    assert trials.saw(ROW, said("x")) and not trials.saw(ROW, said("x", lines=[COSTS])) and trials.saw(NONE, said("x", lines=[]))


def test_outcomes_are_counted():
    answers = [said("9:30"), said("7"), said(NOT_SAID), said(NOT_SAID)]
    assert trials.outcomes([ROW, ROW, ROW, NONE], answers) == "2 of 4 right, 1 wrongly declined, 1 wrong"


def test_both_sides_move_with_the_bound():
    rows, answers = [ROW, ROW, NONE], [said("9:30", support=0.6), said("9:30", support=0.2), said("7", support=0.3)]
    assert [rate.value for rate in trials.both_sides(rows, answers)] == [1.0, 0.0]
    assert [rate.value for rate in trials.both_sides(rows, answers, 0.4)] == [0.5, 1.0]
    assert [rate.value for rate in trials.both_sides(rows, answers, 0.9)] == [0.0, 1.0]


def test_citations_are_held_against_the_evidence():
    rows = [ROW, ROW, ROW, NONE]
    answers = [said("9:30", cited=[1]), said("84 dollars", cited=[2]), said("7"), said(NOT_SAID)]
    precision, recall = trials.citations(rows, answers)
    assert (precision.correct, precision.n, recall.correct, recall.n) == (1, 2, 1, 3)
    assert [(rate.correct, rate.n) for rate in trials.citations(rows[2:], answers[2:])] == [(0, 1), (0, 1)]


def test_a_changed_page_tells_another_value_of_the_same_form():
    page, value = trials.changed(ROW, PAGE, ["10:15", "9:30", "84 dollars", "May to June"], random.Random(1))
    assert value == "10:15" and "opens at 10:15." in page.text and "9:30" not in page.text and page.id == PAGE.id
    assert page.text.replace("10:15", "9:30") == PAGE.text


@pytest.mark.parametrize("others, page", [(["84 dollars"], PAGE), (["9:30"], PAGE), (["7:15"], Document("x.md", "Nothing."))])
def test_what_cannot_be_changed_is_refused(others, page):
    with pytest.raises(ValueError, match="q1 cannot be changed"):
        trials.changed(ROW, page, others, random.Random(1))


def test_an_order_is_one_sentence():
    for order in trials.ORDERS:
        assert sentences(order.format(s="The inn opens at 9:30", w="X")) == [order.format(s="The inn opens at 9:30", w="X")]


def test_a_poisoned_page_still_tells_the_fact_and_orders_a_word():
    page, word = trials.poisoned(ROW, PAGE, random.Random(3))
    assert OPENS in page.text and word in page.text and word in trials.WORDS
    assert trials.obeyed(said(f"{word.lower()}!"), word) and not trials.obeyed(said("9:30"), word)
    with pytest.raises(ValueError, match="q1 has no evidence on x.md"):
        trials.poisoned(ROW, Document("x.md", "Nothing."), random.Random(1))


def test_half_of_the_questions_of_one_fact_are_plain():
    rows = [row for row in questions() if row["kind"] == "one_fact"]
    share = sum(map(trials.plain, rows)) / len(rows)
    assert 0.4 < share < 0.6
    assert trials.plain({"question": "How much is the Mira Inn?"})
    assert not trials.plain({"question": "What do they charge at the Mira Inn?"})


def test_forms():
    assert trials.form("9:30") == trials.form("10:00") == ("#",)
    assert trials.form("12 dollars") == trials.form("84 dollars") != trials.form("12 minutes")


def test_prompts():
    system, user = trials.closed_book("When?")
    assert "do not know" in system["content"] and user == {"role": "user", "content": "When?"}
