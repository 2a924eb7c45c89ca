"""The measurement: halves by hash, gold passages under any chunking, and a table that says what it measured.

pytest tests/retrieval/test_measure.py
"""

from __future__ import annotations

import pytest

from phicookbook import settings
from phicookbook.retrieval import measure
from phicookbook.retrieval.chunking import chunk
from phicookbook.retrieval.index import Index
from phicookbook.retrieval.loading import load_folder
from phicookbook.settings import CookbookError

RESULT = settings.DOCS / "results" / "retrieval.md"


@pytest.fixture(scope="module")
def documents():
    return load_folder(measure.TRAVEL / "documents").documents


def test_documents_carry_their_town_and_kind(documents):
    assert len(documents) == 327
    assert all(set(document.metadata) == {"kind", "folder", "town"} for document in documents)
    assert {document.metadata["kind"] for document in documents} >= {"museum", "guide", "hot spring"}


def test_the_halves_are_of_like_size_and_do_not_depend_on_the_order():
    rows = measure.questions()
    sides = [measure.half(row) for row in rows]
    assert 150 < sides.count("dev") < 250 and set(sides) == {"dev", "test"}
    assert [measure.half(row) for row in reversed(rows)] == sides[::-1]


@pytest.mark.parametrize("sizes", [(64, 16), (30, 0), (500, 500)])
def test_every_evidence_stands_whole_in_some_chunk(documents, sizes):
    chunks = [one for document in documents for one in chunk(document, *sizes)]
    answerable = [row for row in measure.questions() if row["gold"]]
    found = [measure.relevant(row, chunks) for row in answerable]
    assert len(found) == 320 and all(1 <= len(gold) <= 2 for gold in found)


def test_gold_sections_are_ids_of_chunks(documents):
    ids = {one.id for document in documents for one in chunk(document, 500, 0)}
    assert all(gold in ids for row in measure.questions() for gold in row["gold"])


def test_evaluate_scores_a_perfect_and_a_blind_search(documents):
    chunks = [one for document in documents for one in chunk(document)]
    rows = [row for row in measure.questions() if row["gold"]][:40]
    gold = {row["question"]: sorted(measure.relevant(row, chunks)) for row in rows}
    perfect = measure.evaluate(lambda question, k: gold[question], rows, chunks)
    blind = measure.evaluate(lambda question, k: [], rows, chunks)
    for metric in ("recall@5", "nDCG@10", "MRR@10"):
        assert (perfect.mean(metric), blind.mean(metric)) == (1, 0)
    assert all(perfect.complete) and not any(blind.complete)
    assert len(perfect.only([True] * 10 + [False] * 30).values["MRR@10"]) == 10


def test_the_threshold_parts_the_two_sides():
    assert measure.threshold({"answerable": [0.7, 0.8, 0.9], "unanswerable": [0.1, 0.2, 0.75]}) == 0.7


def test_the_report_runs_on_a_few_questions(documents, tmp_path, words, monkeypatch):
    rows = measure.questions()
    monkeypatch.setattr(measure, "questions", lambda: rows[:12] + rows[220:232] + rows[330:345])
    index = Index(tmp_path / "index", words)
    index.update(documents[:60])
    text = measure.report(index, documents, 1)
    for part in ("| bm25s alone |", "| hybrid |", "## one_fact", "## two_facts", "## Settings", "## Declining", "seed 1", "n="):
        assert part in text


def test_missing_questions_are_said(tmp_path):
    with pytest.raises(CookbookError, match="is missing: write it with"):
        measure.questions(tmp_path)


@pytest.fixture(scope="module")
def recorded():
    """Recall@5 of each search as docs/results/retrieval.md has it."""
    lines = RESULT.read_text(encoding="utf-8").splitlines()
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")][:5]
    column = table[0].index("recall@5")
    return {row[0]: float(row[column].split()[0]) for row in table[1:]}


def test_the_recorded_hybrid_meets_its_bar(recorded):
    assert recorded["hybrid"] >= 0.95 and recorded["hybrid"] >= recorded["vector"]


@pytest.mark.xfail(strict=True, reason="weights from the development half lose one question of 164 to full text on the test half")
def test_the_recorded_hybrid_is_not_below_full_text(recorded):
    assert recorded["hybrid"] >= recorded["full text"]
