"""Files that visitors bring: read apart, indexed for their owner alone, and removed.

desks = Desks(); desks.add("visitor", ["notes.md"]); desks.find("visitor").index.search("..."); desks.forget("visitor")
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from phicookbook.demos.parsing import read_apart
from phicookbook.retrieval import Document, Index
from phicookbook.retrieval.embedding import Embedder
from phicookbook.settings import CookbookError

MOST_FILES, MOST_DESKS = 8, 60
MOST_CHARACTERS = 200_000  # of a file; embedding a text is what takes the time
IDLE = 3_600  # seconds after which a desk is cleared when others need room


@dataclass
class Desk:
    """What one visitor brought: the index in a folder of its own, the documents by name, and when it was last used."""

    folder: Path
    index: Index
    documents: dict[str, Document] = field(default_factory=dict)
    used: float = 0.0
    lock: Lock = field(default_factory=Lock)


class Desks:
    """The desks of all visitors by the key of their session, in one temporary folder that goes with this object."""

    def __init__(self, embedder: Embedder | None = None):
        self._root = tempfile.TemporaryDirectory(prefix="cookbook-desks-")
        self._embedder = embedder
        self._desks: dict[str, Desk] = {}
        self._lock = Lock()
        self._made = 0

    def __len__(self) -> int:
        return len(self._desks)

    def find(self, visitor: str) -> Desk:
        """A visitor's desk. Raises CookbookError when there is nothing on it."""
        with self._lock:
            desk = self._desks.get(visitor) if visitor else None
            if desk is None or not desk.documents:
                raise CookbookError("you have no files here: drop in a .md, .txt or .pdf file first, or search the travel guide")
            desk.used = time.monotonic()
            return desk

    def names(self, visitor: str) -> list[str]:
        """The files of a visitor that can be searched."""
        desk = self._desks.get(visitor)
        return list(desk.documents) if desk else []

    def add(self, visitor: str, paths: Sequence[str]) -> dict[str, str]:
        """Read and index files and delete them; returns for each name what became of it.

        Raises CookbookError for a session without a key, no file, or more than MOST_FILES.
        """
        *_, became = self.adding(visitor, paths)
        return became

    def adding(self, visitor: str, paths: Sequence[str]) -> Iterator[dict[str, str]]:
        """As `add`, but tells after each file what became of those so far. Closing it leaves the rest unread and deletes them."""
        became: dict[str, str] = {}
        try:
            desk = self._desk(visitor, paths)
            for path in map(Path, paths):
                yield became | {path.name: f"reading, file {len(became) + 1} of {len(paths)} ..."}
                with desk.lock:
                    became[path.name] = self._put(desk, path) if self._desks.get(visitor) is desk else "left out: forgotten"
            yield became
        finally:
            for path in map(Path, paths):
                path.unlink(missing_ok=True)
                with contextlib.suppress(OSError):  # Gradio gives each upload a folder; another one may stand in it
                    path.parent.rmdir()

    def forget(self, visitor: str) -> None:
        """Remove a visitor's files and index; nothing happens when there are none."""
        with self._lock:
            desk = self._desks.pop(visitor, None)
        if desk:
            with desk.lock:
                shutil.rmtree(desk.folder, ignore_errors=True)

    def forget_all(self) -> None:
        """Remove everybody's files and indexes."""
        for visitor in list(self._desks):
            self.forget(visitor)

    def close(self) -> None:
        """Remove everything."""
        self._desks.clear()
        self._root.cleanup()

    def _desk(self, visitor: str, paths: Sequence[str]) -> Desk:
        if not visitor:
            raise CookbookError("this request names no session, so its files would have no owner: use the page")
        if not paths:
            raise CookbookError("no file came: choose .md, .txt or .pdf files")
        with self._lock:
            if visitor not in self._desks:
                self._make_room()
                self._made += 1
                folder = Path(self._root.name) / str(self._made)
                self._desks[visitor] = Desk(folder, Index(folder, self._embedder), used=time.monotonic())
            desk = self._desks[visitor]
        if len({*desk.documents, *(Path(path).name for path in paths)}) > MOST_FILES:
            raise CookbookError(f"at most {MOST_FILES} files each: forget some first")
        return desk

    def _make_room(self) -> None:
        """Clear the desk that has not been used for longest when all are taken; refuse while all are in use."""
        if len(self._desks) < MOST_DESKS:
            return
        oldest = min(self._desks, key=lambda key: self._desks[key].used)
        if time.monotonic() - self._desks[oldest].used < IDLE:
            raise CookbookError(f"{MOST_DESKS} visitors have files here already: try again when one has left")
        shutil.rmtree(self._desks.pop(oldest).folder, ignore_errors=True)

    def _put(self, desk: Desk, path: Path) -> str:
        """Index one file; returns what became of it."""
        try:
            document = read_apart(path, path.name)
        except CookbookError as error:
            return f"left out: {error}"
        if len(document.text) > MOST_CHARACTERS:
            return f"left out: holds {len(document.text):,} characters, and {MOST_CHARACTERS:,} are read here"
        desk.index.update([document])
        desk.documents[document.id] = document
        count = len(desk.index.chunks(document))
        return f"{count} passage{'s' * (count != 1)}"
