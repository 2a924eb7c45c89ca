"""Whether passages support a question at all, so that an answerer can decline instead of guessing.

    support("At what time does the Mira Inn open?", ["Dogs are welcome at the Mira Inn."], embedder)   # low

A sentence that answers a question is near it in meaning, and its passage names what the question names. So the score is
the best sentence's cosine with the question, names hidden in both, times the squared share of the question's names and
numbers that the sentence's passage holds. It tells unknown places well and gaps about known places poorly: see
docs/results/retrieval.md.

The vectors of sentences depend on no question, with names hidden or not: what is hidden are all names of the sentence itself. So
an index keeps them, and only the question is embedded when it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from phicookbook.retrieval.citing import STOP, tokens
from phicookbook.retrieval.embedding import DIMENSIONS, Embedder, load_embedder

RULES = 1  # raise it when `sentences` or `hidden` change: indexes keep vectors of what these two made


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


def scored(
    question: str, passages: Sequence[str], embedder: Embedder | None = None, known: Sequence | None = None
) -> list[Sentence]:
    """Every sentence of the passages with its score, in their order; none for a question without a word.

    `known` holds what `embedded` made of each passage, None where that has still to be done.
    """
    if not passages or not tokens(question):
        return []
    embedder, named, found = embedder or load_embedder(), names(question), []
    known = list(known or [None] * len(passages))
    new = [place for place, vectors in enumerate(known) if vectors is None]
    for place, vectors in zip(new, embedded([passages[place] for place in new], embedder) if new else []):
        known[place] = vectors
    meaning, whole = embedder.embed([hidden(question), question])
    for place, (passage, vectors) in enumerate(zip(passages, known, strict=True)):
        held, texts = covered(named, passage), forms(passage)
        near, full = (dict(zip(texts, vectors @ one, strict=True)) for one in (meaning, whole))
        for text in sentences(passage):
            alike = float(near[hidden(text)])
            found.append(Sentence(text, place, max(0.0, alike * held**2), (alike + float(full[text])) * held))
    return found


def embedded(passages: Sequence[str], embedder: Embedder) -> list:
    """For each passage the vectors (n, 384) of its `forms`, float32; a text that several passages hold is embedded once."""
    import numpy as np

    texts = [forms(passage) for passage in passages]
    once = list(dict.fromkeys(text for each in texts for text in each))
    vectors = dict(zip(once, embedder.embed(once)))
    return [np.array([vectors[text] for text in each], dtype=np.float32).reshape(-1, DIMENSIONS) for each in texts]


def forms(passage: str) -> list[str]:
    """The texts of a passage that are embedded, each once: its sentences with names hidden and as they are."""
    return list(dict.fromkeys(form for text in sentences(passage) for form in (hidden(text), text)))


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
