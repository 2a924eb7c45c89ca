"""Retrieval: cut documents into passages, index them on disk, find the ones a question needs, and check citations.

from phicookbook.retrieval import Index, load_folder, verify
index = Index(Path(".artifacts/index")); index.update(load_folder(Path("notes")).documents)
verify("The inn opens at 9:00 [1].", [passage.text for passage in index.search("When does the inn open?")])
"""

from __future__ import annotations

from phicookbook.retrieval.answering import Answer, ask, ask_many
from phicookbook.retrieval.chunking import Chunk, Document, chunk
from phicookbook.retrieval.citing import number, verify
from phicookbook.retrieval.index import Index, Passage
from phicookbook.retrieval.loading import load_folder
from phicookbook.retrieval.support import support

__all__ = [
    "Answer",
    "Chunk",
    "Document",
    "Index",
    "Passage",
    "ask",
    "ask_many",
    "chunk",
    "load_folder",
    "number",
    "support",
    "verify",
]
