"""A learner's folder: what is read, and what is skipped with its reason.

pytest tests/retrieval/test_loading.py
"""

from __future__ import annotations

import os

import pytest

from phicookbook.retrieval import Index, loading
from phicookbook.retrieval.loading import front_matter, load_folder
from phicookbook.retrieval.speed import pdf
from phicookbook.settings import CookbookError


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "notes"
    (place / "town").mkdir(parents=True)
    (place / "a.md").write_text("# Inn\n\nIt is open.\n", encoding="utf-8")
    (place / "town" / "b.TXT").write_bytes(b"\xef\xbb\xbfDogs may come in.\r\n")
    return place


def test_files_become_documents(folder):
    (folder / "c.pdf").write_bytes(pdf("The ferry leaves at 9:00.", "It costs 4 dollars."))
    loaded = load_folder(folder)
    assert [(d.id, d.kind, d.metadata) for d in loaded.documents] == [
        ("a.md", "md", {"kind": "md"}),
        ("c.pdf", "pdf", {"kind": "pdf"}),
        ("town/b.TXT", "txt", {"kind": "txt", "folder": "town"}),
    ]
    assert loaded.documents[1].text == "The ferry leaves at 9:00.\fIt costs 4 dollars."
    assert loaded.documents[2].text == "Dogs may come in.\n" and loaded.skipped == {}


@pytest.mark.parametrize(
    "name, content, reason",
    [
        ("bad.txt", b"\xff\xfe\x00broken", "not UTF-8 text"),
        ("zero.txt", b"a\0b", "zero bytes"),
        ("empty.md", b"", "holds no text"),
        ("front.md", b"---\ntown: Oslo\n---\n\n", "holds no text"),
        ("white.txt", b" \n\t\n", "holds no text"),
        ("photo.jpg", b"\xff\xd8", "not a .md, .txt or .pdf"),
        ("README", b"text", "not a .md, .txt or .pdf"),
        ("torn.pdf", b"%PDF-1.4 torn", "no readable PDF"),
        ("fake.pdf", b"this is no PDF", "no readable PDF"),
        ("scan.pdf", pdf(""), "character recognition"),
    ],
)
def test_what_cannot_be_read_is_named_and_skipped(folder, name, content, reason):
    (folder / name).write_bytes(content)
    loaded = load_folder(folder)
    assert list(loaded.skipped) == [name] and reason in loaded.skipped[name]
    assert len(loaded.documents) == 2


def test_a_locked_pdf_is_skipped(folder):
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(folder / "locked.pdf")
    assert "no readable PDF" in load_folder(folder).skipped["locked.pdf"]


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="this user may read everything")
def test_a_file_without_permission_is_skipped(folder):
    (folder / "a.md").chmod(0)
    assert "ermission" in load_folder(folder).skipped["a.md"]


def test_a_dead_link_is_skipped_and_a_loop_is_not_followed(folder):
    try:
        (folder / "dead.md").symlink_to(folder / "gone.md")
        (folder / "town" / "loop").symlink_to(folder, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    loaded = load_folder(folder)
    assert len(loaded.documents) == 2 and list(loaded.skipped) == ["dead.md"]


def test_hidden_files_are_left_alone(folder):
    (folder / ".secret.md").write_text("x")
    (folder / ".git").mkdir()
    (folder / ".git" / "a.md").write_text("x")
    loaded = load_folder(folder)
    assert len(loaded.documents) == 2 and not loaded.skipped


def test_five_megabytes_are_read_indexed_and_searched(folder, words, tmp_path):
    lines = ["A line of text.\n"] * 330_000
    lines[200_000] = "The heron eats at dawn.\n"
    (folder / "large.txt").write_text("".join(lines), encoding="utf-8")
    (large,) = [document for document in load_folder(folder).documents if document.id == "large.txt"]
    assert len(large.text) == 330_000 * 16 + 8
    index = Index(tmp_path / "index", words)
    assert index.update([large]).chunks == len(index) > 5_000
    found = index.search("What does the heron eat?", 1)[0]
    assert "The heron eats at dawn." in found.text == large.text[found.start : found.end]
    assert found.vectors.shape == (2, 384)  # the line that fills the rest is kept once


def test_more_than_the_limit_is_skipped(folder, monkeypatch):
    monkeypatch.setattr(loading, "MOST_MEGABYTES", 0.00001)
    with pytest.raises(CookbookError, match="a.md: larger than"):
        load_folder(folder)


def test_nothing_to_read_is_said(tmp_path):
    with pytest.raises(CookbookError, match="there is no folder"):
        load_folder(tmp_path / "gone")
    (tmp_path / "x.bin").write_bytes(b"x")
    with pytest.raises(CookbookError, match=r"has no document(.|\n)*x\.bin: not a"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    "text, values, rest",
    [
        ("---\ntown: Oslo\nstars: 3\n---\n# A", {"town": "Oslo", "stars": "3"}, "# A"),
        ("---\ntags: [a, b]\ntown: Oslo\n---\n# A", {"town": "Oslo"}, "# A"),
        ("---\nno yaml: [\n---\n# A", {}, "---\nno yaml: [\n---\n# A"),
        ("---\n\nA line between rules.\n\n---\n", {}, "---\n\nA line between rules.\n\n---\n"),
        ("# A\n\n---\ntown: Oslo\n---\n", {}, "# A\n\n---\ntown: Oslo\n---\n"),
        ("", {}, ""),
    ],
)
def test_front_matter(text, values, rest):
    found, start = front_matter(text)
    assert (found, text[start:]) == (values, rest)
