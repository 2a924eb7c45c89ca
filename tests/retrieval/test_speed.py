"""The measure of speed measures: every mode, every query, on an index of the size that was asked for.

pytest tests/retrieval/test_speed.py
"""

from __future__ import annotations

from phicookbook.retrieval import speed
from phicookbook.retrieval.index import MODES


def test_a_small_index(tmp_path):
    found = speed.measure(40, tmp_path / "index", queries=5)
    assert found.passages == 40 and found.build > 0 and found.megabytes > 0
    assert set(found.queries) == set(MODES) and {len(seconds) for seconds in found.queries.values()} == {5}
    assert found.at("hybrid", 0.5) <= found.at("hybrid", 0.95) <= found.at("hybrid", 1.0)
    text = speed.report([found], (10, 2.0))
    assert "| 40 |" in text and "5 a second" in text and all(mode in text for mode in MODES)


def test_drawn_vectors_have_length_one_and_gather():
    vectors = speed.Drawn(centres=2).embed(["x"] * 50)
    near = vectors @ vectors[0]
    assert abs((vectors**2).sum(1) - 1).max() < 1e-5 and near.min() < 0.3 < sorted(near)[-10]
