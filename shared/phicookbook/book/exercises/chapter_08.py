"""The exercises of chapter 08, training a reasoning model."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from statistics import fmean, stdev

from phicookbook.book.exercises import Exercise
from phicookbook.reasoning import rewards

RATES = (
    ({"a": 0.0, "b": 0.25, "c": 1.0, "d": 0.75}, ["b", "d"]), ({}, []), ({"a": 1.0, "b": 0.0}, []), ({"x": 0.5}, ["x"]),
    ({"a": 0.1, "b": 0.9, "c": 0.05, "d": 0.95}, ["a", "b"]),
)  # fmt: skip
GROUPS = ([1.0, 0.0, 0.0, 1.0], [0.6, 0.6, 0.6], [-0.6, 0.4, 0.4, 0.4], [1.0, -1.0])
SHARES = (0.0, 0.5, rewards.FREE, 0.85, 0.9, 1.0)


def _is_number(value) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def teachable_fault(choose: Callable) -> str:
    """Try a choice of prompts by their pass rates."""
    if not callable(choose):
        return "give the function itself, without calling it"
    for rates, wanted in RATES:
        found = choose(dict(rates))
        if not isinstance(found, list) or sorted(found) != wanted:
            return f"{rates} gave {found!r}"
    return ""


def advantage_fault(advantages: Callable) -> str:
    """Hold advantages against mean and deviation of the group."""
    if not callable(advantages):
        return "give the function itself, without calling it"
    for group in GROUPS:
        found, spread = advantages(list(group)), stdev(group)
        wanted = [(value - fmean(group)) / spread if spread > 1e-12 else 0.0 for value in group]
        if not isinstance(found, (list, tuple)) or len(found) != len(group) or not all(map(_is_number, found)):
            return f"give {len(group)} numbers for {group}, not {found!r}"
        if max(abs(a - b) for a, b in zip(found, wanted, strict=True)) > 1e-3:
            return f"{group} gave {[round(float(value), 3) for value in found]}"
    return ""


def reward_fault(reward: Callable) -> str:
    """Hold a length-aware reward of right answers against the report's."""
    if not callable(reward):
        return "give the function itself, without calling it"
    for share in SHARES:
        found, wanted = reward(share), rewards.accuracy(True, share)
        if not _is_number(found):
            return f"give one number, not {found!r}"
        if abs(found - wanted) > 1e-6:
            return f"at {share:.3f} of the budget a right answer earns {wanted:.4f}, it gave {found:.4f}"
    return ""


EXERCISES = [
    Exercise(
        "8.1",
        "Write choose(rates): of a dict from prompt to pass rate, the list of prompts that teach, those with a rate from 0.1 to "
        "0.9, both included.",
        teachable_fault,
        (
            "What is always solved and what never is has no place in the list.",
            "A list comprehension over rates.items() is enough.",
            "[prompt for prompt, rate in rates.items() if 0.1 <= rate <= 0.9]",
        ),
    ),
    Exercise(
        "8.2",
        "Write advantages(rewards): each reward minus the mean of its group, divided by the group's standard deviation (which "
        "divides by n - 1, as TRL's does); zeros for a group without spread.",
        advantage_fault,
        (
            "Everything is measured against the group itself, so the mean of the result is zero.",
            "statistics.stdev divides by n - 1, statistics.pstdev by n.",
            "Return zeros when stdev is 0 (or very nearly), else [(r - fmean(rewards)) / stdev(rewards) for r in rewards].",
        ),
    ),
    Exercise(
        "8.3",
        "Write reward(share): what a right answer earns that took this share of the budget. Up to 25,600 / 31,744 it is 1; from "
        "there it falls along half a cosine to 0.5 at the whole budget.",
        reward_fault,
        (
            "How far is the answer into the part where length costs? That is a number from 0 to 1.",
            "Half a cosine, (1 + cos(pi * late)) / 2, falls from 1 to 0 while late goes from 0 to 1.",
            "late = max(0, (share - free) / (1 - free)); return 0.5 + 0.25 * (1 + cos(pi * late))",
        ),
    ),
]
