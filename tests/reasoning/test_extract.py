"""Extraction held against a table of real-looking answers, and what must hold for any text.

pytest tests/reasoning/test_extract.py
"""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook.reasoning import shapes
from phicookbook.reasoning.extract import final, flexible, strict

TABLE = [json.loads(line) for line in (Path(__file__).with_name("answers.jsonl")).read_text(encoding="utf-8").splitlines()]
PARTS = st.sampled_from(
    [
        "<think>",
        "</think>",
        "Answer: ",
        "7",
        " not ",
        "8",
        "\\boxed{",
        "}",
        "\n",
        ".",
        "=",
        " true",
        ", ",
        "a",
        "Monday ",
        "9:00-9:30",
    ]
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row['shape']}: {row['text'][:40]}")
def test_the_table(row):
    assert (strict(row["text"], row["shape"]), flexible(row["text"], row["shape"])) == (row["strict"], row["flexible"])


def test_the_table_is_large_and_covers_every_shape():
    assert len({(row["shape"], row["text"]) for row in TABLE}) == len(TABLE) >= 150
    assert set(Counter(row["shape"] for row in TABLE)) == set(shapes.SHAPES)


@pytest.mark.parametrize("shape", shapes.SHAPES)
@given(parts=st.lists(PARTS, max_size=12))
def test_whatever_is_strict_is_flexible_too_and_unclosed_thinking_is_silent(shape, parts):
    text = "".join(parts)
    if strict(text, shape):
        assert flexible(text, shape) == strict(text, shape)
    if text.rfind("<think>") > text.rfind("</think>"):
        assert final(text) == strict(text, shape) == flexible(text, shape) == ""


@given(st.fractions(max_denominator=9).filter(lambda f: abs(f) < 10**9), st.integers(0, 1))
def test_numbers_survive_being_written(value, style):
    text = f"Answer: {value}" if style else f"\\boxed{{{value}}}"
    assert Fraction(flexible(text, "number")) == value == shapes.number(str(value))


@given(st.integers(-(10**12), 10**12))
def test_thousands_separators(value):
    for written in (f"{value:,}", f"{value:_}", f"{value:,}".replace(",", "{,}")):
        assert shapes.number(written) == value


@given(st.lists(st.booleans(), min_size=1, max_size=15))
def test_truth_values_survive_being_written(values):
    for text in (
        ", ".join(map(str, values)),
        ", ".join(f"{name} {value}".lower() for name, value in zip("abcdefghijklmno", values)),
    ):
        assert shapes.booleans(flexible(text, "booleans")) == values


def test_code_comes_from_its_last_block():
    text = "<think>\n```python\nx = 1\n```\n</think>\nFirst:\n```python\nx = 2\n```\nBetter:\n```python\nx = 3\n```"
    assert strict(text, "code") == flexible(text, "code") == "x = 3\n"
    assert (strict("x = 4", "code"), flexible("x = 4", "code")) == ("", "x = 4")
