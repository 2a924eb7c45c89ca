"""Rates and their Wilson intervals against the closed formula and what any interval must do."""

from __future__ import annotations

import random
from math import sqrt
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook.statistics import Difference, Rate, bootstrap, over_runs, paired, wilson

COUNTS = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def formula(correct: int, n: int, confidence: float) -> tuple[float, float]:
    """Wilson's interval as written in https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    p = correct / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return middle - half, middle + half


@given(COUNTS, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_wilson_is_the_closed_formula(counts, confidence):
    assert wilson(*counts, confidence) == pytest.approx(formula(*counts, confidence), abs=1e-9)


def test_wilson_of_the_docstring():
    low, high = wilson(97, 100)
    assert (round(low, 3), round(high, 3)) == (0.915, 0.990)


@given(COUNTS)
def test_interval_holds_the_rate_and_mirrors(counts):
    correct, n = counts
    low, high = wilson(correct, n)
    assert -1e-12 <= low <= correct / n <= high <= 1 + 1e-12 and low < high
    assert wilson(n - correct, n) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(COUNTS)
def test_interval_shrinks_with_more_of_the_same_and_grows_with_confidence(counts):
    correct, n = counts

    def width(*args):
        low, high = wilson(*args)
        return high - low

    assert width(correct * 4, n * 4) < width(correct, n) < width(correct, n, 0.99)


def test_more_right_answers_move_both_ends_up():
    ends = [wilson(correct, 40) for correct in range(41)]
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in zip(ends, ends[1:], strict=False))
    assert ends[0][0] == pytest.approx(0) and ends[40][1] == pytest.approx(1)


@pytest.mark.parametrize(("correct", "n"), [(0, 0), (-1, 5), (6, 5), (0, -1)])
def test_what_is_no_rate(correct, n):
    with pytest.raises(ValueError, match=f"{correct} out of {n} is no rate"):
        wilson(correct, n)


def test_rate_counts_and_prints():
    rate = Rate.of(mark for mark in [1, 0, "yes", None, True])
    assert rate == Rate(3, 5) and rate.value == 0.6
    assert rate.interval == wilson(3, 5)
    assert str(Rate(97, 100)) == "97.0% (91.5-99.0, n=100)"
    assert str(Rate(0, 10)).startswith("0.0% (0.0-27.8")


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(ValueError, match="0 out of 0 is no rate"):
        Rate.of([]).interval  # noqa: B018


def test_bootstrap_holds_the_mean_and_repeats():
    rng = random.Random(1)
    values = [rng.random() for _ in range(80)]
    low, high = bootstrap(values, seed=4)
    assert low < sum(values) / 80 < high and high - low < 0.2
    assert bootstrap(values, seed=4) == (low, high) and bootstrap([1.0] * 5) == (1.0, 1.0)


def test_bootstrap_agrees_with_scipy():
    import numpy as np
    from scipy.stats import bootstrap as reference

    values = [float(number % 7 == 0) for number in range(120)]
    theirs = reference((values,), np.mean, method="percentile", n_resamples=4000, rng=5).confidence_interval
    assert bootstrap(values, draws=4000) == pytest.approx((theirs.low, theirs.high), abs=0.012)


def test_pairing_sees_what_two_rates_would_not():
    right, better = [True] * 50 + [False] * 50, [True] * 60 + [False] * 40
    assert paired(better, right).interval[0] > 0 and Rate.of(right).interval[1] > Rate.of(better).interval[0]
    assert paired(right, right) == Difference(0.0, (0.0, 0.0), 100)
    assert str(Difference(0.12, (0.08, 0.16), 100)) == "+12.0 points (8.0 to 16.0, n=100)"
    assert paired(better, right) == paired(better, right)


@pytest.mark.parametrize("first, second, fault", [([], [], "no values"), ([1], [1, 0], "1 and 2 items cannot be paired")])
def test_what_cannot_be_paired(first, second, fault):
    with pytest.raises(ValueError, match=fault):
        paired(first, second)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=9))
def test_runs_against_scipy(pairs):
    from scipy.stats import ttest_rel

    first, second = zip(*pairs)
    found = over_runs(first, second)
    assert found.value == pytest.approx(sum(first) / len(pairs) - sum(second) / len(pairs), abs=1e-9)
    if len({round(a - b, 6) for a, b in pairs}) > 1:  # scipy has no interval for equal differences
        expected = ttest_rel(first, second).confidence_interval(0.95)
        assert found.interval == pytest.approx((expected.low, expected.high), abs=1e-6)


@pytest.mark.parametrize("first, second", [([0.5], [0.4]), ([0.5, 0.6], [0.4]), ([], [])])
def test_one_run_has_no_interval(first, second):
    with pytest.raises(ValueError, match="two or more pairs are needed"):
        over_runs(first, second)


def test_a_difference_is_told_in_its_unit():
    assert Difference(0.1647, (0.1234, 0.2068), 3).told("nats") == "+0.165 nats (0.123 to 0.207, n=3)"
