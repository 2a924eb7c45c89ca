"""Metrics: small cases by hand, and random rankings against ir-measures and scikit-learn.

pytest tests/retrieval/test_metrics.py
"""

from __future__ import annotations

import random

import pytest

from phicookbook.retrieval.metrics import auroc, mrr, ndcg_at, recall_at


@pytest.mark.parametrize(
    "ranking, relevant, recall, reciprocal, gain",
    [
        (["a", "b", "c"], {"a"}, 1, 1, 1),
        (["a", "b", "c"], {"b"}, 1, 1 / 2, 0.63093),
        (["a", "b", "c"], {"c", "d"}, 1 / 2, 1 / 3, 0.30657),
        (["a", "b", "c"], {"d"}, 0, 0, 0),
        ([], {"a"}, 0, 0, 0),
        (["a", "b", "c", "d"], {"d"}, 0, 1 / 4, 0),
    ],
)
def test_by_hand(ranking, relevant, recall, reciprocal, gain):
    assert recall_at(ranking, relevant, 3) == pytest.approx(recall)
    assert mrr(ranking, relevant) == pytest.approx(reciprocal)
    assert ndcg_at(ranking, relevant, 3) == pytest.approx(gain, abs=1e-5)


@pytest.mark.parametrize("metric", [lambda r, g: recall_at(r, g, 5), mrr, ndcg_at])
def test_a_question_without_relevant_passages_is_refused(metric):
    with pytest.raises(ValueError, match="nothing is relevant"):
        metric(["a"], set())


def test_against_ir_measures():
    import ir_measures
    from ir_measures import RR, R, nDCG

    rng = random.Random(3)
    names = [f"d{number}" for number in range(30)]
    for _ in range(60):
        ranking = rng.sample(names, rng.randint(1, 20))
        relevant = set(rng.sample(names, rng.randint(1, 5)))
        qrels = [ir_measures.Qrel("q", name, 1) for name in relevant]
        run = [ir_measures.ScoredDoc("q", name, 100.0 - place) for place, name in enumerate(ranking)]
        theirs = ir_measures.calc_aggregate([R @ 1, R @ 5, nDCG @ 10, RR], qrels, run)
        assert recall_at(ranking, relevant, 1) == pytest.approx(theirs[R @ 1])
        assert recall_at(ranking, relevant, 5) == pytest.approx(theirs[R @ 5])
        assert ndcg_at(ranking, relevant, 10) == pytest.approx(theirs[nDCG @ 10])
        assert mrr(ranking, relevant) == pytest.approx(theirs[RR])


@pytest.mark.parametrize(
    "positive, negative, area",
    [([2, 3], [1], 1), ([1], [2, 3], 0), ([1], [1], 0.5), ([1, 3], [2], 0.5), ([2, 2, 5], [2, 1], 5 / 6)],
)
def test_auroc(positive, negative, area):
    from scipy.stats import mannwhitneyu

    assert auroc(positive, negative) == pytest.approx(area)
    assert mannwhitneyu(positive, negative).statistic / (len(positive) * len(negative)) == pytest.approx(area)


@pytest.mark.parametrize("call", [lambda: auroc([], [1]), lambda: auroc([1], [])])
def test_nothing_to_score_is_refused(call):
    with pytest.raises(ValueError):
        call()
