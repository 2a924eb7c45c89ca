"""Chapters in other languages: prose alone is translated, and code and outputs are always those of the English chapter.

    notebook = build("de", "02_prompting")   # `cookbook translate` writes it to cookbook/de/02_prompting.ipynb

A translation is one Markdown file, cookbook/translations/LANGUAGE/CHAPTER.md. It has a section for each Markdown cell: a comment
with the cell's id, the hash of the English that was translated and that English itself, and below it the translation. So the
file reads as the translated chapter, and a cell whose English has changed since is told with what changed.
"""

from __future__ import annotations

import copy
import difflib
import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

from phicookbook import settings
from phicookbook.book import launch
from phicookbook.settings import CookbookError

HEAD = re.compile(r"^<!-- (\S+) ([0-9a-f]{12})$", re.MULTILINE)
LINK = re.compile(r"(?<=\]\()(?!\w+:|#|/)(?=[^)\s]+[)#])")
NOTE_ID = "translation-note"
ALL = "all"
# What the book itself says in a language: its name in a link, the note behind the title, the mark of what is not translated.
LANGUAGES = {
    "de": {
        "name": "Auf Deutsch",
        "note": "Diese Seite ist die Übersetzung des [englischen Kapitels]({chapter}.ipynb). Übersetzt ist nur der Text: Code "
        "und Ausgaben sind dieselben und bleiben, wie alles, was das Modell liest und schreibt, englisch.",
        "pending": "Noch nicht übersetzt:",
    }
}


@dataclass(frozen=True)
class Section:
    """One translated cell: its id, the English that was translated, and the translation ("" while there is none)."""

    cell: str
    english: str
    text: str


def words_of(language: str) -> dict[str, str]:
    """What the book says in a language; raises CookbookError for one that it does not know."""
    if language not in LANGUAGES:
        raise CookbookError(f"no language is called {language!r}: there are {', '.join(LANGUAGES)}; add yours to LANGUAGES")
    return LANGUAGES[language]


def digest(english: str) -> str:
    """The first twelve hexadecimal digits of the SHA-256 of a cell's source."""
    return hashlib.sha256(english.encode("utf-8")).hexdigest()[:12]


def folder() -> Path:
    """Where translations are kept."""
    return settings.COOKBOOK / "translations"


def available() -> list[tuple[str, str]]:
    """(language, chapter) of every translation."""
    return sorted((path.parent.name, path.stem) for path in folder().glob("*/*.md"))


def read(language: str, chapter: str) -> list[Section]:
    """The sections of a translation. Raises CookbookError that names file, line and remedy when it is broken."""
    path = folder() / language / f"{chapter}.md"
    text = settings.read_text(path)
    heads = list(HEAD.finditer(text))
    if text[: heads[0].start() if heads else len(text)].strip():
        raise CookbookError(f"{path}, line 1: begin with '<!-- CELL HASH', the English and '-->'; `cookbook translate` writes it")
    sections = []
    for head, end in zip(heads, [*(h.start() for h in heads[1:]), len(text)]):
        english, mark, told = text[head.end() + 1 : end].partition("\n-->\n")
        place = f"{path}, line {text.count(chr(10), 0, head.start()) + 1}: cell {head[1]}"
        if not mark:
            raise CookbookError(f"{place} has no line '-->' behind its English: put it back")
        if digest(english) != head[2]:
            raise CookbookError(f"{place}: its English or its hash was changed by hand; `git checkout` the file's comments")
        if head[1] in {section.cell for section in sections}:
            raise CookbookError(f"{place} stands here twice: delete one of the sections")
        sections.append(Section(head[1], english, told.strip()))
    return sections


def english(chapter: str):
    """The English chapter, as a notebook. Raises CookbookError when there is none."""
    import nbformat

    path = settings.COOKBOOK / f"{chapter}.ipynb"
    if not path.exists():
        raise CookbookError(f"{path} does not exist: a translation carries the name of its chapter")
    return nbformat.read(path, as_version=4)


def prose(notebook) -> list:
    """The cells that are translated: all Markdown but the generated cell, which a note in the language stands in for."""
    return [c for c in notebook.cells if c.cell_type == "markdown" and launch.TAG not in c.metadata.get("tags", [])]


def match(notebook, sections: list[Section]) -> dict[str, Section]:
    """The section of each cell by the cell's id: the one of the same English, wherever it stood, or else of the same id."""
    cells = prose(notebook)
    now = {cell.source for cell in cells}
    by_english = {section.english: section for section in sections}
    by_id = {section.cell: section for section in sections if section.english not in now}
    found = {}
    for cell in cells:
        if section := by_english.get(cell.source) or by_id.get(cell.id):
            found[cell.id] = section
    return found


def left_over(sections: list[Section], known: dict[str, Section]) -> list[Section]:
    """The translated sections that belong to no cell any more."""
    used = {section.cell for section in known.values()}
    return [section for section in sections if section.text and section.cell not in used]


def faults(language: str, chapter: str) -> list[str]:
    """What is not right in a translation, cell by cell: stale with the difference, missing, or left over."""
    notebook, sections = english(chapter), read(language, chapter)
    known, told = match(notebook, sections), []
    for cell in prose(notebook):
        section = known.get(cell.id)
        if section is None or not section.text:
            told.append(f"{cell.id} is not translated: {cell.source.partition(chr(10))[0]}")
        elif section.english != cell.source:
            old, now = section.english.splitlines(), cell.source.splitlines()
            lines = difflib.unified_diff(old, now, "translated", "now", lineterm="", n=1)
            told.append("\n".join([f"{cell.id} has changed in English since it was translated:", *lines]))
    told += [f"{section.cell} is translated and is no longer in the chapter" for section in left_over(sections, known)]
    return told


def build(language: str, chapter: str):
    """The translated chapter as a notebook with the English one's code and outputs.

    A cell without a current translation stays English and says so. Links are those of a page one folder further down.
    """
    from nbformat.v4 import new_markdown_cell

    words = words_of(language)
    notebook = copy.deepcopy(english(chapter))
    known = match(notebook, read(language, chapter))
    for cell in prose(notebook):
        section = known.get(cell.id)
        if section and section.text and section.english == cell.source:
            cell.source = section.text
        else:
            cell.source = f'*{words["pending"]}*\n\n<div lang="en">\n\n{cell.source}\n\n</div>'
        cell.source = LINK.sub("../", cell.source)
    kept = [cell for cell in notebook.cells if cell.cell_type == "code" or launch.TAG not in cell.metadata.get("tags", [])]
    note = new_markdown_cell(LINK.sub("../", words["note"].format(chapter=chapter)), id=NOTE_ID)
    notebook.cells = [kept[0], note, *kept[1:]]
    return notebook


def write(language: str, chapter: str) -> Path:
    """Build a translated chapter and write it to its place; returns that."""
    import nbformat

    path = settings.COOKBOOK / language / f"{chapter}.ipynb"
    settings.write_text(path, nbformat.writes(build(language, chapter)).rstrip("\n") + "\n")
    return path


def accept(language: str, chapter: str, cells: list[str]) -> None:
    """Record that the translation of these cells fits the English of now; cells that are new get an empty section.

    `["all"]` means every cell, which begins a translation. Raises CookbookError for a cell that the chapter does not have.
    """
    words_of(language)
    notebook = english(chapter)
    path = folder() / language / f"{chapter}.md"
    sections = read(language, chapter) if path.exists() else []
    known, ids = match(notebook, sections), [cell.id for cell in prose(notebook)]
    if unknown := [name for name in cells if name not in (*ids, ALL)]:
        raise CookbookError(f"{chapter} has no text cell {unknown[0]!r}: its cells are {', '.join(ids)}")
    made = []
    for cell in prose(notebook):
        section = known.get(cell.id)
        if cell.id in cells or ALL in cells:
            section = replace(section or Section(cell.id, "", ""), english=cell.source)
        made += [replace(section, cell=cell.id)] if section else []
    for section in left_over(sections, known):
        made.append(replace(section, cell=f"{section.cell}-old") if section.cell in ids else section)
    settings.write_text(path, "\n".join(map(_written, made)))


def _written(section: Section) -> str:
    if "-->" in section.english or HEAD.search(section.english):
        raise CookbookError(f"{section.cell} holds '-->', which ends a comment: word its English without it")
    return f"<!-- {section.cell} {digest(section.english)}\n{section.english}\n-->\n\n{section.text}\n"
