"""Thinking in steps or answering at once, chosen for each kind of task by what a first set of samples shows.

The idea is Orca 2's (Mitra et al., arXiv:2311.11045): the best way to answer depends on the task.

    best = choose({"add3": {"direct": direct, "in steps": steps}})
"""

from __future__ import annotations

from collections.abc import Mapping

from phicookbook.prompting.measure import Outcome

Measured = Mapping[str, Mapping[str, Outcome]]  # by task, then by strategy


def choose(measured: Measured) -> dict[str, str]:
    """For each task the strategy that was right most often; of equals, the one that wrote fewer tokens."""
    return {
        task: max(outcomes, key=lambda name: (outcomes[name].rate.value, -outcomes[name].written))
        for task, outcomes in measured.items()
    }


def apply(chosen: Mapping[str, str], measured: Measured, name: str = "chosen by task") -> Outcome:
    """What the chosen strategies reach together, best on samples that had no part in the choice."""
    parts = [measured[task][strategy] for task, strategy in chosen.items()]
    replies = [reply for part in parts for reply in part.replies]
    return Outcome(name, replies, [mark for part in parts for mark in part.right])


def always(strategy: str, measured: Measured) -> Outcome:
    """What one strategy reaches on every task."""
    return apply(dict.fromkeys(measured, strategy), measured, f"always {strategy}")
