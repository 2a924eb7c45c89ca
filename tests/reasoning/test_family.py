"""Our reasoning models appear as soon as their weights exist."""

from __future__ import annotations

from phicookbook.reasoning.family import ours


def test_models_join_by_name(artifacts):
    assert ours() == {"pocket": "pocket"}
    folder = artifacts / "reasoning" / "pocket-reasoning"
    folder.mkdir(parents=True)
    assert "pocket-reasoning" not in ours()  # an unfinished folder is no model
    (folder / "config.json").write_text("{}")
    assert ours()["pocket-reasoning"] == str(folder)
