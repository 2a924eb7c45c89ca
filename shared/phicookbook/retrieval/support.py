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

from phicookbook.retrieval.citing import STOP, tokens
from phicookbook.retrieval.embedding import Embedder, load_embedder


def support(question: str, passages: Sequence[str], embedder: Embedder | None = None) -> float:
    """How well the best sentence of some passages fits a question, 0 to 1; 0 without passages or words.

    Compare it with a threshold that was chosen on questions of known kind: docs/results/retrieval.md has one.
    """
    parts = [(sentence, passage) for passage in passages for sentence in sentences(passage)]
    if not parts or not tokens(question):
        return 0.0
    embedder = embedder or load_embedder()
    vectors = embedder.embed([hidden(question), *(hidden(sentence) for sentence, _ in parts)])
    near = vectors[1:] @ vectors[0]
    named = names(question)
    held = {passage: covered(named, passage) for passage in passages}
    return max(0.0, *(float(cosine) * held[passage] ** 2 for cosine, (_, passage) in zip(near, parts)))


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
