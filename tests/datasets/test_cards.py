"""Every dataset has a card, claims load, and nothing shadows the Hugging Face package of the same name.

pytest tests/datasets/test_cards.py
"""

from __future__ import annotations

from pathlib import Path

import pytest

from phicookbook import settings
from phicookbook.book import claims

FOLDERS = sorted(path for path in settings.DATASETS.iterdir() if path.is_dir() and path.name != "__pycache__")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_has_a_card(folder):
    card = folder / "README.md"
    assert card.exists(), f"{folder.name} has no README.md: say what it holds, where it comes from and its licence"
    text = card.read_text(encoding="utf-8")
    assert text.startswith("# ") and len(text.split()) >= 40
    assert "licen" in text.lower()
    unnamed = [path.name for path in folder.iterdir() if path != card and path.name not in text]
    assert not unnamed, f"the card of {folder.name} does not name {', '.join(unnamed)}"


def test_datasets_is_no_package():
    assert not list(settings.DATASETS.rglob("__init__.py"))


def test_the_hugging_face_package_is_not_shadowed():
    import datasets

    assert Path(datasets.__file__).resolve().parent != settings.DATASETS
    assert hasattr(datasets, "Dataset")


def test_claims_load_and_read_well():
    found = claims.load()
    assert found
    for entry in found.values():
        assert entry.id.count(".") == 1 and entry.id == entry.id.lower()
        assert entry.says[0].isupper() and not entry.says.endswith(".")
        assert bool(entry.published) == bool(entry.source), f"{entry.id}: a published figure needs its source"
        if entry.unit == "share":
            assert 0 <= float(entry.bound.split()[-1]) <= 1
        assert entry.show_bound()
