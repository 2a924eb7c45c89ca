r"""Cut a document where its author did: at headings, then paragraphs, then sentences; every cut keeps its offsets.

    chunks = chunk(Document("a.md", "# Inn\n\n## Hours\n\nIt opens at 9:00."))
    chunks[0].heading   # "Inn > Hours"

A chunk's text is `document.text[start:end]` to the letter, so what a citation claims can be checked in the source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

MAX_TOKENS, MIN_TOKENS = 220, 220
# Where a text may be cut, coarse to fine: paragraphs, lines, sentences, words.
CUTS = (r"\n[ \t]*\n\s*", r"\n\s*", r"(?<=[.!?;])\s+|(?<=[。！？])\s*", r"\s+")
HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
CHARACTERS_A_TOKEN = 16  # no chunk has more, whatever a tokenizer makes of a long word
Counter = Callable[[str], int]
Span = tuple[int, int]


@dataclass(frozen=True)
class Document:
    """A text with an id (its path in the folder), and what is known about it.

    `start` is where the text proper begins, after any front matter; `kind` is "md", "txt" or "pdf".
    """

    id: str
    text: str
    kind: str = "md"
    metadata: dict[str, str] = field(default_factory=dict)
    start: int = 0


@dataclass(frozen=True)
class Chunk:
    """A passage: `text == document.text[start:end]`, under `heading` ("Title > Section")."""

    id: str
    document: str
    heading: str
    text: str
    start: int
    end: int

    @property
    def place(self) -> str:
        """Where it stands, for a person: "inn.md: Inn > Hours"."""
        return f"{self.document}: {self.heading}" if self.heading else self.document


def words(text: str) -> int:
    """Tokens by a rule that needs no model: twelve letters of a word at most, or one mark."""
    return len(re.findall(r"\w{1,12}|[^\w\s]", text))


def anchor(heading: str) -> str:
    """A heading as a link names it: "What it costs" is "what-it-costs"."""
    return "-".join(re.findall(r"\w+", heading.lower())) or "section"


def chunk(document: Document, max_tokens: int = MAX_TOKENS, min_tokens: int = MIN_TOKENS, count: Counter = words) -> list[Chunk]:
    """The passages of a document, in order; between them stands white space only.

    A section starts a new chunk unless the one before has fewer than `min_tokens` and room for all of it. `count`
    must add up over texts that white space separates. An id is `document#anchor`, with `~2` and so on for later
    parts of a section, so that editing one section leaves the ids of others as they are.
    """
    if not 0 <= min_tokens <= max_tokens or max_tokens < 1:
        raise ValueError(f"min_tokens is {min_tokens} and max_tokens {max_tokens}: 0 <= min <= max and max >= 1 must hold")
    found: list[Chunk] = []
    used: dict[str, int] = {}
    for (start, end), heading, name in _packed(document, max_tokens, min_tokens, count):
        used[name] = used.get(name, 0) + 1
        part = f"~{used[name]}" if used[name] > 1 else ""
        found.append(Chunk(f"{document.id}#{name}{part}", document.id, heading, document.text[start:end], start, end))
    return found


def _packed(document: Document, most: int, least: int, count: Counter) -> Iterator[tuple[Span, str, str]]:
    """Spans of chunks with heading and anchor: neighbouring pieces joined as long as they fit."""
    text, start, end, total = document.text, 0, 0, 0
    about = ("", "")
    for section, heading, name in sections(document):
        fresh, whole = True, count(text[slice(*section)])
        for piece, size in _pieces(text, section, most, count, 0):
            touching = end == piece[0]  # parts of one long word: their tokens do not add up
            long = piece[1] - start > most * CHARACTERS_A_TOKEN
            if end > start and (total + size > most or touching or long or (fresh and (total >= least or total + whole > most))):
                yield (start, end), *about
                end = start
            if end <= start:
                start, total, about = piece[0], 0, (heading, name)
            end, total, fresh = piece[1], total + size, False
    if end > start:
        yield (start, end), *about


def sections(document: Document) -> Iterator[tuple[Span, str, str]]:
    """Spans under each heading (or on each page of a PDF), with the path of headings and a unique anchor."""
    marks, path, seen = [(document.start, "", "top")], [], {"top": 0}
    for position, level, title in _titles(document):
        path = [*path[: level - 1], *[""] * (level - 1 - len(path)), title]
        name = base = anchor(title)
        while name in seen:  # as GitHub does: hours, hours-1, hours-2
            seen[base] += 1
            name = f"{base}-{seen[base]}"
        seen[name] = 0
        marks.append((position, " > ".join(filter(None, path)), name))
    ends = [position for position, _, _ in marks[1:]] + [len(document.text)]
    for (start, heading, name), end in zip(marks, ends):
        if span := _trimmed(document.text, start, end):
            yield span, heading, name


def _titles(document: Document) -> Iterator[tuple[int, int, str]]:
    """Offset, level and text of each heading; a page break of a PDF starts "page 2"."""
    if document.kind == "pdf":
        starts = [document.start, *(found.end() for found in re.finditer("\f", document.text))]
        yield from ((start, 1, f"page {number}") for number, start in enumerate(starts, 1))
    if document.kind != "md":
        return
    position, fence = document.start, ""
    for line in document.text[document.start :].split("\n"):
        bar = FENCE.match(line)
        if bar and (not fence or bar[1].startswith(fence)):
            fence = "" if fence else bar[1]
        elif not fence and (found := HEADING.match(line)) and found[2]:
            yield position, len(found[1]), found[2]
        position += len(line) + 1


def _trimmed(text: str, start: int, end: int) -> Span | None:
    """The span without white space at its ends, or None if nothing is left."""
    inner = text[start:end]
    left, right = len(inner) - len(inner.lstrip()), len(inner.rstrip())
    return (start + left, start + right) if left < right else None


def _pieces(text: str, span: Span, most: int, count: Counter, depth: int) -> Iterator[tuple[Span, int]]:
    """Spans with their tokens: paragraphs, and what does not fit cut finer; a long word is halved."""
    start, end = span
    size = count(text[start:end]) if depth else most + 1
    if end - start < 2 or (size <= most and end - start <= most * CHARACTERS_A_TOKEN):
        yield span, size
    elif depth == len(CUTS):
        middle = (start + end) // 2
        yield from _pieces(text, (start, middle), most, count, depth)
        yield from _pieces(text, (middle, end), most, count, depth)
    else:
        at = start
        for left, right in [*(found.span() for found in re.compile(CUTS[depth]).finditer(text, start, end)), (end, end)]:
            if part := _trimmed(text, at, left):
                yield from _pieces(text, part, most, count, depth + 1)
            at = right
