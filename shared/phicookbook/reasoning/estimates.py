"""Estimates for repeated runs and paired models, as pure functions.

pass_at_k(10, 3, 5)         # 0.9167: at least one of five draws out of ten runs, three of them right
items_needed(0.60, 0.65)    # how many items an unpaired test needs to see five points
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import combinations
from math import comb

from phicookbook.statistics import Difference, wilson

EXACT = 2_000  # subsets that majority_at_k goes through one by one; beyond, it draws as many


def pass_at_k(n: int, correct: int, k: int) -> float:
    """The chance that at least one of k different runs out of n is right: 1 - C(n-c, k) / C(n, k), without bias (Chen et al.,
    arXiv:2107.03374). Raises ValueError unless 0 <= correct <= n and 1 <= k <= n."""
    if not (0 <= correct <= n and 1 <= k <= n):
        raise ValueError(f"pass@{k} of {n} runs with {correct} right does not exist")
    return 1.0 - comb(n - correct, k) / comb(n, k)


def majority_at_k(answers: Sequence[Hashable], right: Sequence[bool], k: int, seed: int = 0) -> float:
    """The chance that the answer given most often by k of the runs is right; runs that tie share the vote evenly.

    `answers` are canonical answers, "" for a run without one, which has no vote; `right[i]` judges `answers[i]`. All subsets of k
    are gone through when they are at most EXACT, else as many are drawn. Raises ValueError for k outside 1..n.
    """
    n = len(answers)
    if len(right) != n or not 1 <= k <= n:
        raise ValueError(f"majority@{k} of {n} answers with {len(right)} verdicts does not exist")
    if comb(n, k) <= EXACT:
        chosen = list(combinations(range(n), k))
    else:
        rng = random.Random(seed)
        chosen = [rng.sample(range(n), k) for _ in range(EXACT)]
    return sum(_vote([(answers[i], right[i]) for i in subset]) for subset in chosen) / len(chosen)


def _vote(pairs: list[tuple[Hashable, bool]]) -> float:
    votes = Counter(answer for answer, _ in pairs if answer != "")
    if not votes:
        return 0.0
    top = max(votes.values())
    verdict = dict(pairs)
    leaders = [answer for answer, count in votes.items() if count == top]
    return sum(bool(verdict[answer]) for answer in leaders) / len(leaders)


def clustered(marks: Sequence[Sequence[float]]) -> tuple[float, float]:
    """(mean over items of each item's mean over its repeats, its standard error): repeats of an item are not independent
    items, so the item is the unit (Miller, arXiv:2411.00640). One item has an infinite error. Raises ValueError without
    marks."""
    if not marks or not all(marks):
        raise ValueError("every item needs a mark")
    means = [sum(each) / len(each) for each in marks]
    mean = sum(means) / len(means)
    if len(means) == 1:
        return mean, math.inf
    return mean, math.sqrt(sum((m - mean) ** 2 for m in means) / (len(means) - 1) / len(means))


def spread_over_runs(marks: Sequence[Sequence[float]]) -> tuple[float, float, float, float]:
    """(mean, standard deviation, best, worst) of the accuracy of whole runs; run r takes repeat r of every item. Raises
    ValueError unless all items have the same number of repeats."""
    if len({len(each) for each in marks}) != 1:
        raise ValueError("runs are whole only when every item has the same number of repeats")
    runs = [sum(each) / len(marks) for each in zip(*marks, strict=True)]
    mean = sum(runs) / len(runs)
    deviation = math.sqrt(sum((run - mean) ** 2 for run in runs) / (len(runs) - 1)) if len(runs) > 1 else 0.0
    return mean, deviation, max(runs), min(runs)


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> float:
    """Two-sided exact p-value that two models differ, from the items that one of them alone gets right (McNemar,
    Psychometrika 12, 1947). Raises ValueError for lists of different lengths."""
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} items cannot be paired")
    only_first = sum(bool(a) and not b for a, b in zip(first, second, strict=True))
    only_second = sum(bool(b) and not a for a, b in zip(first, second, strict=True))
    n, low = only_first + only_second, min(only_first, only_second)
    return min(1.0, 2 * sum(comb(n, i) for i in range(low + 1)) / 2**n)


def newcombe(first: Sequence[bool], second: Sequence[bool]) -> Difference:
    """How much more often `first` is right on the same items, with the 95% interval that both Wilson intervals give paired shares
    (method 10 of Newcombe, Statistics in Medicine 17, 1998).

    A bootstrap of items that all differ alike has an interval without width; this one has not. Raises ValueError for lists of
    different lengths or without items.
    """
    n = len(first)
    if n != len(second) or not n:
        raise ValueError(f"{n} and {len(second)} items cannot be paired")
    both = sum(bool(a) and bool(b) for a, b in zip(first, second, strict=True))
    one, two = sum(map(bool, first)), sum(map(bool, second))
    neither = n - one - two + both
    excess = both * neither - (one - both) * (two - both)
    excess = max(excess - n / 2, 0.0) if excess > 0 else excess
    root = math.sqrt(one * (n - one) * two * (n - two))
    phi = excess / root if root else 0.0
    p, q = one / n, two / n
    (low_p, high_p), (low_q, high_q) = wilson(one, n), wilson(two, n)

    def reach(up: float, down: float) -> float:
        return math.sqrt(max(0.0, up**2 - 2 * phi * up * down + down**2))

    return Difference(p - q, (p - q - reach(p - low_p, high_q - q), p - q + reach(high_p - p, q - low_q)), n)


def items_needed(first: float, second: float, power: float = 0.8, alpha: float = 0.05, agree: float | None = None) -> int:
    """Items for which a two-sided test sees the difference of two accuracies with this power.

    Without `agree` each model has items of its own (two-proportion z-test); with it both answer the same ones, and `agree` is the
    share on which both are right or both wrong (McNemar's test; Connor, Biometrics 43, 1987). Raises ValueError for
    accuracies that are equal or outside 0..1, and for an agreement that they do not allow.
    """
    from scipy.stats import norm

    gap = abs(first - second)
    if not (0 <= first <= 1 and 0 <= second <= 1 and gap > 0 and 0 < power < 1 and 0 < alpha < 1):
        raise ValueError("give two different accuracies between 0 and 1, and power and alpha between them")
    z, w = norm.ppf(1 - alpha / 2), norm.ppf(power)
    if agree is None:
        middle = (first + second) / 2
        root = z * math.sqrt(2 * middle * (1 - middle)) + w * math.sqrt(first * (1 - first) + second * (1 - second))
        return math.ceil((root / gap) ** 2)
    apart = 1 - agree
    if not gap - 1e-12 <= apart <= min(first + second, 2 - first - second) + 1e-12:
        raise ValueError(f"accuracies of {first} and {second} cannot agree on {agree} of the items")
    return math.ceil((z * math.sqrt(apart) + w * math.sqrt(max(0.0, apart - gap**2))) ** 2 / gap**2)


def paired_means(first: Sequence[Sequence[float]], second: Sequence[Sequence[float]], seed: int = 1) -> Difference:
    """How much better `first` is on the same items, with a bootstrap interval over the items; an item's repeats are
    averaged first."""
    from phicookbook.statistics import paired

    return paired([sum(a) / len(a) for a in first], [sum(b) / len(b) for b in second], seed)
