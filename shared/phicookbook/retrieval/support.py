"""Whether passages support a question at all, so that an answerer can decline instead of guessing.

    support("At what time does the Mira Inn open?", ["Dogs are welcome at the Mira Inn."], embedder)   # low

A sentence that answers a question is near it in meaning, and its passage names what the question names. So the score is
the best sentence's cosine with the question, names hidden in both, times the squared share of the question's names and
numbers that the sentence's passage holds. It tells unknown places well and gaps about known places poorly: see
docs/results/retrieval.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from phicookbook.retrieval.citing import STOP, tokens
from phicookbook.retrieval.embedding import Embedder, load_embedder


def support(question: str, passages: Sequence[str], embedder: Embedder | None = None) -> float:
    """How well the best sentence of some passages fits a question, 0 to 1; 0 without passages or words.

    Compare it with a threshold that was chosen on questions of known kind: docs/results/retrieval.md has one.
    """
    return max((one.score for one in scored(question, passages, embedder)), default=0.0)


@dataclass(frozen=True)
class Sentence:
    """A sentence of the passages, the place of its passage among them, and how well it fits a question.

    `score` (0 to 1) is its support. `fit` orders the sentences: the names that support leaves out of the meaning count too.
    """

    text: str
    passage: int
    score: float
    fit: float = 0.0


def scored(question: str, passages: Sequence[str], embedder: Embedder | None = None) -> list[Sentence]:
    """Every sentence of the passages with its score, in their order; none for a question without a word."""
    parts = [(text, place) for place, passage in enumerate(passages) for text in sentences(passage)]
    if not parts or not tokens(question):
        return []
    embedder = embedder or load_embedder()
    texts = [question, *(text for text, _ in parts)]
    vectors = embedder.embed([*map(hidden, texts), *texts])
    meaning, whole = vectors[: len(texts)], vectors[len(texts) :]
    named = names(question)
    held = [covered(named, passage) for passage in passages]
    return [
        Sentence(text, place, max(0.0, float(near) * held[place] ** 2), float(near + full) * held[place])
        for (text, place), near, full in zip(parts, meaning[1:] @ meaning[0], whole[1:] @ whole[0])
    ]


def sentences(passage: str) -> list[str]:
    """The sentences of a passage without headings and list marks."""
    lines = [line for line in passage.splitlines() if not re.match(r" {0,3}#{1,6}[ \t]", line)]
    found = re.split(r"(?<=[.!?])\s+|\n+", re.sub(r"(?m)^\s*(?:[-*+]|\d+\.)\s+", "", "\n".join(lines)))
    return [part.strip() for part in found if re.search(r"\w", part)]


def hidden(text: str) -> str:
    """A text with each name of two words or more as "place", so that the vector tells what is said and not of whom."""
    return re.sub(r"\b[A-Z][\w']*(?: [A-Z][\w']*)+", "place", text)


def names(question: str) -> list[str]:
    """Numbers and capitalised words of a question, the first of a sentence left out unless it is no common word."""
    found = []
    for part in re.split(r"(?<=[.!?:])\s+", question):
        words = part.split()
        found += [word for place, word in enumerate(words) if word[:1].isdigit() or (place and word[:1].isupper())]
    return [token for word in found for token in tokens(word) if token not in STOP]


def covered(named: Sequence[str], passage: str) -> float:
    """Share of some words that a passage holds; 1 when there are none."""
    held = set(tokens(passage))
    return sum(word in held for word in named) / len(named) if named else 1.0
