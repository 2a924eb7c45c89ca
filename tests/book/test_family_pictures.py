"""The pictures of the family: each draws what it was given, and a picture stays small."""

from __future__ import annotations

import io
from datetime import date

import numpy
import pytest

from phicookbook.book import family_pictures as draw
from phicookbook.book.pictures import png

CASES = {
    "timeline": lambda: draw.timeline(
        [("a", date(2024, 4, 1), "retired", date(2025, 8, 30)), ("c", date(2025, 4, 1), "", None),
         ("b", date(2025, 2, 1), "generally available", date(2026, 7, 7))],
    ),
    "quality": lambda: draw.quality([("small", 3.8, 3.8, 67), ("mixture", 6.6, 42, 79), ("large", 14.7, 14.7, 85)], "MMLU"),
    "memory": lambda: draw.memory({"a": {16: 8, 8: 4, 4: 2}, "b": {16: 30, 8: 15, 4: 8}}),
    "heads": lambda: draw.heads({"many": (32, 32), "grouped": (24, 8)}),
    "masks": lambda: draw.masks({"full": numpy.tril(numpy.ones((4, 4))), "own": numpy.eye(4)}),
    "growth": lambda: draw.growth({"a": ([0, 1000], [2, 3])}, 8),
    "turns": lambda: draw.turns([10, 1, 0.1], [320, 32, 3.2], [320, 20, 0.1], 2, (4096, 131_072)),
    "runs": lambda: draw.runs({"clean": [1.0, 1.2], "noisy": [2.0, 2.1]}, "Loss", "nats"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_picture_is_drawn_and_small(name):
    from PIL import Image

    drawn = png(CASES[name]())
    picture = Image.open(io.BytesIO(drawn))
    assert picture.format == "PNG" and picture.width >= 600 and len(drawn) < 40_000
    assert len(picture.convert("RGB").getcolors()) > 2


def test_equal_figures_are_equal_files():
    assert png(CASES["heads"]()) == png(CASES["heads"]())


def test_heads_are_all_there():
    bars = [patch for patch in draw.heads({"grouped": (24, 8)}).axes[0].patches if patch.get_height() > 0]
    assert len(bars) == 24 + 8


def test_every_run_is_a_dot_and_every_mean_a_line():
    dots, mean, *rest = draw.runs({"clean": [1.0, 1.2], "noisy": [2.0, 2.1]}, "Loss", "nats").axes[0].lines
    assert list(dots.get_ydata()) == [1.0, 1.2] and list(mean.get_ydata()) == pytest.approx([1.1, 1.1]) and len(rest) == 2
