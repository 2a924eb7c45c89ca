"""The same cells with another model: a chapter that needs no weights runs behind an endpoint when one parameter changes.

pytest tests/notebooks/test_backends.py
"""

from __future__ import annotations

import json

import papermill
from stub_endpoint import serving

from phicookbook import settings
from phicookbook.book import claims


def test_retrieval_runs_behind_an_endpoint(tmp_path, artifacts):
    with serving() as stub:
        papermill.execute_notebook(
            settings.COOKBOOK / "03_retrieval.ipynb",
            tmp_path / "done.ipynb",
            {"base_name": stub.name, "n": 12},
            cwd=settings.COOKBOOK,
            progress_bar=False,
        )
        asked = [one["messages"][-1]["content"] for one in stub.seen]
    assert any(text.startswith("Context:\n[1] ") for text in asked) and len(asked) > 100
    records = [json.loads(path.read_text()) for path in (artifacts / "ledger").glob("*.json")]
    assert {record["id"] for record in records} == {id for id, entry in claims.load().items() if entry.chapter == "03_retrieval"}
    assert {record["model"] for record in records} == {stub.name}
