"""Seeded grammars: every text that the bundled model learns from, and the data of the chapters.

Each module below has `sample(rng) -> Sample`. One conversation in forty belongs to the test side
by the hash of its prompt, whatever the seed, so that no training run can ever have seen it.

    samples("headlines", n=5, seed=1, split="test")
"""

from __future__ import annotations

import importlib
import random
import zlib
from collections.abc import Callable

from phicookbook.corpora.sample import Sample, conversation

TASKS = {
    "headlines": "headlines",
    "context": "context",
    "titles": "products",
    "tickets": "tickets",
    "json": "extraction",
    "styles": "styles",
    "labels": "labels",
    "vitals": "vitals",
    "arithmetic": "arithmetic",
    "puzzles": "puzzles",
    "copying": "copying",
    "dialogues": "dialogues",
}
HELD_OUT_SHARE = 40

__all__ = ["TASKS", "Sample", "conversation", "draw", "held_out", "samples", "text_held_out"]


def held_out(sample: Sample) -> bool:
    """Whether a sample is on the test side: one in forty, by the hash of its user text (in a dialogue the first, which holds the facts)."""
    return text_held_out(sample.meta.get("text") or sample.prompt[-1]["content"])


def text_held_out(text: str) -> bool:
    """Whether the hash of a text puts it on the test side."""
    return zlib.crc32(text.encode("utf-8")) % HELD_OUT_SHARE == 0


def draw(
    task: str, rng: random.Random, split: str = "train", sample: Callable[[random.Random], Sample] | None = None
) -> Sample:
    """One sample of a task from the training or the test side; `sample` takes the place of the task's own grammar.

    Raises ValueError for a task or a split that does not exist.
    """
    if task not in TASKS:
        raise ValueError(f"unknown task {task!r}: choose one of {', '.join(TASKS)}")
    if split not in ("train", "test"):
        raise ValueError(f"unknown split {split!r}: choose train or test")
    write = sample or importlib.import_module(f"phicookbook.corpora.{TASKS[task]}").sample
    while True:
        found = write(rng)
        if held_out(found) == (split == "test"):
            return found


def samples(
    task: str, n: int, seed: int = 0, split: str = "test", kind: str = "", keep: Callable[[Sample], bool] | None = None
) -> list[Sample]:
    """`n` different samples of a task, of one `kind` if that is given, and such as `keep` accepts.

    Raises ValueError when the grammar has not that many.
    """
    rng = random.Random(f"{task}/{split}/{seed}")
    found: dict[str, Sample] = {}
    tries = 0
    while len(found) < n:
        tries += 1
        if tries > 2_000 + 400 * n:
            raise ValueError(f"{task!r} has only {len(found)} different {split} samples of kind {kind!r}, {n} were asked for")
        sample = draw(task, rng, split)
        if (not kind or sample.kind == kind) and (keep is None or keep(sample)):
            found.setdefault("\x00".join(m["content"] for m in sample.prompt), sample)
    return list(found.values())
