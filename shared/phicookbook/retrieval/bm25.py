"""The yardstick: BM25 by the package bm25s, in memory, without anything else.

BM25(chunks).search("lemon tart", 5)   # ids, best first
"""

from __future__ import annotations

from collections.abc import Sequence

from phicookbook.settings import CookbookError


class BM25:
    """Chunks ranked by BM25 (Lucene's variant, b = 0.75) over their headings and texts.

    A smaller `k1` lets a repeated word count less; `stop` is one of bm25s' lists of stop words, "en" or the longer "en_plus".
    """

    def __init__(self, ids: Sequence[str], texts: Sequence[str], k1: float = 1.5, stop: str = "en"):
        import bm25s

        if not ids:
            raise CookbookError("there is nothing to search: give at least one passage")
        self.ids, self.stop = list(ids), stop
        self.ranker = bm25s.BM25(k1=k1)
        self.ranker.index(bm25s.tokenize(list(texts), stopwords=stop, show_progress=False), show_progress=False)

    def search(self, question: str, k: int = 5) -> list[tuple[str, float]]:
        """The best `k` ids with their scores; those without a word of the question are left out."""
        import bm25s

        words = bm25s.tokenize([question], stopwords=self.stop, return_ids=False, show_progress=False)
        if not words[0]:
            return []
        found, scores = self.ranker.retrieve(words, k=min(k, len(self.ids)), show_progress=False)
        return [(self.ids[place], float(score)) for place, score in zip(found[0], scores[0]) if score > 0]
