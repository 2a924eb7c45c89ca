"""The better strategy is chosen for each task, the shorter one of equals.

pytest tests/prompting/test_strategy.py
"""

from __future__ import annotations

from phicookbook.chat import Reply
from phicookbook.prompting import strategy
from phicookbook.prompting.measure import Outcome


def outcome(right: int, n: int, tokens: int) -> Outcome:
    return Outcome("x", [Reply.from_text("a", tokens=tokens)] * n, [i < right for i in range(n)])


MEASURED = {
    "sums": {"direct": outcome(1, 10, 3), "in steps": outcome(9, 10, 60)},
    "labels": {"direct": outcome(8, 10, 2), "in steps": outcome(8, 10, 40)},
}


def test_choice():
    assert strategy.choose(MEASURED) == {"sums": "in steps", "labels": "direct"}


def test_applied_and_fixed_strategies_are_pooled_over_the_tasks():
    chosen = strategy.apply(strategy.choose(MEASURED), MEASURED)
    assert (chosen.rate.correct, chosen.rate.n, chosen.written) == (17, 20, 31)
    steps = strategy.always("in steps", MEASURED)
    assert (steps.rate.correct, steps.written, steps.name) == (17, 50, "always in steps")
