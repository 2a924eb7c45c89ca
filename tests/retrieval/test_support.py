"""Support: high where a passage answers, low where it names the place alone or the answer alone.

pytest tests/retrieval/test_support.py
"""

from __future__ import annotations

import pytest

from phicookbook.retrieval.support import covered, hidden, names, sentences, support

INN = "# Mira Inn\n\n- The Mira Inn opens at 9:30.\n- Dogs are welcome at the Mira Inn."


@pytest.mark.parametrize(
    "question, better, worse",
    [
        ("At what time does the Mira Inn open?", INN, "# Mira Inn\n\nDogs are welcome at the Mira Inn."),
        ("At what time does the Mira Inn open?", INN, "# Lovi Inn\n\nThe Lovi Inn opens at 9:30."),
        ("Can I bring my puppy along to the Mira Inn?", INN, "# Mira Inn\n\nThe Mira Inn opens at 9:30."),
        (
            "What does the museum at 77 Mill Street cost?",
            "The address of the Mira Museum is 77 Mill Street.",
            "It is at 12 Mill Street.",
        ),
    ],
)
def test_what_answers_supports_more(embedder, question, better, worse):
    assert support(question, [worse, better], embedder) > support(question, [worse], embedder) + 0.1


@pytest.mark.parametrize("question, passages", [("", [INN]), ("?!", [INN]), ("open?", []), ("open?", ["", "# Title"])])
def test_nothing_supports_nothing(words, question, passages):
    assert support(question, passages, words) == 0


def test_a_score_lies_between_0_and_1(words):
    assert support("The Mira Inn opens at 9:30.", [INN], words) == pytest.approx(1, abs=1e-5)
    assert support("日本語", [INN], words) >= 0


@pytest.mark.parametrize(
    "text, found",
    [
        (INN, ["The Mira Inn opens at 9:30.", "Dogs are welcome at the Mira Inn."]),
        ("## A\n\nOne. Two!\n\n3. Three", ["One.", "Two!", "Three"]),
        ("It costs 2.50 dollars.", ["It costs 2.50 dollars."]),
        ("", []),
    ],
)
def test_sentences(text, found):
    assert sentences(text) == found


@pytest.mark.parametrize(
    "question, found",
    [
        ("When does the Mira Inn open?", ["mira", "inn"]),
        ("I am hungry at the Mira Inn. What is the thing?", ["mira", "inn"]),
        ("What is at 77 Mill Street?", ["77", "mill", "street"]),
        ("When is it open?", []),
    ],
)
def test_names(question, found):
    assert names(question) == found


@pytest.mark.parametrize(
    "text, found", [("Dogs at the Mira Inn.", "Dogs at the place."), ("The Mira Inn opens.", "place opens."), ("When?", "When?")]
)
def test_hidden(text, found):
    assert hidden(text) == found


@pytest.mark.parametrize("named, share", [([], 1), (["mira"], 1), (["mira", "lovi"], 0.5), (["lovi"], 0)])
def test_covered(named, share):
    assert covered(named, INN) == share
