"""Staging: what travels with a page, and where links go."""

from __future__ import annotations

import pytest

from phicookbook import settings
from phicookbook.book.site import pages


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository of a few files."""
    for name, text in {
        "README.md": "# Front", "docs/a.md": "[x](../data/x.yaml) [front](../README.md#top) [b](b.md) [web](https://a.example/x)",
        "docs/b.md": "# B", "data/x.yaml": "1", "cookbook/01_a.ipynb": '{"source": ["[x](../data/y.py) ![p](p.png)"]}',
        "data/y.py": "1", "secret.txt": "1",
    }.items():  # fmt: skip
        settings.write_text(tmp_path / "root" / name, text)
    settings.write_text(tmp_path / "outside.txt", "1")
    monkeypatch.setattr(settings, "ROOT", tmp_path / "root")
    return tmp_path / "root"


def test_linked_files_come_along_and_the_readme_is_the_front_page(root, tmp_path):
    out = tmp_path / "out"
    for name in ("docs/a.md", "docs/b.md", "cookbook/01_a.ipynb"):
        pages._copy(root / name, out)
        pages._mend_links(out / name, out)
    assert (out / "data" / "x.yaml").exists() and (out / "data" / "y.py").exists()
    assert "[front](../index.md#top) [b](b.md)" in (out / "docs" / "a.md").read_text()
    assert not (out / "secret.txt").exists() and not (out / "README.md").exists()


def test_nothing_from_outside_the_repository_is_taken(root, tmp_path):
    out = tmp_path / "out"
    settings.write_text(out / "docs" / "c.md", "[x](../../outside.txt)")
    pages._mend_links(out / "docs" / "c.md", out)
    assert [path.name for path in out.rglob("*") if path.is_file()] == ["c.md"]


def test_every_page_stands_in_the_navigation_once(tmp_path):
    for name in ("cookbook/README.md", "cookbook/01_a.ipynb", "claims.md", "docs/log.md", "docs/new.md", "docs/glossary.md"):
        settings.write_text(tmp_path / name, "")
    told = [line[1:] for line in pages._navigation(tmp_path).splitlines() if line.startswith("/")]
    assert told == ["cookbook/README", "cookbook/01_a", "claims", "docs/log", "docs/glossary", "docs/new"]
