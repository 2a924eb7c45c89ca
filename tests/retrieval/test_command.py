"""`cookbook index` and `cookbook search`: the summary, what was skipped, and the passages with their places.

pytest tests/retrieval/test_command.py
"""

from __future__ import annotations

import pytest

from phicookbook import cli
from phicookbook.retrieval import index as indexing


@pytest.fixture
def folder(tmp_path, words, monkeypatch):
    monkeypatch.setattr(indexing, "load_embedder", lambda: words)
    place = tmp_path / "notes"
    place.mkdir()
    (place / "inn.md").write_text("---\ntown: Skagway\n---\n# Mira Inn\n\nIt opens at nine.\n", encoding="utf-8")
    (place / "ferry.txt").write_text("The ferry costs four dollars.\n", encoding="utf-8")
    (place / "photo.jpg").write_bytes(b"\xff\xd8")
    return place


def test_index_then_search(folder, artifacts, capsys):
    assert cli.main(["index", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert "skipped photo.jpg: not a .md, .txt or .pdf file\n" in out
    assert "2 files, 2 passages, 1 skipped, " in out and "(2 new, 0 changed, 0 unchanged, 0 removed)" in out
    assert "reading" in err and "indexing" in err  # the progress bars
    assert (artifacts / "index").is_dir()
    assert cli.main(["search", "When does the Mira Inn open?", "-k", "1"]) == 0
    assert "inn.md: Mira Inn\n    # Mira Inn It opens at nine.\n" in capsys.readouterr().out
    assert cli.main(["search", "ferry", "--where", "town=Skagway", "--mode", "full text"]) == 0
    assert capsys.readouterr().out == "nothing found\n"


def test_a_second_index_reads_in_what_changed(folder, tmp_path, capsys):
    out = str(tmp_path / "here")
    assert cli.main(["index", str(folder), "--out", out]) == 0
    (folder / "ferry.txt").unlink()
    (folder / "inn.md").write_text("# Mira Inn\n\nIt is shut.\n", encoding="utf-8")
    assert cli.main(["index", str(folder), "--out", out]) == 0
    assert "(0 new, 1 changed, 0 unchanged, 1 removed)" in capsys.readouterr().out
    assert cli.main(["search", "shut", "--index", out]) == 0
    assert "It is shut." in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["index", "gone"], "there is no folder gone"),
        (["search", "open?"], "make one with `cookbook index FOLDER`"),
        (["search", "open?", "--where", "town"], "give KEY=VALUE"),
    ],
)
def test_bad_input_is_said(arguments, told, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    assert told in capsys.readouterr().err


def test_an_empty_question_is_said(folder, capsys):
    assert cli.main(["index", str(folder)]) == 0
    assert cli.main(["search", " "]) == 2
    assert "question is empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["search", "x", "--mode", "y"], "argument --mode: invalid choice: 'y' (choose from"),
        (["search", "x", "-k", "0"], "argument -k: '0' is no whole number from 1 up"),
        (["ask", "x", "--lines", "-1"], "argument --lines: '-1' is no whole number from 0 up"),
    ],
)
def test_an_argument_that_is_wrong_is_named(arguments, told, capsys):
    with pytest.raises(SystemExit):
        cli.main(arguments)
    assert told in capsys.readouterr().err


def test_every_mode_can_be_asked_for(folder, capsys):
    assert cli.main(["index", str(folder)]) == 0
    for mode in indexing.MODES:
        assert cli.main(["search", "Mira Inn opens", "--mode", mode]) == 0
        assert "inn.md" in capsys.readouterr().out


def test_ctrl_c_leaves_the_old_index(folder, words, monkeypatch, capsys):
    assert cli.main(["index", str(folder)]) == 0
    (folder / "inn.md").write_text("# Mira Inn\n\nIt is shut.\n", encoding="utf-8")

    def stop(*given, **more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(words, "embed", stop)
        assert cli.main(["index", str(folder)]) == 130
    assert cli.main(["search", "nine"]) == 0
    out, err = capsys.readouterr()
    assert "It opens at nine." in out and "give it again to go on" in err
    assert cli.main(["index", str(folder)]) == 0
    assert cli.main(["search", "shut"]) == 0
    assert "give it again" not in capsys.readouterr().err
