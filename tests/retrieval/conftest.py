"""For the tests of retrieval: the real embedder, opened once, and a stand-in that is quick and needs no package."""

from __future__ import annotations

import pytest
from word_vectors import Words


@pytest.fixture
def words():
    return Words()


@pytest.fixture(scope="session")
def embedder():
    """all-MiniLM-L6-v2. Without its package a test that asks for it fails with the command that installs it."""
    from phicookbook.retrieval.embedding import load_embedder
    from phicookbook.settings import CookbookError

    try:
        return load_embedder()
    except CookbookError as error:
        pytest.fail(str(error), pytrace=False)
