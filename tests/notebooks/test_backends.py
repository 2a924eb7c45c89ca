"""The same cells with another model: a chapter that trains nothing runs behind an endpoint, or with another folder's weights,
when one parameter changes.

pytest tests/notebooks/test_backends.py
"""

from __future__ import annotations

import json
import shutil

import papermill
import pytest
from stub_endpoint import serving

from phicookbook import settings
from phicookbook.book import claims
from phicookbook.models import checksums


@pytest.fixture
def execute(tmp_path, artifacts):
    """A function that executes a chapter with a model and few samples: what it printed, and the records of its claims."""

    def executed(chapter: str, base_name: str, n: int, cwd=settings.COOKBOOK) -> tuple[str, dict[str, dict]]:
        parameters = {"base_name": base_name, "n": n}
        source = settings.COOKBOOK / f"{chapter}.ipynb"
        done = papermill.execute_notebook(source, tmp_path / "done.ipynb", parameters, cwd=cwd, progress_bar=False)
        printed = "".join(out.get("text", "") for cell in done.cells for out in cell.get("outputs", []))
        records = [json.loads(path.read_text()) for path in (artifacts / "ledger").glob("*.json")]
        assert {record["model"] for record in records} == {base_name}
        return printed, {record["id"]: record for record in records}

    return executed


def claims_of(chapter: str) -> set[str]:
    return {id for id, entry in claims.load().items() if entry.chapter == chapter}


@pytest.fixture
def long_folder(tiny_folder, tmp_path):
    """The tiny model with room for 2,048 tokens; its positions are angles, so it needs no other weights."""
    folder = shutil.copytree(tiny_folder, tmp_path / "elsewhere" / "long")
    about = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(about | {"max_position_embeddings": 2048}))
    checksums.write(folder, ["model.safetensors", "tokenizer.json", "config.json"])
    return folder


def test_retrieval_runs_behind_an_endpoint(execute):
    with serving() as stub:
        _, measured = execute("03_retrieval", stub.name, 12)
        asked = [one["messages"][-1]["content"] for one in stub.seen]
    assert any(text.startswith("Context:\n[1] ") for text in asked) and len(asked) > 100
    assert set(measured) == claims_of("03_retrieval")


def test_prompting_runs_behind_an_endpoint(execute):
    """What looks into weights shows pocket, says so, and measures no claim about the endpoint's template."""
    with serving() as stub:
        printed, measured = execute("02_prompting", stub.name, 8)
        seen = list(stub.seen)
    assert "tiny answers from elsewhere" in printed and "shows pocket instead" in printed
    assert "the model answers: WHAT COLOUR IS COAL?" in printed  # the stub's answer, in capitals
    assert set(measured) == claims_of("02_prompting") - {"prompting.template"}
    assert any("response_format" in one for one in seen) and not any("top_k" in one for one in seen)


def test_prompting_runs_with_another_folders_weights(execute, long_folder, tmp_path):
    printed, measured = execute("02_prompting", str(long_folder), 8, cwd=tmp_path)
    assert "answers from elsewhere" not in printed and "1.5 and top-k 5, vote of 5" in printed
    assert set(measured) == claims_of("02_prompting")
