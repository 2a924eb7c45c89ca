"""For the tests of the demos: the quick stand-in for the embedder."""

from __future__ import annotations

import pytest
from word_vectors import Words


@pytest.fixture
def words():
    return Words()
