"""How good a ranking is: recall, nDCG and reciprocal rank, as pure functions.

recall_at(["a", "b", "c"], {"c", "d"}, 3)   # 0.5

Relevance is yes or no. Tests hold them against ir-measures.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence


def recall_at(ranking: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Share of the relevant ids among the first `k` of a ranking. Raises ValueError when nothing is relevant."""
    wanted = _checked(relevant)
    return len(wanted.intersection(ranking[:k])) / len(wanted)


def mrr(ranking: Sequence[str], relevant: Collection[str]) -> float:
    """One divided by the rank of the first relevant id, 0 without one. Its mean over questions is the MRR."""
    wanted = _checked(relevant)
    return next((1 / rank for rank, name in enumerate(ranking, 1) if name in wanted), 0.0)


def ndcg_at(ranking: Sequence[str], relevant: Collection[str], k: int = 10) -> float:
    """Discounted gain of the first `k` over that of a perfect ranking (Jarvelin and Kekalainen, TOIS 2002)."""
    wanted = _checked(relevant)
    gain = sum(1 / math.log2(rank + 1) for rank, name in enumerate(ranking[:k], 1) if name in wanted)
    return gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(wanted)) + 1))


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Chance that a positive item scores above a negative one; ties count half. Raises ValueError for an empty side."""
    if not positive or not negative:
        raise ValueError("both sides need scores")
    wins = sum((one > other) + 0.5 * (one == other) for one in positive for other in negative)
    return wins / (len(positive) * len(negative))


def _checked(relevant: Collection[str]) -> set[str]:
    if not relevant:
        raise ValueError("nothing is relevant: leave such a question out")
    return set(relevant)
