"""Which of several training processes this one is, and how they wait for each other.

with first_alone() as first:    # the first process, then the others
    prepare() if first else read()
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta

# How long a process waits for another before it gives up, and torchrun starts all of them again. Half an hour is torch's default.
PATIENCE = 300


def count() -> int:
    """How many processes train together: 1 unless torchrun or Ray started this one among others."""
    return int(os.environ.get("WORLD_SIZE") or 1)


def is_first() -> bool:
    """Whether this process writes the files and tells the news; the only process of a run does."""
    return int(os.environ.get("RANK") or 0) == 0


def wait() -> None:
    """Go on when all processes have come here."""
    if count() > 1:
        _state().wait_for_everyone()


def _state():
    import torch
    from accelerate import PartialState

    return PartialState(cpu=not torch.cuda.is_available(), timeout=timedelta(seconds=PATIENCE))


@contextmanager
def first_alone() -> Iterator[bool]:
    """The block runs in the first process while the others wait; the value says whether this is the first."""
    if not is_first():
        wait()
    yield is_first()
    if is_first():
        wait()


def first_only(context):
    """A context manager for the first process, and one that does nothing for the others."""
    return context if is_first() else nullcontext()
