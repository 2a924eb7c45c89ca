"""The yardstick ranks by words, and says so when there is nothing to rank.

pytest tests/retrieval/test_bm25.py
"""

from __future__ import annotations

import math

import pytest

from phicookbook.retrieval import Document, Index
from phicookbook.retrieval.bm25 import BM25
from phicookbook.settings import CookbookError

TEXTS = ["lemon tart lemon", "apple cake and lemon", "honey bread"]


@pytest.fixture(scope="module")
def ranker():
    return BM25(["a", "b", "c"], TEXTS)


@pytest.mark.parametrize(
    "question, found",
    [("lemon", ["a", "b"]), ("honey?", ["c"]), ("Apple LEMON", ["b", "a"]), ("plum", []), ("the", []), ("", []), ("日本語", [])],
)
def test_search(ranker, question, found):
    assert [name for name, _ in ranker.search(question, 5)] == found


def test_scores_are_those_of_the_formula(ranker):
    (_, score), *_ = ranker.search("honey", 1)
    rarity = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    mean = (3 + 3 + 2) / 3
    assert score == pytest.approx(rarity * 1 / (1 + 1.5 * (1 - 0.75 + 0.75 * 2 / mean)), rel=1e-4)


def test_with_its_k1_the_scores_are_those_of_the_index(tmp_path, words):
    index = Index(tmp_path / "index", words)
    index.update([Document(name, text, "txt") for name, text in zip("abc", TEXTS)])
    ours = {passage.document: passage.score for passage in index.search("lemon", 5, "full text")}
    theirs = dict(BM25(list("abc"), TEXTS, k1=1.2).search("lemon", 5))  # this variant leaves out the factor k1 + 1
    assert ours == pytest.approx({name: 2.2 * score for name, score in theirs.items()}, rel=1e-4) and len(ours) == 2


def test_a_longer_list_of_stop_words():
    assert BM25(["a"], ["about lemons"]).search("about") and not BM25(["a"], ["about lemons"], stop="en_plus").search("about")


def test_no_passages_are_refused():
    with pytest.raises(CookbookError, match="nothing to search"):
        BM25([], [])
