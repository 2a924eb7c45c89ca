"""Translated pages: where they are staged, and what is said of the language of each part. tests/docs looks at the real site."""

from __future__ import annotations

import nbformat
import pytest

from phicookbook import settings
from phicookbook.book import translation
from phicookbook.book.site import languages, pages

PAGE = """<html lang="en"><div id="pst-skip-link" class="x">Skip</div><header id="pst-header">H</header><header>own</header>
<div id="pst-primary-sidebar" class="y"><a class="z" href="../de/01_a.html">Eins</a></div><div class="cell_input z">code</div>
<div class="cell_output z">out</div><article><a href="../01_a.html">x</a></article>
<footer class="bd-footer">F</footer>"""


@pytest.fixture
def translated(monkeypatch):
    monkeypatch.setattr(translation, "available", lambda: [("de", "01_a")])


def test_only_the_translated_page_changes_its_language_and_every_link_to_it_is_marked(translated, tmp_path):
    for name in ("cookbook/de/01_a.html", "cookbook/01_a.html"):
        settings.write_text(tmp_path / name, PAGE)
    languages.label(tmp_path)
    german, english = ((tmp_path / "cookbook" / name).read_text() for name in ("de/01_a.html", "01_a.html"))
    link = '<a lang="de" hreflang="de" class="z" href="../de/01_a.html">'
    assert english == PAGE.replace('<a class="z" href="../de/01_a.html">', link)
    assert german.startswith('<html lang="de">') and link in german and german.count('lang="en"') == 6
    assert '<div lang="en" class="cell_input z">' in german and "<header>own" in german and '<a href="../01_a.html">' in german


def test_without_translations_nothing_changes(monkeypatch, tmp_path):
    monkeypatch.setattr(translation, "available", list)
    settings.write_text(tmp_path / "a.html", PAGE)
    languages.label(tmp_path)
    assert (tmp_path / "a.html").read_text() == PAGE


def test_a_chapter_and_its_translation_are_staged_with_links_both_ways(translated, monkeypatch, tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# 01 · A\n\nText.", id="t-0")])
    monkeypatch.setattr(settings, "COOKBOOK", tmp_path / "cookbook")
    settings.write_text(tmp_path / "cookbook" / "01_a.ipynb", nbformat.writes(notebook))
    translation.accept("de", "01_a", ["all"])
    out = tmp_path / "out"
    settings.write_text(out / "cookbook" / "01_a.ipynb", nbformat.writes(notebook))
    languages.stage(out)
    staged, german = (nbformat.read(out / "cookbook" / name, 4) for name in ("01_a.ipynb", "de/01_a.ipynb"))
    assert staged.cells[0].source == "# 01 · A\n\n[Auf Deutsch](de/01_a.ipynb)\n\nText."
    assert "[englischen Kapitels](../01_a.ipynb)" in german.cells[1].source
    settings.write_text(out / "claims.md", "")
    assert "/cookbook/de/01_a" in pages._navigation(out)
