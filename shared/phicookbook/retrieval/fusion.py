"""Join rankings, and thin one out: reciprocal rank fusion and maximal marginal relevance, as pure functions.

rrf([["a", "b"], ["b", "c"]])   # [("b", 0.0325...), ("a", 0.0163...), ("c", 0.0161...)]
"""

from __future__ import annotations

from collections.abc import Sequence

K = 60


def rrf(rankings: Sequence[Sequence[str]], weights: Sequence[float] | None = None, k: int = K) -> list[tuple[str, float]]:
    """Ids with the sum of weight / (k + rank) over the rankings, best first; of equal ones the first seen leads.

    Cormack, Clarke and Buettcher, SIGIR 2009; k = 60 is theirs. An id that a ranking repeats counts once.
    """
    weights = [1.0] * len(rankings) if weights is None else weights
    if len(weights) != len(rankings):
        raise ValueError(f"{len(rankings)} rankings have {len(weights)} weights")
    scores: dict[str, float] = {}
    for ranking, weight in zip(rankings, weights):
        for rank, name in enumerate(dict.fromkeys(ranking), 1):
            scores[name] = scores.get(name, 0.0) + weight / (k + rank)
    return sorted(scores.items(), key=lambda item: -item[1])


def mmr(question, vectors, n: int, balance: float = 0.7) -> list[int]:
    """Places of `n` vectors that are near the question and far from each other, in the order of choice.

    Each step takes the highest balance x similarity to the question - (1 - balance) x similarity to the nearest
    one taken (Carbonell and Goldstein, SIGIR 1998). Vectors (m, d) and question (d) must have length one.
    """
    import numpy as np

    if not 0 <= balance <= 1:
        raise ValueError(f"balance is {balance}: 0 (only variety) to 1 (only relevance)")
    vectors = np.asarray(vectors, dtype=np.float32).reshape(-1, len(question))
    near = vectors @ np.asarray(question, dtype=np.float32)
    closest = np.zeros(len(vectors), dtype=np.float32)
    free = np.ones(len(vectors), dtype=bool)
    taken: list[int] = []
    while len(taken) < min(n, len(vectors)):
        gain = np.where(free, balance * near - (1 - balance) * closest, -np.inf)
        best = int(np.argmax(gain))
        taken.append(best)
        free[best] = False
        similar = vectors @ vectors[best]
        closest = similar if len(taken) == 1 else np.maximum(closest, similar)
    return taken
