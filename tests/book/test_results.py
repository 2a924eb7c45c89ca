"""Pages of docs/results: the tagged outputs of an executed chapter, with what it takes to read them.

pytest tests/book/test_results.py
"""

from __future__ import annotations

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from phicookbook import settings
from phicookbook.book import results, save
from phicookbook.settings import CookbookError

PNG = "iVBORw0KGgo="


def cell(source, tags, *outputs):
    return new_code_cell(source, metadata={"tags": tags}, outputs=list(outputs))


def printed(text, name="stdout"):
    return new_output("stream", text=text, name=name)


def picture(alt):
    return new_output("display_data", {"image/png": PNG, "text/plain": alt}, metadata={"image/png": {"alt": alt}})


@pytest.fixture
def chapter():
    """An executed notebook of two sections."""
    cells = [
        new_markdown_cell("# 09 · A chapter\n\nText."),
        cell('model = ""  # pocket\nrows = 3', ["parameters"]),
        cell("rows = 5", ["injected-parameters"]),
        new_markdown_cell("## 1. First"),
        cell("a", ["result"], printed("90%\n"), printed("a bar", "stderr")),
        cell("b", [], printed("not shown")),
        cell("c", ["result", "picture:bars"], picture("Bars: 90%.")),
        new_markdown_cell("## 2. Second"),
        cell("d", ["result"], new_output("execute_result", {"text/plain": "[1, 2]"}), picture("no name")),
    ]
    return new_notebook(cells=cells)


def test_a_page_shows_what_is_tagged_and_how_it_was_measured(chapter):
    text, pictures = results.page(chapter, "make it")
    assert pictures == {"bars": b"\x89PNG\r\n\x1a\n"}
    head, _, rest = text.partition("## 1. First")
    assert head.startswith('# 09 · A chapter\n\nCommand: `make it`. Parameters: `model = ""`, `rows = 5`. Seed 42;')
    assert rest == "\n\n```\n90%\n```\n\n![Bars: 90%.](bars.png)\n\n## 2. Second\n\n```\n[1, 2]\n```\n"


def test_a_chapter_without_results_is_told(chapter):
    chapter.cells = chapter.cells[:4]
    with pytest.raises(CookbookError, match='no cell of the chapter is tagged "result"'):
        results.page(chapter, "make it")


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A cookbook of one small chapter, not yet executed, and an empty folder of results."""
    monkeypatch.setattr(settings, "COOKBOOK", tmp_path)
    monkeypatch.setattr(results, "FOLDER", tmp_path / "results")
    (tmp_path / "results").mkdir()
    cells = [
        new_markdown_cell("# A chapter"),
        cell("n = 2", ["parameters"]),
        new_markdown_cell("## 1. Squares"),
        cell("print(n * n)", ["result"]),
    ]
    path = tmp_path / "09_squares.ipynb"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), path)
    return path


def test_saving_a_chapter_writes_its_page(shelf):
    save.save(shelf)
    text = (shelf.parent / "results" / "09_squares.md").read_text(encoding="utf-8")
    assert "`n = 2`" in text and "```\n4\n```" in text and "book.save cookbook/09_squares.ipynb" in text
    wall, work = re.search(r"It took (\d+) s, or (\d+) CPU seconds", text).groups()
    assert int(wall) > 0 and int(work) > 0, "a kernel does not start in half a second"


def test_other_parameters_get_a_page_of_their_own(shelf, capsys):
    assert results.main([str(shelf), "-p", "n", "7", "--name", "09_seven"]) == 0
    text = (shelf.parent / "results" / "09_seven.md").read_text(encoding="utf-8")
    assert "`n = 7`" in text and "```\n49\n```" in text and "-p n 7 --name 09_seven" in text
    assert capsys.readouterr().out.strip().endswith("09_seven.md")
    assert "outputs" not in str(nbformat.read(shelf, 4).cells[3].outputs)
