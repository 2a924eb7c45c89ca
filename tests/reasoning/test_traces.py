"""Traces told apart line by line, and escaped.

pytest tests/reasoning/test_traces.py
"""

from __future__ import annotations

import random

from phicookbook.reasoning import items
from phicookbook.reasoning.tasks import module
from phicookbook.reasoning.traces import coloured, counts, kinds


def test_kinds_of_lines():
    said = [
        "try a true",
        "a true: holds",
        "not a false: fails",
        "change b",
        "So 7.",
        "Wait, that is wrong.",
        "7 - 6 = 1, no",
        "back",
        "best 0 1 2 0",
    ]
    wanted = ["step", "check", "fails", "back", "result", "back", "fails", "back", "result"]
    assert [kind for kind, _ in kinds("\n".join(said))] == wanted


def test_a_search_shows_as_many_turns_as_it_has():
    for item in items("sat", 20, level=4, split="train"):
        thinking, _ = module("sat").teach(item, random.Random(1))
        found = counts(thinking)
        assert found["fails"] == found["back"] == thinking.count("change") and found["step"] == found["back"] + 1


def test_html_is_escaped_and_an_open_thinking_is_told():
    assert "<script>" not in coloured("<think><script>x</script></think><b>7</b>") and "&lt;b&gt;7" in coloured(
        "<think>a</think><b>7</b>"
    )
    assert "never closes" in coloured("<think>\nstep") and "never closes" not in coloured("<think>\na\n</think>\n7")
