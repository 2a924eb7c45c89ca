"""Estimates against brute force, simulation and scipy.

pytest tests/reasoning/test_estimates.py
"""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook.reasoning import estimates
from phicookbook.reasoning.estimates import (
    clustered,
    items_needed,
    majority_at_k,
    mcnemar,
    newcombe,
    paired_means,
    pass_at_k,
    spread_over_runs,
)

MARKS = st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=1, max_size=12))


@given(st.lists(st.booleans(), min_size=1, max_size=9), st.data())
def test_pass_at_k_is_the_share_of_subsets_with_a_right_run(runs, data):
    k = data.draw(st.integers(1, len(runs)))
    subsets = [any(subset) for subset in combinations(runs, k)]
    assert pass_at_k(len(runs), sum(runs), k) == pytest.approx(sum(subsets) / len(subsets))


@given(st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1, max_size=8), st.data())
def test_majority_is_the_mean_over_subsets(answers, data):
    k = data.draw(st.integers(1, len(answers)))
    total = []
    for subset in combinations(answers, k):
        said = [answer for answer in subset if answer]
        leaders = {a for a in said if said.count(a) == max(map(said.count, said))}
        total.append(("a" in leaders) / len(leaders) if leaders else 0)
    assert majority_at_k(answers, [a == "a" for a in answers], k) == pytest.approx(sum(total) / len(total))


def test_majority_by_draws_agrees_with_all_subsets(monkeypatch):
    answers = ["a"] * 8 + ["b"] * 6 + ["c"] * 2
    right = [a == "a" for a in answers]
    drawn = majority_at_k(answers, right, 7)
    monkeypatch.setattr(estimates, "EXACT", 10**6)
    assert drawn == pytest.approx(majority_at_k(answers, right, 7), abs=0.04)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_mcnemar_is_scipys_binomial_test(pairs):
    from scipy.stats import binomtest

    first, second = zip(*pairs, strict=True)
    b, c = sum(a and not d for a, d in pairs), sum(d and not a for a, d in pairs)
    expected = binomtest(b, b + c, 0.5).pvalue if b + c else 1.0
    assert mcnemar(first, second) == pytest.approx(expected) == mcnemar(second, first)


@given(MARKS)
def test_clustered_error_is_the_error_of_the_item_means(marks):
    from scipy.stats import sem

    mean, error = clustered(marks)
    means = [sum(each) / len(each) for each in marks]
    assert mean == pytest.approx(sum(means) / len(means))
    assert error == (pytest.approx(sem(means), abs=1e-12) if len(means) > 1 else math.inf)


def test_repeats_are_no_new_items():
    once = [[1.0]] * 30 + [[0.0]] * 30
    assert clustered([each * 20 for each in once]) == clustered(once)


@given(MARKS)
def test_spread_over_runs(marks):
    import numpy as np

    runs = np.array(marks, float).mean(0)
    mean, deviation, best, worst = spread_over_runs(marks)
    assert (best, worst) == pytest.approx((runs.max(), runs.min())) and mean == pytest.approx(runs.mean())
    assert deviation == pytest.approx(runs.std(ddof=1) if len(runs) > 1 else 0, abs=1e-9)


@pytest.mark.parametrize("first, second, agree", [(0.60, 0.70, None), (0.80, 0.90, None), (0.5, 0.6, 0.7), (0.85, 0.9, 0.9)])
def test_the_power_is_what_a_simulation_finds(first, second, agree):
    import numpy as np
    from scipy.stats import norm

    n, rng = items_needed(first, second, agree=agree), np.random.default_rng(1)
    if agree is None:
        a, b = rng.binomial(n, first, 20_000) / n, rng.binomial(n, second, 20_000) / n
        middle = (a + b) / 2
        z = np.abs(a - b) / np.sqrt(2 * middle * (1 - middle) / n)
    else:
        apart, gap = 1 - agree, second - first
        b, c, _ = rng.multinomial(n, [(apart + gap) / 2, (apart - gap) / 2, agree], 20_000).T
        z = np.abs(b - c) / np.sqrt(np.maximum(1, b + c))
    assert (z > norm.ppf(0.975)).mean() == pytest.approx(0.8, abs=0.03)


def test_pairing_needs_fewer_items_and_small_gaps_need_more():
    assert items_needed(0.6, 0.65, agree=0.85) < items_needed(0.6, 0.65) < items_needed(0.6, 0.62)


@pytest.mark.parametrize(
    "call",
    [
        lambda: pass_at_k(5, 6, 1), lambda: pass_at_k(5, 2, 0), lambda: pass_at_k(5, 2, 6), lambda: majority_at_k(["a"],
        [True], 2),
        lambda: majority_at_k(["a"], [], 1), lambda: clustered([]), lambda: clustered([[]]), lambda: spread_over_runs([[1],
        [1, 0]]),
        lambda: mcnemar([True], []), lambda: items_needed(0.5, 0.5), lambda: items_needed(0.5, 1.5),
        lambda: items_needed(0.5, 0.9, agree=0.9),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_refused(call):
    with pytest.raises(ValueError):
        call()


PAIRED = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("table", "interval"),  # both right, first alone, second alone, neither
    [((36, 12, 2, 0), (0.0569, 0.3404)), ((54, 0, 0, 0), (-0.0664, 0.0664))],
)
def test_newcombe_of_known_tables(table, interval):
    pairs = [pair for pair, count in zip([(1, 1), (1, 0), (0, 1), (0, 0)], table, strict=True) for _ in range(count)]
    assert newcombe(*zip(*pairs, strict=True)).interval == pytest.approx(interval, abs=1e-4)


@given(PAIRED)
def test_newcombe_holds_the_difference_and_turns_round_with_the_models(pairs):
    first, second = zip(*pairs, strict=True)
    one, other = newcombe(first, second), newcombe(second, first)
    low, high = one.interval
    assert -1 - 1e-9 <= low <= one.value <= high <= 1 + 1e-9 and high - low > 0.01
    assert other.value == pytest.approx(-one.value) and other.interval == pytest.approx((-high, -low))


def test_newcombe_covers_paired_shares():
    """Simulated pairs whose true difference is known: the interval holds it in about 95 of 100 draws."""
    import numpy as np

    draw, covered = np.random.default_rng(4), 0
    for cells in draw.multinomial(40, [0.5, 0.3, 0.1, 0.1], 600):
        pairs = [pair for pair, count in zip([(1, 1), (1, 0), (0, 1), (0, 0)], cells, strict=True) for _ in range(count)]
        low, high = newcombe(*zip(*pairs, strict=True)).interval
        covered += low <= 0.2 <= high
    assert 0.92 < covered / 600 < 0.98


def test_paired_means_pair_items():
    first, second = [[1, 1]] * 30 + [[0, 1]] * 30, [[1, 1]] * 30 + [[0, 0]] * 30
    found = paired_means(first, second)
    assert found.value == 0.25 and found.interval[0] > 0.1 and found.n == 60
