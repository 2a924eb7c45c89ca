"""One question of a reasoning task, and the verdict on one answer.

Item("sum-1", "arithmetic", "What is 2 + 2?", answer="4")
"""

from __future__ import annotations

import zlib
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Item:
    """A question with all that a verifier needs; every field is a plain JSON value.

    `prompt` is the bare question, `form` a sentence that tells how to write the answer, `answer` a right one. `shape` names what
    an answer looks like (`phicookbook.reasoning.extract.SHAPES`), `data` holds the problem itself.
    """

    id: str
    task: str
    prompt: str
    answer: str
    shape: str = "number"
    form: str = ""
    level: int = 0
    kind: str = ""
    data: dict = field(default_factory=dict)

    def to_dict(self) -> dict:
        """The item as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Score:
    """The verdict on an answer: all right or not, and how many of its constraints it meets."""

    correct: bool
    met: int
    of: int

    @classmethod
    def of_bool(cls, correct: bool) -> Score:
        """A verdict with one constraint."""
        return cls(bool(correct), int(correct), 1)

    @property
    def fraction(self) -> float:
        """The share of constraints met, 0 to 1."""
        return self.met / self.of


def name_of(task: str, level: int, kind: str, prompt: str) -> str:
    """An item's id: the same for the same question, in every run."""
    return f"{task}-{level}-{kind}-{zlib.crc32(prompt.encode('utf-8')):08x}"
