"""Style requests in new words: none of them is a taught one with a word changed."""

from __future__ import annotations

import re

import pytest

from phicookbook.corpora import styles
from phicookbook.prompting.reworded import REWORDED


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[i : i + length]) for i in range(len(found) - length + 1)}


def test_every_style_has_a_new_wording():
    assert list(REWORDED) == list(styles.SYSTEMS)


@pytest.mark.parametrize("style", REWORDED)
def test_a_new_wording_is_apart_from_all_taught_ones(style):
    """No four words in a row and less than half of the words in common with any taught system message."""
    for taught in (text for texts in styles.SYSTEMS.values() for text in texts):
        mine, theirs = set(words(REWORDED[style])), set(words(taught))
        assert not runs(REWORDED[style], 4) & runs(taught, 4), taught
        assert len(mine & theirs) < 0.5 * len(mine | theirs), taught


@pytest.mark.parametrize("style", REWORDED)
def test_taught_wordings_would_fail_that_test(style):
    taught = styles.SYSTEMS[style][0]
    assert len(set(words(taught)) & set(words(f"{taught} Please."))) >= 0.5 * len(set(words(f"{taught} Please.")))
