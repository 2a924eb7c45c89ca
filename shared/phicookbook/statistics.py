"""Intervals and tests for scores, as pure functions.

wilson(97, 100)   # (0.915..., 0.989...)
"""

from __future__ import annotations

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
