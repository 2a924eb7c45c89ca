"""The measure of speed measures: every mode, every query, on an index of the size that was asked for.

pytest tests/retrieval/test_speed.py
"""

from __future__ import annotations

from phicookbook.retrieval import Document, Index, load_folder, speed
from phicookbook.retrieval import index as indexing
from phicookbook.retrieval.embedding import Remembering
from phicookbook.retrieval.index import MODES


def test_a_small_index(tmp_path):
    found = speed.measure(40, tmp_path / "index", queries=5)
    assert found.passages == 40 and found.build > 0 and found.megabytes > 0
    assert set(found.queries) == set(MODES) and {len(seconds) for seconds in found.queries.values()} == {5}
    assert found.at("hybrid", 0.5) <= found.at("hybrid", 0.95) <= found.at("hybrid", 1.0)
    assert found.recall == 1.0  # few vectors are all compared
    text = speed.report([found], speed.FolderCost(3, 10, 4.0, 0.1, 2.0, 0.3), speed.FolderCost(2, 9, 4.0, 0.1, 3.0, 0.3))
    assert "| 40 |" in text and text.splitlines()[6].endswith("| 1.000 |") and all(mode in text for mode in MODES)
    assert (
        "3 Markdown files" in text
        and "(5 passages a second)" in text
        and "2 PDF files" in text
        and "(3 passages a second)" in text
    )


def test_recall_counts_what_a_vector_index_misses(tmp_path, monkeypatch):
    from lancedb.index import IvfFlat

    index = Index(tmp_path / "index", Remembering(speed.Drawn(centres=1)))  # one cloud, so its parts cut through neighbours
    index.update([Document(f"{n}.txt", f"line number{n}", "txt") for n in range(600)])
    index._table().create_index("vector", config=IvfFlat(distance_type="cosine", num_partitions=20))
    questions = [f"question {n}" for n in range(20)]
    assert speed.recall(index, questions) == 1.0  # a search looks into twenty parts
    monkeypatch.setattr(indexing, "_by_meaning", by_a_single_part)
    assert 0 < speed.recall(index, questions) < 1


def by_a_single_part(table, vector, n, where):
    """The search by meaning, held to one of the parts that the vector index cut."""
    query = table.search(vector, vector_column_name="vector").distance_type("cosine").nprobes(1).limit(n)
    return [{**row, "score": 1 - row["_distance"]} for row in query.with_row_id(True).to_list()]


def test_pages_become_pdfs_that_can_be_read(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text(
        "---\ntown: Oslo\n---\n# Note (one)\n\nThe ferry \\ leaves at nine.\n", encoding="utf-8"
    )
    (tmp_path / "pdfs").mkdir()
    speed.write_pdfs(tmp_path / "notes", tmp_path / "pdfs")
    (document,) = load_folder(tmp_path / "pdfs").documents
    assert document.kind == "pdf" and document.text.split("\n") == ["# Note (one)", "The ferry \\ leaves at nine."]


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
