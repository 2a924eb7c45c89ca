"""For the tests of retrieval: the real embedder, opened once, and a stand-in that is quick and needs no package."""

from __future__ import annotations

import re
import zlib

import pytest


class Words:
    """A stand-in for the embedder: a text's vector counts its words, so texts are near when they share some."""

    name = "words"

    def __init__(self):
        self.seen: list[str] = []

    def count(self, text: str) -> int:
        return len(re.findall(r"\w+|[^\w\s]", text))

    def embed(self, texts, batch_size=32, progress=iter):
        import numpy as np

        self.seen += texts
        vectors = np.full((len(texts), 384), 1e-6, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                vectors[row, zlib.crc32(word.encode()) % 384] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


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
