"""Citations: what counts as a statement, what a passage supports, and the two rates.

pytest tests/retrieval/test_citing.py
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook.retrieval.citing import contained, number, statements, tokens, verify

INN = "The Mira Inn opens at 9:30. Dogs are not allowed at the Mira Inn. It costs 20 dollars."
FERRY = "The Lovi Ferry leaves from the pier. You pay 12 dollars at the Lovi Ferry."


@pytest.mark.parametrize(
    "answer, found",
    [
        ("It opens at 9:30 [1].", [("It opens at 9:30.", [1])]),
        ("It opens at 9:30. [1]", [("It opens at 9:30.", [1])]),
        ("It opens [1]. It costs 20 dollars [2][3].", [("It opens.", [1]), ("It costs 20 dollars.", [2, 3])]),
        ("It opens. [1] It costs [2, 3]!", [("It opens.", [1]), ("It costs!", [2, 3])]),
        ("- one [1]\n- two", [("one", [1]), ("two", [])]),
        ("It opens.\n[2]", [("It opens.", [2])]),
        ("Twice [1] the same [1].", [("Twice the same.", [1])]),
        ("The price is 2.50 dollars [1].", [("The price is 2.50 dollars.", [1])]),
        ("[1]", []),
        ("", []),
        ("no mark [x] here", [("no mark [x] here", [])]),
    ],
)
def test_statements(answer, found):
    assert statements(answer) == found


@pytest.mark.parametrize(
    "answer, precision, recall",
    [
        ("The Mira Inn opens at 9:30 [1].", 1, 1),
        ("9:30 [1]", 1, 1),
        ("the mira inn OPENS at 9:30 [1]", 1, 1),
        ("At the Mira Inn, the price is 20 dollars [1].", 1, 1),  # most words, and every number and name
        ("The Mira Inn opens at 9:00 [1].", 0, 0),  # a wrong time
        ("The Mira Inn opens at 9:30 [2].", 0, 0),  # a wrong passage
        ("The Mira Inn opens at 9:30 [7].", 0, 0),  # no passage
        ("The Mira Inn opens at 9:30 [0].", 0, 0),
        ("The Mira Inn opens at 9:30 [1][2].", 1 / 2, 1),
        ("The Mira Inn opens at 9:30.", 0, 0),
        ("The Mira Inn opens at 9:30 [1]. You pay 12 dollars at the Lovi Ferry.", 1, 1 / 2),
        ("Dogs are allowed at the Mira Inn [1].", 0, 0),  # a lost "not"
        ("Dogs aren't allowed at the Mira Inn [1].", 1, 1),
        ("The Lovi Inn costs 20 dollars [1].", 0, 0),  # a name that the passage does not have
        ("A wonderful sauna awaits tired guests [1].", 0, 0),
        ("", 0, 0),
    ],
)
def test_verify(answer, precision, recall):
    verdict = verify(answer, [INN, FERRY])
    assert (verdict.precision, verdict.recall) == (pytest.approx(precision), pytest.approx(recall))


def test_a_failed_citation_says_why():
    verdict = verify("It costs 20 dollars at the Lovi Inn [1]. It opens at 8:00 [1]. It shuts [4]. Nothing here.", [INN])
    assert [citation.reason for citation in verdict.citations] == [
        "the passage does not name lovi", "the passage does not hold 8:00", "there is no passage 4",
    ]  # fmt: skip
    reasons = [verify(text, [INN]).citations[0].reason for text in ("Dogs are allowed [1].", "A wonderful sauna awaits [1].")]
    assert reasons == ['a "not" stands on one side only', "the passage holds 0% of its words"]
    assert verdict.uncited == ["Nothing here."] and len(verdict.unsupported) == 3 and verdict.statements == 4


@pytest.mark.parametrize(
    "statement, passage, share",
    [
        ("9:30", "It opens at 19:30.", 0),
        ("1", "It costs 100 dollars.", 0),
        ("20 dollars", "It costs 120 dollars.", 0),
        ("welcome", "Dogs are welcome.", 1),
        ("to the harbour", "It leads to the harbour.", 1),
        ("", "text", 0),
        ("...", "text", 0),
        ("café", "The CAFÉ is open", 1),
    ],
)
def test_contained(statement, passage, share):
    assert contained(statement, passage) == share


@given(st.text(alphabet="ab 1:.[]\n", max_size=60), st.lists(st.text(alphabet="ab 1:.", max_size=20), max_size=3))
def test_rates_are_rates_and_nothing_breaks(answer, passages):
    verdict = verify(answer, passages)
    assert 0 <= verdict.precision <= 1 and 0 <= verdict.recall <= 1
    assert len(verdict.uncited) + len(verdict.unsupported) <= verdict.statements


@given(st.lists(st.sampled_from(INN.split()), min_size=1, max_size=6))
def test_a_passage_supports_its_own_words(words):
    text = " ".join(words)
    assert not tokens(text) or contained(text, f"So: {text} indeed") == 1


def test_passages_are_numbered_a_line_each():
    assert number(["# Inn\n\nIt is open.", "b"]) == "[1] # Inn It is open.\n[2] b"
    assert number([]) == ""


def test_every_gold_answer_is_supported_by_its_evidence():
    from phicookbook.retrieval.measure import questions

    for row in questions():
        for sentence in row["evidence"]:
            assert verify(f"{sentence} [1]", [f"Before. {sentence} After."]).precision == 1, sentence
