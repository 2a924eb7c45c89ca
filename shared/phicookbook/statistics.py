"""Intervals and tests for scores, as pure functions.

wilson(97, 100)   # (0.915..., 0.989...)
"""

from __future__ import annotations

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


def paired(first: Sequence[float], second: Sequence[float], seed: int = 1) -> Difference:
    """How much larger `first` is than `second` on the same items, on average, with a bootstrap interval over the items.

    Percentile bootstrap (Efron, Annals of Statistics 7, 1979), 5,000 draws. Raises ValueError unless the items
    are the same number, and at least one.
    """
    import numpy as np

    gains = np.asarray(first, dtype=float) - np.asarray(second, dtype=float) if len(first) == len(second) else np.empty(0)
    if not gains.size:
        raise ValueError(f"{len(first)} and {len(second)} items cannot be paired")
    draws = np.random.default_rng(seed).choice(gains, (5_000, gains.size)).mean(axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return Difference(float(gains.mean()), (float(low), float(high)), gains.size)
