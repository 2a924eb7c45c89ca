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
    text = speed.report([found], speed.FolderCost(3, 10, 4.0, 0.1, 2.0, 0.3))
    assert "| 40 |" in text and "5 passages a second" in text and all(mode in text for mode in MODES)


def test_a_folder_of_ones_own(tmp_path):
    (tmp_path / "notes").mkdir()
    for name in ("a", "b"):
        (tmp_path / "notes" / f"{name}.md").write_text(f"# Note {name}\n\nThe ferry leaves at nine.\n", encoding="utf-8")
    cost = speed.folder_cost(tmp_path / "notes", tmp_path / "index")
    assert (cost.files, cost.passages) == (2, 2)
    assert cost.kilobytes > 0 and cost.first > 0


def test_drawn_vectors_have_length_one_and_gather():
    vectors = speed.Drawn(centres=2).embed(["x"] * 50)
    near = vectors @ vectors[0]
    assert abs((vectors**2).sum(1) - 1).max() < 1e-5 and near.min() < 0.3 < sorted(near)[-10]
