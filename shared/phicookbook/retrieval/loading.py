"""Read a learner's folder: Markdown, text and PDF become documents, and what cannot be read is named with the reason.

loaded = load_folder(Path("notes")); len(loaded.documents), loaded.skipped
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from phicookbook.retrieval.chunking import Document
from phicookbook.settings import CookbookError

KINDS = {".md": "md", ".txt": "txt", ".pdf": "pdf"}
MOST_MEGABYTES = 50
FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Loaded:
    """The documents of a folder, and the reason for each file that was left out, by its path."""

    documents: list[Document]
    skipped: dict[str, str]


def paths(folder: Path) -> list[Path]:
    """Every file of a folder and those below, sorted; hidden ones and links to folders left out.

    Raises CookbookError when the folder is not there.
    """
    if not folder.is_dir():
        raise CookbookError(f"there is no folder {folder}: give one with .md, .txt or .pdf files")
    found = []
    for place, below, names in os.walk(folder):
        below[:] = [name for name in below if not name.startswith(".")]
        found += [Path(place) / name for name in names if not name.startswith(".")]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def load_folder(folder: Path, progress=lambda files: files) -> Loaded:
    """All documents of a folder; `progress` wraps the list of files, as tqdm does.

    Raises CookbookError when no file can be read.
    """
    found = load_files(progress(paths(folder)), folder)
    if not found.documents:
        why = "".join(f"\n  {name}: {reason}" for name, reason in list(found.skipped.items())[:10])
        raise CookbookError(f"{folder} has no document to read: put .md, .txt or .pdf files there{why}")
    return found


def load_files(files: Iterable[Path], folder: Path) -> Loaded:
    """Documents of some files, each with its path below `folder` as its id."""
    documents, skipped = [], {}
    for path in files:
        name = path.relative_to(folder).as_posix()
        try:
            documents.append(read(path, name))
        except CookbookError as error:
            skipped[name] = str(error)
    return Loaded(documents, skipped)


def read(path: Path, name: str) -> Document:
    """One file as a document. Raises CookbookError with the reason when that cannot be."""
    kind = KINDS.get(path.suffix.lower())
    if not kind:
        raise CookbookError("not a .md, .txt or .pdf file")
    try:
        if path.stat().st_size > MOST_MEGABYTES * 1e6:
            raise CookbookError(f"larger than {MOST_MEGABYTES} MB")
        text = _pdf(path) if kind == "pdf" else path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CookbookError("not UTF-8 text") from None
    except OSError as error:
        raise CookbookError(error.strerror or str(error)) from None
    if "\0" in text:
        raise CookbookError("holds zero bytes: it is no text")
    metadata, start = front_matter(text) if kind == "md" else ({}, 0)
    if not text[start:].strip():
        raise CookbookError("holds no text" + (" (scanned pages need character recognition first)" if kind == "pdf" else ""))
    folder = name.rpartition("/")[0]
    return Document(name, text, kind, {"kind": kind, **({"folder": folder} if folder else {}), **metadata}, start)


def front_matter(text: str) -> tuple[dict[str, str], int]:
    """Plain values of a YAML block that opens a Markdown text, and the offset where the text goes on."""
    import yaml

    found = FRONT_MATTER.match(text)
    try:
        values = yaml.safe_load(found[1]) if found else None
    except yaml.YAMLError:
        values = None
    if not isinstance(values, dict):
        return {}, 0
    return {str(key): str(value) for key, value in values.items() if isinstance(value, str | int | float)}, found.end()


def _pdf(path: Path) -> str:
    """The text of a PDF, pages joined by form feeds."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns about files that it then reads
    try:
        pages = PdfReader(path).pages
        return "\f".join((page.extract_text() or "").replace("\f", " ").replace("\0", "") for page in pages)
    except PyPdfError as error:
        raise CookbookError(f"no readable PDF: {error}") from None
    except OSError:
        raise
    except Exception as error:  # a broken PDF can raise anything; one file must not stop the folder
        raise CookbookError(f"no readable PDF: {type(error).__name__}: {error}") from None
