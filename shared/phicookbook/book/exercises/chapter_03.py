"""The exercises of chapter 03, retrieval."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real

from phicookbook.book.exercises import Exercise
from phicookbook.retrieval import fusion

RANKINGS = (
    ([["a", "b"], ["b", "c"]], [1.0, 1.0], 60),
    ([["inn", "ferry", "market"], ["museum", "inn"]], [1.0, 0.5], 1),
    ([["inn", "ferry"], ["market", "museum"]], [0.2, 1.0], 10),
    ([[], ["x", "y"]], [1.0, 1.0], 5),
    ([["a", "p", "b"], ["q", "r", "b", "s", "t", "a"]], [1.0, 1.0], 1),  # with k = 60 b would stand before a
)
CITED = (
    ("9:30", ["It opens at 9:30.", "It opens at 19:30.", "Room 9:30"], [1, 3]),
    ("a lead", ["Dogs: on a lead.", "A leader is needed.", "a LEAD"], [1, 3]),
    ("84 dollars", ["It is 840 dollars.", "It is 84 euros."], []),
)
SUPPORTS = (
    ([0.9, 0.8, 0.7], [0.1, 0.2]),
    ([0.9, 0.6, 0.3, 0.8], [0.2, 0.5, 0.4]),
    ([0.5, 0.5], [0.5, 0.1, 0.2, 0.3]),
)


def merged_fault(merge: Callable) -> str:
    """Hold a fusion against weighted reciprocal rank fusion."""
    if not callable(merge):
        return "give the function itself, without calling it"
    for rankings, weights, k in RANKINGS:
        found = merge([list(ranking) for ranking in rankings], list(weights), k)
        wanted = [name for name, _ in fusion.rrf(rankings, weights, k)]
        if not isinstance(found, (list, tuple)) or not all(isinstance(name, str) for name in found):
            return "give a list of names, best first"
        if list(found) != wanted:
            return f"of {rankings} with the weights {weights} and k = {k} it made {list(found)}"
    return ""


def cited_fault(cite: Callable) -> str:
    """Try a search for the lines that hold an answer."""
    if not callable(cite):
        return "give the function itself, without calling it"
    for answer, lines, wanted in CITED:
        found = cite(answer, list(lines))
        if not isinstance(found, (list, tuple)):
            return f"it gave {found!r}, not a list of numbers"
        if list(found) != wanted:
            return f"{answer!r} in {lines} gave {list(found)}"
    return ""


def balance(bound: float, with_answer: list[float], without: list[float]) -> float:
    """Mean of the share answered on one side and the share declined on the other."""
    answered = sum(support >= bound for support in with_answer) / len(with_answer)
    return (answered + sum(support < bound for support in without) / len(without)) / 2


def bound_fault(choose: Callable) -> str:
    """Try a choice of the support from which to answer."""
    if not callable(choose):
        return "give the function itself, without calling it"
    for with_answer, without in SUPPORTS:
        found = choose(list(with_answer), list(without))
        if isinstance(found, bool) or not isinstance(found, Real):
            return f"give one number, not {found!r}"
        best = max(balance(bound, with_answer, without) for bound in [*with_answer, *without])
        if balance(found, with_answer, without) < best - 1e-9:
            reached = balance(found, with_answer, without)
            return f"for {with_answer} and {without} the bound {found} treats {reached:.0%} rightly, mean of both sides"
    return ""


EXERCISES = [
    Exercise(
        "3.1",
        "Write merge(rankings, weights, k): weighted reciprocal rank fusion. It returns all names, best first; of equal ones the "
        "first seen leads.",
        merged_fault,
        (
            "Section 3 has the fusion without weights. Where does a weight belong?",
            "A name gets weight / (k + rank) from each ranking that holds it; ranks start at 1.",
            "Loop over zip(rankings, weights), add weight / (k + rank) to a dict, sort its keys by value, largest first.",
        ),
    ),
    Exercise(
        "3.2",
        "Write cited(answer, lines): the numbers, from 1, of the lines that hold the answer word for word. Case does not "
        'count, and "9:30" does not stand in "19:30".',
        cited_fault,
        (
            "Start from `answer in line`. It finds too much: what may stand before and after the answer?",
            "Before and after the answer there must be no letter and no digit.",
            'Use re.search(rf"(?<!\\w){re.escape(answer)}(?!\\w)", line, re.IGNORECASE) on each line.',
        ),
    ),
    Exercise(
        "3.3",
        "Write bound(with_answer, without_answer): the support from which to answer, given the supports of questions that have "
        "an answer and of some that have none. The mean of the two shares that are treated rightly must be as high as it can be.",
        bound_fault,
        (
            "Section 4 chooses from a grid. Which bounds are worth trying when the supports are known?",
            "Only a support that occurs can change anything: try each of them.",
            "max(every support, key=lambda b: share of with_answer that is >= b plus share of without_answer that is < b).",
        ),
    ),
]
