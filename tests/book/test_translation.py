"""Translations: the same code to the byte, every cell in its language, and whatever went stale or broke told by name."""

from __future__ import annotations

import re

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook import cli, settings
from phicookbook.book import launch, translation
from phicookbook.book.translation import LANGUAGES, Section
from phicookbook.settings import CookbookError

TRANSLATIONS = translation.available()
# Words that English prose cannot do without and that German prose does not have.
ENGLISH = {
    "the",
    "and",
    "of",
    "is",
    "are",
    "that",
    "with",
    "which",
    "for",
    "this",
    "these",
    "not",
    "it",
    "to",
    "from",
    "by",
    "what",
}


@pytest.fixture(params=TRANSLATIONS, ids="/".join)
def translated(request):
    return request.param


def test_there_is_a_translation():
    assert ("de", "02_prompting") in TRANSLATIONS


def test_code_and_outputs_are_those_of_the_english_chapter(translated):
    english, built = translation.english(translated[1]), translation.build(*translated)

    def code(notebook) -> list[tuple]:
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        return [(cell.id, translation.digest(cell.source), cell.execution_count, cell.outputs, cell.metadata) for cell in cells]

    assert code(built) == code(english) and len(code(built)) > 20
    nbformat.validate(built)


def test_every_cell_is_translated_from_the_english_of_now(translated):
    told = translation.faults(*translated)
    assert not told, "\n".join([*told, f"then: cookbook translate {translated[1]} {translated[0]} --accept CELL"])


def test_no_english_is_left_over(translated):
    """No English word outside code, no heading word for word, and as many code words, links and pictures as the English has."""
    for section in translation.read(*translated):
        prose = re.sub(r"`[^`]*`|\([^)]*://[^)]*\)", " ", section.text)
        assert not ENGLISH & set(re.findall(r"\w+", prose.lower())), section.cell
        old, new = (re.findall(r"^#+ (.+)$", text, re.M) for text in (section.english, section.text))
        assert len(old) == len(new) and not set(old) & set(new), section.cell
        assert set(re.findall(r"`[^`]+`", section.english)) <= set(re.findall(r"`[^`]+`", section.text)), section.cell
        for kind in (r"(?<!!)\[[^]]+\]\(([^)]+)\)", r"!\[[^]]*\]\(([^)]+)\)"):
            assert re.findall(kind, section.english) == re.findall(kind, section.text), section.cell
        alts = re.findall(r"!\[([^]]*)\]", section.text)
        assert not set(alts) & set(re.findall(r"!\[([^]]*)\]", section.english)), section.cell


def test_numbers_are_those_of_the_english(translated):
    """Digits outside code, with the decimal point of either language; the interval's hyphen is German's own."""
    for section in translation.read(*translated):
        old, new = (re.findall(r"\d+", re.sub(r"`[^`]*`", "", text)) for text in (section.english, section.text))
        assert sorted(old) == sorted(new), section.cell


@pytest.fixture
def small(write_chapter):
    """A chapter of two code and two text cells with its German translation; returns the translation's path."""
    path = write_chapter("01_small", "1 + 1", "2 + 2")
    notebook = nbformat.read(path, as_version=4)
    cell = nbformat.v4.new_markdown_cell
    texts = [cell("# 01 · Small\n\nSee [log](../docs/log.md).", id="t-0"), cell("## 1. One\n\nThe end.", id="t-1")]
    notebook.cells = [texts[0], notebook.cells[0], texts[1], notebook.cells[1]]
    nbformat.write(notebook, path)
    translation.accept("de", "01_small", ["all"])
    german = translation.folder() / "de" / "01_small.md"
    texts = iter(["# 01 · Klein\n\nSiehe [Protokoll](../docs/log.md).", "## 1. Eins\n\nDas Ende."])
    made = [Section(s.cell, s.english, next(texts)) for s in translation.read("de", "01_small")]
    settings.write_text(german, "\n".join(map(translation._written, made)))
    return german


def edit(change) -> None:
    """Change the cells of the English chapter."""
    path = settings.COOKBOOK / "01_small.ipynb"
    notebook = nbformat.read(path, as_version=4)
    change(notebook.cells)
    nbformat.write(notebook, path)


def test_a_translation_is_built_with_links_that_hold_and_a_way_back(small):
    cells = translation.build("de", "01_small").cells
    assert [cell.id for cell in cells] == ["t-0", "translation-note", "cell-1", "t-1", "cell-2"]
    assert cells[0].source == "# 01 · Klein\n\nSiehe [Protokoll](../../docs/log.md)."
    assert "[englischen Kapitels](../01_small.ipynb)" in cells[1].source
    path = translation.write("de", "01_small")
    assert path == settings.COOKBOOK / "de" / "01_small.ipynb" and translation.faults("de", "01_small") == []


def test_english_that_changed_is_told_with_cell_and_difference_and_stands_in_english(small):
    edit(lambda cells: cells[2].update(source="## 1. One\n\nThe very end."))
    (told,) = translation.faults("de", "01_small")
    assert told.startswith("t-1 has changed in English") and "\n-The end." in told and "\n+The very end." in told
    shown = translation.build("de", "01_small").cells[3].source
    assert shown.startswith("*Noch nicht übersetzt:*") and '<div lang="en">' in shown and "The very end." in shown
    translation.accept("de", "01_small", ["t-1"])
    assert translation.faults("de", "01_small") == []
    assert [section.text.splitlines()[0] for section in translation.read("de", "01_small")] == ["# 01 · Klein", "## 1. Eins"]


def test_cells_that_moved_are_known_by_their_english_and_new_and_lost_ones_told(small):
    new = nbformat.v4.new_markdown_cell("## 2. Two", id="t-9")
    edit(lambda cells: (cells[2].update(id="t-7"), cells.append(new)))  # one renamed, one new
    (told,) = translation.faults("de", "01_small")
    assert told == "t-9 is not translated: ## 2. Two"
    translation.accept("de", "01_small", ["t-9"])
    assert translation.read("de", "01_small")[-1] == Section("t-9", "## 2. Two", "")
    assert translation.faults("de", "01_small") == ["t-9 is not translated: ## 2. Two"]  # an empty section is no translation
    edit(lambda cells: (cells[2].update(id="t-9"), cells[-1].update(id="t-7", source="## 3. Three")))  # two have changed places
    assert [told.partition(":")[0] for told in translation.faults("de", "01_small")] == ["t-7 is not translated"]
    translation.accept("de", "01_small", ["t-7"])
    assert [(s.cell, s.text[:7]) for s in translation.read("de", "01_small")] == [
        ("t-0", "# 01 · "),
        ("t-9", "## 1. E"),
        ("t-7", ""),
    ]
    edit(lambda cells: cells.pop(2))
    assert "t-9 is translated and is no longer in the chapter" in translation.faults("de", "01_small")


def test_generated_cells_are_not_translated(small):
    edit(lambda cells: None)
    notebook = translation.english("01_small")
    launch.renew(notebook, "01_small")
    nbformat.write(notebook, settings.COOKBOOK / "01_small.ipynb")
    assert translation.faults("de", "01_small") == []
    ids = [cell.id for cell in translation.build("de", "01_small").cells]
    assert ids == ["t-0", "translation-note", launch.SETUP_ID, "cell-1", "t-1", "cell-2"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("<!-- t-0 ", "x <!-- t-0 ", "line 1: begin with"),
        ("The end.", "An end.", "line 11: cell t-1: its English or its hash was changed by hand"),
        ("The end.\n-->\n", "The end.\n", "line 11: cell t-1 has no line '-->'"),
        ("## 1. Eins", None, "cell t-0 stands here twice"),
    ],
)  # fmt: skip
def test_a_broken_file_is_told_in_a_sentence(small, old, new, told):
    text = small.read_text(encoding="utf-8")
    assert old in text
    settings.write_text(small, text.replace(old, new, 1) if new else text + "\n" + text)
    with pytest.raises(CookbookError, match=re.escape(told)):
        translation.read("de", "01_small")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: translation.read("de", "09_none"), "does not exist"),
        (lambda: translation.english("09_none"), "a translation carries the name of its chapter"),
        (lambda: translation.build("xx", "01_small"), "no language is called 'xx': there are de"),
        (lambda: translation.accept("xx", "01_small", ["all"]), "no language is called 'xx'"),
        (lambda: translation.accept("de", "01_small", ["cell-1"]), "has no text cell 'cell-1': its cells are t-0, t-1"),
        (
            lambda: edit(lambda cells: cells[0].update(source="a --> b")) or translation.accept("de", "01_small", ["t-0"]),
            "ends a comment",
        ),
    ],
)
def test_what_is_not_there_is_told(small, call, told):
    with pytest.raises(CookbookError, match=re.escape(told)):
        call()


@given(st.lists(st.tuples(st.text(), st.text()), max_size=4, unique_by=lambda pair: pair[0]))
def test_what_is_written_is_read_back(tmp_path_factory, pairs):
    lines = [tuple(" ".join(text.split()).replace("-->", "").replace("<!--", "") for text in pair) for pair in pairs]
    sections = [Section(f"c-{i}", english, text) for i, (english, text) in enumerate(lines)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "COOKBOOK", tmp_path_factory.mktemp("cookbook"))
        settings.write_text(translation.folder() / "de" / "x.md", "\n".join(map(translation._written, sections)))
        assert translation.read("de", "x") == sections


def test_the_command_builds_checks_and_accepts(small, capsys):
    assert cli.main(["translate"]) == 0 and "every cell is translated" in capsys.readouterr().out
    built = settings.COOKBOOK / "de" / "01_small.ipynb"
    built.unlink()
    edit(lambda cells: cells[2].update(source="## 1. One\n\nNo end."))
    assert cli.main(["translate", "1", "de", "--check"]) == 1 and "+No end." in capsys.readouterr().out and not built.exists()
    assert cli.main(["translate", "1", "de", "--accept", "t-1"]) == 0 and built.exists()
    assert cli.main(["translate", "1", "fr"]) == 2 and "--accept all` begins one" in capsys.readouterr().err
    assert cli.main(["translate", "--accept", "t-1"]) == 2 and "needs a chapter and a language" in capsys.readouterr().err


def test_every_language_has_its_words():
    assert LANGUAGES and all(
        {*words} == {"name", "note", "pending"} and "{chapter}.ipynb" in words["note"] for words in LANGUAGES.values()
    )
    assert {language for language, _ in TRANSLATIONS} <= set(LANGUAGES) and all(len(language) == 2 for language in LANGUAGES)
