"""The workshop: a tab for each demo, opened quickly, and a demo by its name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from phicookbook import cli
from phicookbook.demos import workshop
from phicookbook.demos.workshop import TABS, check, make_app
from phicookbook.settings import CookbookError


def test_a_tab_for_each_demo():
    import gradio as gr

    app = make_app()
    tabs = [block for block in app.blocks.values() if isinstance(block, gr.Tab)]
    assert [tab.id for tab in tabs] == [name for name, _ in TABS]
    assert len({tab.label for tab in tabs}) == len(tabs)
    for demo in (make_app(name) for name, _ in TABS):
        assert not any(isinstance(block, gr.Tab) for block in demo.blocks.values())


def test_options_reach_their_demo():
    app = make_app(playground={"tuned": "pocket"})
    assert "Tuned: pocket" in [getattr(block, "label", "") for block in app.blocks.values()]


@pytest.mark.parametrize("name, near", [("playgruond", "playground"), ("promting", "prompting"), ("Family", "family")])
def test_an_unknown_name_gets_the_nearest(name, near, capsys):
    with pytest.raises(CookbookError, match=f"Did you mean '{near}'"):
        check(name)
    assert cli.main(["demo", name]) == 2
    assert f"Did you mean '{near}'" in capsys.readouterr().err


def test_a_name_like_no_other_gets_the_list():
    with pytest.raises(CookbookError, match="no demo is called 'xyz'. Choose playground, family"):
        check("xyz")


def test_the_command_serves_what_it_was_told(monkeypatch):
    asked = []
    monkeypatch.setattr(workshop, "serve", lambda *values: asked.append(values))
    assert cli.main(["demo", "family", "--host", "0.0.0.0", "--port", "7777"]) == 0
    assert cli.main(["demo"]) == 0
    assert asked == [("family", "0.0.0.0", 7777), ("", "127.0.0.1", 7860)]


def test_the_app_is_made_without_opening_a_model():
    code = (
        "import sys; from phicookbook.demos.workshop import make_app; make_app();"
        "print([m for m in ('torch', 'transformers', 'lancedb') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
