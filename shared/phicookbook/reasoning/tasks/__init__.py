"""The tasks, one small file each: a seeded generator by level, the prompt, a verifier, a teacher that writes its thinking.

    found = items("sat", n=20, seed=1, level=4, kind="light")
    score(found[0], found[0].answer).correct   # True

A module of a task has LEVELS, KINDS, SHAPE, `generate(rng, level, kind) -> Item`, `score(item, answer) -> Score` and
`teach(item, rng) -> (thinking, answer)`. Items with the same prompt hash are on the same side (train or test), whatever the seed;
`canonical` tells apart what is the same question in another order, too.
"""

from __future__ import annotations

import difflib
import importlib
import random
from collections.abc import Sequence

from phicookbook.corpora import text_held_out
from phicookbook.reasoning.item import Item, Score
from phicookbook.settings import CookbookError

PATIENCE = 4_000  # draws in a row that bring nothing new; one in forty is on the test side
TASKS = ("arithmetic", "sat", "tsp", "calendar", "countdown")


def module(task: str):
    """The module of a task. Raises CookbookError that names the nearest task."""
    if task not in TASKS:
        near = difflib.get_close_matches(task, TASKS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise CookbookError(f"no reasoning task is called {task!r}: {hint}there are {', '.join(TASKS)}")
    return importlib.import_module(f"phicookbook.reasoning.tasks.{task}")


def canonical(item: Item) -> str:
    """What an item asks, whatever the order in which it says it: the same for a formula whose clauses are shuffled, and for
    numbers that are. The prompt where a task has no such twins."""
    if item.task == "sat":
        clauses = {tuple(sorted(clause, key=abs)) for clause in item.data["clauses"]}
        return f"sat {item.data['n']} {sorted(clauses)}"
    if item.task == "countdown":
        return f"countdown {item.data['target']} {sorted(item.data['numbers'])}"
    return item.prompt


def items(
    task: str, n: int, seed: int = 0, level: int = 0, kind: str = "", split: str = "test", apart: Sequence[Item] = ()
) -> list[Item]:
    """`n` different items of a task; `level` 0 is its lowest, `kind` "" its first; none is an item of `apart` in another order.

    Raises CookbookError for a level or a kind that the task does not have, and when there are not `n` different ones.
    """
    work = module(task)
    level, kind = level or work.LEVELS[0], kind or work.KINDS[0]
    if level not in work.LEVELS or kind not in work.KINDS:
        raise CookbookError(
            f"{task} has levels {work.LEVELS[0]} to {work.LEVELS[-1]} and kinds {', '.join(work.KINDS)}: "
            f"there is no level {level} of kind {kind!r}"
        )
    rng = random.Random(f"{task}/{level}/{kind}/{split}/{seed}")
    known = {canonical(item) for item in apart}
    found: dict[str, Item] = {}
    misses = 0
    while misses < PATIENCE:
        if len(found) == n:
            return list(found.values())
        item = work.generate(rng, level, kind)
        fresh = item.prompt not in found and text_held_out(item.prompt) == (split == "test")
        fresh = fresh and not (known and canonical(item) in known)
        misses = 0 if fresh else misses + 1
        if fresh:
            found[item.prompt] = item
    raise CookbookError(f"{task} has only {len(found)} different {split} items at level {level} of kind {kind!r}, not {n}")


def score(item: Item, answer: str) -> Score:
    """The verdict on an extracted answer, by the verifier of the item's task; an empty answer is wrong."""
    return module(item.task).score(item, answer)
