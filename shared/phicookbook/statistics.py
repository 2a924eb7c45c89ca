"""Intervals and tests for scores, as pure functions.

wilson(97, 100)   # (0.915..., 0.989...)
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass


def wilson(correct: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson score interval of a rate (E. B. Wilson, JASA 22, 1927).

    Raises ValueError when `correct` is not between 0 and `n`, or `n` is 0.
    """
    from scipy.stats import binomtest

    if n <= 0 or not 0 <= correct <= n:
        raise ValueError(f"{correct} out of {n} is no rate")
    interval = binomtest(correct, n).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


@dataclass(frozen=True)
class Rate:
    """A share of n items with its 95% Wilson interval; prints as "97.0% (91.5-99.0, n=100)"."""

    correct: int
    n: int

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.correct / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson interval, 0 to 1."""
        return wilson(self.correct, self.n)

    @classmethod
    def of(cls, marks) -> Rate:
        """The rate of true values among some marks."""
        marks = [bool(mark) for mark in marks]
        return cls(sum(marks), len(marks))

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.1%} ({low * 100:.1f}-{high * 100:.1f}, n={self.n})"


@dataclass(frozen=True)
class Difference:
    """A mean difference over n items with its 95% interval; prints as "+12.0 points (8.0 to 16.0, n=100)"."""

    value: float
    interval: tuple[float, float]
    n: int

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value * 100:+.1f} points ({low * 100:.1f} to {high * 100:.1f}, n={self.n})"

    def told(self, unit: str) -> str:
        """The same for a difference that is no share: "+0.165 nats (0.123 to 0.207, n=3)"."""
        low, high = self.interval
        return f"{self.value:+.3f} {unit} ({low:.3f} to {high:.3f}, n={self.n})"


def bootstrap(values: Sequence[float], seed: int = 0, draws: int = 2000, confidence: float = 0.95) -> tuple[float, float]:
    """Percentile bootstrap interval of a mean. Raises ValueError without values."""
    if not values:
        raise ValueError("no values have no mean")
    rng = random.Random(seed)
    means = sorted(sum(rng.choices(values, k=len(values))) / len(values) for _ in range(draws))
    tail = (1 - confidence) / 2
    return means[int(tail * draws)], means[min(draws - 1, int((1 - tail) * draws))]


def paired(first: Sequence[float], second: Sequence[float], seed: int = 1) -> Difference:
    """How much larger `first` is than `second` on the same items, on average, with a bootstrap interval over the items.

    Raises ValueError unless the items are the same number, and at least one.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} items cannot be paired")
    gains = [float(a) - float(b) for a, b in zip(first, second)]
    return Difference(sum(gains) / len(gains) if gains else 0.0, bootstrap(gains, seed), len(gains))


def over_runs(first: Sequence[float], second: Sequence[float]) -> Difference:
    """How much larger `first` is than `second` on average over a few runs with the same seeds, with Student's t interval.

    Raises ValueError unless there are as many of both, and at least two.
    """
    from scipy.stats import t

    if len(first) != len(second) or len(first) < 2:
        raise ValueError(f"{len(first)} and {len(second)} runs give no interval: two or more pairs are needed")
    gains = [a - b for a, b in zip(first, second)]
    mean = sum(gains) / len(gains)
    spread = (sum((gain - mean) ** 2 for gain in gains) / (len(gains) - 1) / len(gains)) ** 0.5
    reach = float(t.ppf(0.975, len(gains) - 1)) * spread
    return Difference(mean, (mean - reach, mean + reach), len(gains))
