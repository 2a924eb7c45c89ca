"""Visitors' files: read apart and removed, searched by their owner alone, limited in number and size."""

from __future__ import annotations

from pathlib import Path

import pytest

from phicookbook.demos import parsing, uploads
from phicookbook.demos.parsing import read_apart
from phicookbook.demos.uploads import MOST_FILES, Desks
from phicookbook.retrieval.loading import read
from phicookbook.settings import CookbookError


@pytest.fixture
def desks(words):
    desks = Desks(words)
    yield desks
    desks.close()


@pytest.fixture
def upload(tmp_path):
    """A function that puts a file where Gradio would: in a folder of its own."""

    def put(name: str, content: str | bytes) -> str:
        folder = tmp_path / f"upload-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(folder / name)

    return put


def pdf(text: str) -> bytes:
    """A PDF of one page, written by hand."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)
    return body + b"xref\n0 6\n0000000000 65535 f \n" + table + tail


def test_a_file_read_apart_is_what_reading_it_here_gives(upload):
    for name, content in (
        ("inn.md", "---\ntown: Rome\n---\n# Inn\n\nIt opens at 9:00."),
        ("notes.pdf", pdf("The seed box is on B4.")),
    ):
        path = Path(upload(name, content))
        assert read_apart(path, name) == read(path, name)
    assert "seed box" in read(path, name).text


def test_files_are_indexed_and_removed(desks, upload):
    paths = [upload("inn.md", "# Mira Inn\n\nIt opens at 9:00."), upload("box.pdf", pdf("The seed box is on shelf B4."))]
    assert desks.add("ada", paths) == {"inn.md": "1 passage", "box.pdf": "1 passage"}
    assert desks.find("ada").index.search("Where is the seed box?", 1)[0].document == "box.pdf"
    assert not any(Path(path).parent.exists() for path in paths)


def test_reading_tells_its_progress_and_can_be_stopped(desks, upload):
    paths = [upload(f"{name}.md", f"The code word is {name}.") for name in ("heron", "falcon")]
    reading = desks.adding("ada", paths)
    assert next(reading) == {"heron.md": "reading, file 1 of 2 ..."}
    assert next(reading) == {"heron.md": "1 passage", "falcon.md": "reading, file 2 of 2 ..."}
    reading.close()
    assert desks.names("ada") == ["heron.md"] and desks.names("bob") == []
    assert not any(Path(path).exists() for path in paths)


def test_who_leaves_while_files_are_read_leaves_nothing(desks, upload):
    reading = desks.adding("ada", [upload("a.md", "heron"), upload("b.md", "falcon")])
    next(reading)
    next(reading)
    folder = desks.find("ada").folder
    desks.forget("ada")
    assert next(reading)["b.md"] == "left out: forgotten"
    assert len(desks) == 0 and not folder.exists()


def test_no_one_sees_another_s_files(desks, upload):
    desks.add("ada", [upload("a.md", "The code word is heron.")])
    desks.add("bob", [upload("a.md", "The code word is falcon.")])
    for visitor, word in (("ada", "heron"), ("bob", "falcon")):
        found = desks.find(visitor).index.search("What is the code word?", 5)
        assert [word in passage.text for passage in found] == [True]
    with pytest.raises(CookbookError, match="you have no files here"):
        desks.find("eve")


def test_forgetting_removes_everything(desks, upload):
    desks.add("ada", [upload("a.md", "The code word is heron.")])
    folder = desks.find("ada").folder
    assert folder.exists()
    desks.forget("ada")
    desks.forget("ada")
    assert not folder.exists() and len(desks) == 0
    with pytest.raises(CookbookError, match="you have no files here"):
        desks.find("ada")


def test_closing_leaves_nothing(words, upload):
    desks = Desks(words)
    desks.add("ada", [upload("a.md", "The code word is heron.")])
    root = desks.find("ada").folder.parent
    desks.close()
    assert not root.exists()


@pytest.mark.parametrize(
    "name, content, says",
    [
        ("a.exe", b"MZ", "not a .md, .txt or .pdf file"),
        ("a.md", b"", "holds no text"),
        ("a.md", b"\xff\xfe", "not UTF-8 text"),
        ("a.pdf", b"not a PDF at all", "no readable PDF"),
        ("a.txt", b"long " * 50_000, "250,000 characters, and 200,000 are read here"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_reason_and_removed(desks, upload, name, content, says):
    bad, good = upload(name, content), upload("good.md", "It opens at 9:00.")
    became = desks.add("ada", [bad, good])
    assert became[name].startswith("left out: ") and says in became[name] and became["good.md"] == "1 passage"
    assert not Path(bad).exists() and not Path(good).exists()


def test_too_many_files_are_refused_and_removed(desks, upload):
    paths = [upload(f"{n}.md", "text") for n in range(MOST_FILES + 1)]
    with pytest.raises(CookbookError, match=f"at most {MOST_FILES} files each"):
        desks.add("ada", paths)
    assert not any(Path(path).exists() for path in paths)


def test_a_file_that_went_away_or_has_no_owner_is_told(desks, upload):
    gone = upload("a.md", "text")
    Path(gone).unlink()
    assert "drop it in again" in desks.add("ada", [gone])["a.md"]
    with pytest.raises(CookbookError, match="names no session"):
        desks.add("", [upload("b.md", "text")])
    with pytest.raises(CookbookError, match="no file came"):
        desks.add("ada", [])


def test_when_all_desks_are_taken_the_idle_one_makes_room(desks, upload, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_DESKS", 1)
    desks.add("ada", [upload("a.md", "heron")])
    with pytest.raises(CookbookError, match="1 visitors have files here already"):
        desks.add("bob", [upload("b.md", "falcon")])
    folder = desks.find("ada").folder
    monkeypatch.setattr(uploads, "IDLE", -1)
    desks.add("bob", [upload("b.md", "falcon")])
    assert len(desks) == 1 and not folder.exists()


def test_a_process_that_a_limit_ends_is_a_sentence(upload, monkeypatch):
    monkeypatch.setattr(parsing.sys, "executable", "false")
    with pytest.raises(CookbookError, match="more time or memory than is allowed"):
        read_apart(Path(upload("a.md", "text")), "a.md")
