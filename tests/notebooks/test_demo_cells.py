"""Every chapter ends with a cell that starts its demo, when the parameter `demo` says so; no run of the book starts one.

pytest tests/notebooks/test_demo_cells.py
"""

from __future__ import annotations

import ast

import httpx
import nbformat
import pytest

from phicookbook import settings
from phicookbook.demos.workshop import launch
from phicookbook.models import open_model
from phicookbook.settings import CookbookError

CHAPTERS = sorted(settings.COOKBOOK.glob("[0-9][0-9]_*.ipynb"))


def cells(chapter, word: str) -> list[str]:
    return [c.source for c in nbformat.read(chapter, as_version=4).cells if c.cell_type == "code" and word in c.source]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_the_cell_serves_the_chapters_demo_when_it_is_asked_to(chapter, capsys):
    (source,) = cells(chapter, "workshop import launch")
    model = open_model("pocket")
    opened = {node.id: model for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}  # models of the chapter
    exec(source, names := opened | {"demo": True, "launch": launch})
    try:
        assert "Phi Cookbook" in httpx.get(names["running"].address).text
        shown = capsys.readouterr().out
        assert names["running"].address in shown and "IFrame" in shown
    finally:
        names["running"].close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(names["running"].address)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_no_run_starts_a_demo_unasked(chapter):
    assert sum("demo = False" in source for source in cells(chapter, "demo = ")) == 1
    (source,) = cells(chapter, "workshop import launch")
    exec(source, names := {"demo": False})
    assert "running" not in names


def test_a_demo_that_does_not_exist_is_told():
    with pytest.raises(CookbookError, match="no demo is called 'promting'. Did you mean 'prompting'"):
        launch("promting")
