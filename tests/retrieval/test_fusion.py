"""Fusion and variety: the formulas on small cases, laws that must hold for all, and LanceDB's own fusion as reference.

pytest tests/retrieval/test_fusion.py
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook.retrieval.fusion import mmr, rrf

RANKINGS = st.lists(st.lists(st.sampled_from("abcdefgh"), unique=True), min_size=1, max_size=4)


@pytest.mark.parametrize(
    "rankings, weights, fused",
    [
        ([["a", "b"], ["b", "c"]], None, [("b", 1 / 61 + 1 / 62), ("a", 1 / 61), ("c", 1 / 62)]),
        ([["a"], ["b"]], (1, 2), [("b", 2 / 61), ("a", 1 / 61)]),
        ([["a", "a", "b"]], None, [("a", 1 / 61), ("b", 1 / 62)]),
        ([[], []], None, []),
    ],
)
def test_rrf(rankings, weights, fused):
    found = rrf(rankings, weights)
    assert [name for name, _ in found] == [name for name, _ in fused]
    assert [score for _, score in found] == pytest.approx([score for _, score in fused])


def test_rrf_refuses_too_few_weights():
    with pytest.raises(ValueError, match="2 rankings have 1 weights"):
        rrf([["a"], ["b"]], (1,))


@given(RANKINGS)
def test_rrf_keeps_every_id_once_and_sorts(rankings):
    fused = rrf(rankings)
    assert sorted(name for name, _ in fused) == sorted({name for ranking in rankings for name in ranking})
    assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.integers(1, 4))
def test_rrf_of_equal_rankings_is_that_ranking(ranking, times):
    assert [name for name, _ in rrf([ranking] * times)] == ranking


@given(RANKINGS, st.randoms())
def test_rrf_scores_do_not_depend_on_the_order_of_the_rankings(rankings, rng):
    mixed = rng.sample(rankings, len(rankings))
    assert dict(rrf(mixed)) == pytest.approx(dict(rrf(rankings)))


@given(RANKINGS)
def test_rrf_agrees_with_lancedb(rankings):
    import pyarrow as pa
    from lancedb.rerankers import RRFReranker

    words, vectors = ([*rankings, []])[:2]
    numbered = {name: number for number, name in enumerate("abcdefgh")}

    def table(ranking):
        return pa.table(
            {"_rowid": pa.array([numbered[name] for name in ranking], pa.uint64()), "id": pa.array(ranking, pa.string())}
        )

    theirs = RRFReranker(K=60).rerank_hybrid("", table(vectors), table(words)).to_pylist()
    assert {row["id"]: row["_relevance_score"] for row in theirs} == pytest.approx(dict(rrf([words, vectors])), abs=1e-6)


UNIT = np.eye(3, dtype=np.float32)


@pytest.mark.parametrize(
    "vectors, n, balance, chosen",
    [
        ([UNIT[0], UNIT[0], UNIT[1]], 3, 1.0, [0, 1, 2]),
        ([UNIT[0], UNIT[0], UNIT[1]], 2, 0.3, [0, 2]),
        ([UNIT[1], UNIT[0]], 1, 0.5, [1]),
        ([UNIT[0]], 5, 0.5, [0]),
        ([], 3, 0.5, []),
    ],
)
def test_mmr(vectors, n, balance, chosen):
    assert mmr(UNIT[0], vectors, n, balance) == chosen


@given(st.integers(0, 12), st.integers(1, 12), st.floats(0, 1), st.integers(0, 99))
def test_mmr_chooses_each_once_and_the_nearest_first(m, n, balance, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(m, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) if m else 1
    question = vectors[0] if m else UNIT[0]
    chosen = mmr(question, vectors, n, balance)
    assert len(chosen) == len(set(chosen)) == min(n, m)
    if m and balance > 0:
        assert chosen[0] == int(np.argmax(vectors @ question))


def test_mmr_refuses_a_balance_outside_its_range():
    with pytest.raises(ValueError, match="balance is 2"):
        mmr(UNIT[0], UNIT, 1, 2)
