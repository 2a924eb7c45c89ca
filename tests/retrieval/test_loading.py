"""A learner's folder: what is read, and what is skipped with its reason.

pytest tests/retrieval/test_loading.py
"""

from __future__ import annotations

import os

import pytest

from phicookbook.retrieval import loading
from phicookbook.retrieval.loading import front_matter, load_folder
from phicookbook.settings import CookbookError


def pdf(*pages: str) -> bytes:
    """A small PDF with a line of text on each page."""
    kids = " ".join(f"{4 + 2 * place} 0 R" for place in range(len(pages)))
    parts = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
             "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]  # fmt: skip
    for place, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET"
        parts.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents {5 + 2 * place} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        parts.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    text, offsets = "%PDF-1.4\n", []
    for place, part in enumerate(parts, 1):
        offsets.append(len(text))
        text += f"{place} 0 obj\n{part}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"trailer\n<< /Size {len(parts) + 1} /Root 1 0 R >>\nstartxref\n{len(text)}\n%%EOF\n"
    return f"{text}xref\n0 {len(parts) + 1}\n0000000000 65535 f \n{table}{trailer}".encode("latin-1")


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


def test_five_megabytes_are_read(folder):
    (folder / "large.txt").write_text("A line of text.\n" * 330_000, encoding="utf-8")
    assert [len(d.text) for d in load_folder(folder).documents if d.id == "large.txt"] == [330_000 * 16]


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
