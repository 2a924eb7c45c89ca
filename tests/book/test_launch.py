"""The generated cells behind a chapter's title: right on every chapter, quiet at home, and enough on Colab.

pytest tests/book/test_launch.py
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path

import nbformat
import pytest
from notebooks import test_structure as structure

from phicookbook import settings
from phicookbook.book import launch
from phicookbook.settings import CookbookError

BLOCK = Path(__file__).parents[1] / "network_block"
CHAPTERS = sorted(settings.COOKBOOK.glob("[0-9][0-9]_*.ipynb"))
ADDRESS = "https://github.com/example-org/phi-book"
# A stand-in for `python -m pip`: it notes what it was asked for.
PIP = "import json, os, sys\nopen(os.environ['NOTED'], 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
# What a chapter does on Colab, where google.colab is loaded before the first cell.
ON_COLAB = """
import os, sys, types
import pip
assert pip.__file__.startswith(sys.argv[2]), "not the stand-in: the real one must not run here"
sys.modules["google.colab"] = types.ModuleType("google.colab")
exec(open(sys.argv[1]).read())
import phicookbook
print("AT", os.getcwd())
print("FROM", phicookbook.__file__)
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A function that puts a pyproject.toml with a public address, or without one, in the place of the repository's."""

    def put(address: str = "") -> None:
        text = '[project]\nname = "x"\n' + (f'[project.urls]\nRepository = "{address}"\n' if address else "")
        settings.write_text(tmp_path / "project" / "pyproject.toml", text)
        monkeypatch.setattr(settings, "ROOT", tmp_path / "project")

    return put


def stripped(path: Path):
    """A chapter without generated cells."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if launch.TAG not in cell.metadata.get("tags", [])]
    return notebook


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_committed_chapter_carries_the_current_cells(path):
    assert launch.write(path, check=True) == "current", "python -m phicookbook.book.launch"


@pytest.mark.parametrize("address", ["", ADDRESS])
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_cells_fit_every_chapter(path, address, project):
    project(address)
    notebook = stripped(path)
    before = copy.deepcopy(notebook.cells)
    assert launch.renew(notebook, path.stem) and not launch.renew(notebook, path.stem)
    assert [notebook.cells[0], *notebook.cells[3:]] == before
    nbformat.validate(notebook)
    for number, cell in enumerate(structure.codes(notebook), start=1):  # as after Restart & Run All
        cell.execution_count = number
    assert [rule(notebook, path.stem) for rule in structure.RULES] == [""] * len(structure.RULES)
    told = notebook.cells[1].source
    assert "make lab" in told and "![" not in told
    assert (f"{ADDRESS.removeprefix('https://github.com/')}/blob/main/cookbook/{path.name}" in told) == bool(address)
    assert ("mybinder.org" in told) == bool(address) == (f'"{ADDRESS}"' in notebook.cells[2].source)


def test_a_new_address_changes_the_cells_and_not_their_place_in_the_run(project):
    project()
    notebook = stripped(CHAPTERS[0])
    launch.renew(notebook, "01_x")
    notebook.cells[2].execution_count = 1
    project(ADDRESS)
    assert launch.renew(notebook, "01_x") and notebook.cells[2].execution_count == 1 and ADDRESS in notebook.cells[1].source
    notebook.cells.insert(5, notebook.cells.pop(1))  # moved by hand
    assert launch.renew(notebook, "01_x") and notebook.cells[1].id == launch.TEXT_ID
    assert not launch.renew(notebook, "01_x")


def test_files_are_written_once_and_checked(project, tmp_path, capsys):
    project(ADDRESS)
    path = tmp_path / "02_copy.ipynb"
    nbformat.write(stripped(CHAPTERS[1]), path)
    assert launch.main(["--check", str(path)]) == 1 and "02_copy.ipynb: not the current cells" in capsys.readouterr().out
    assert launch.main([str(path)]) == 0 and "now execute it" in capsys.readouterr().out
    written = path.read_bytes()
    assert launch.main([str(path)]) == launch.main(["--check", str(path)]) == 0 and path.read_bytes() == written


@pytest.mark.parametrize(
    ("given", "read"),
    [("", ""), (ADDRESS, ADDRESS), (f"{ADDRESS}.git", ADDRESS), (f"{ADDRESS}/", ADDRESS)],
)
def test_the_address_is_one_setting(project, given, read):
    project(given)
    assert launch.repository() == read


@pytest.mark.parametrize(
    "given", ["http://github.com/a/b", "https://example.org/a/b", "https://github.com/a", "https://github.com/a/b/c"]
)
def test_an_address_that_colab_cannot_open_is_refused(project, given):
    project(given)
    with pytest.raises(CookbookError, match="Colab and Binder open https://github.com/OWNER/NAME"):
        launch.repository()


@pytest.mark.parametrize("address", ["", ADDRESS])
def test_at_home_the_cell_does_nothing_and_asks_nobody(project, tmp_path, address):
    project(address)
    settings.write_text(tmp_path / "cell.py", launch.setup())
    code = (
        "import sys, os; before = set(sys.modules), os.getcwd(), list(sys.path); exec(open(sys.argv[1]).read());"
        "assert before == (set(sys.modules), os.getcwd(), list(sys.path))"
    )
    environment = {**os.environ, "PYTHONPATH": str(BLOCK), "NETWORK_LOG": str(tmp_path / "log")}
    command = [sys.executable, "-c", code, str(tmp_path / "cell.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "") and not (tmp_path / "log").exists()


@pytest.fixture
def published(tmp_path):
    """The environment of a machine where the example's address leads to a repository with this package, and pip is noted."""
    source = tmp_path / "published"
    shutil.copytree(settings.PACKAGE, source / "shared" / "phicookbook", ignore=lambda folder, names: [
        name for name in names if (Path(folder) / name).is_file() and not name.endswith(".py") or name == "__pycache__"
    ])  # fmt: skip
    shutil.copy(settings.ROOT / "shared" / "requirements.lock", source / "shared")
    shutil.copy(settings.ROOT / "pyproject.toml", source)
    settings.write_text(source / "cookbook" / "README.md", "chapters")
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(source), *command], check=True)
    settings.write_text(tmp_path / "colab" / "pip" / "__init__.py", "")
    settings.write_text(tmp_path / "colab" / "pip" / "__main__.py", PIP)
    told = "Metadata-Version: 2.1\nName: google-colab\nVersion: 1.0\nRequires-Dist: pandas\n"
    settings.write_text(tmp_path / "colab" / "google_colab-1.0.dist-info" / "METADATA", told)
    return {
        **os.environ, "PYTHONPATH": str(tmp_path / "colab"), "NOTED": str(tmp_path / "pip.log"), "PIP_DRY_RUN": "1",
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{source.as_uri()}.insteadOf", "GIT_CONFIG_VALUE_0": ADDRESS,
    }  # fmt: skip


def run_cell(source: str, tmp_path: Path, environment: dict):
    """The finished cell on a machine that looks like Colab; its folder /content stands in the test's own."""
    assert "/content/" in source
    settings.write_text(tmp_path / "cell.py", source.replace("/content/", f"{tmp_path.as_posix()}/content/"))
    command = [sys.executable, "-c", ON_COLAB, str(tmp_path / "cell.py"), str(tmp_path / "colab")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)


def test_on_colab_the_book_is_cloned_installed_and_entered(project, published, tmp_path):
    """Real git and the real package; pip is a stand-in that notes its arguments, since nothing may be downloaded here."""
    project(ADDRESS)
    home = tmp_path / "content" / "phi-book"
    for _ in range(2):  # the second time everything is there already
        done = run_cell(launch.setup(), tmp_path, published)
        assert done.returncode == 0, done.stderr
        assert f"AT {home / 'cookbook'}" in done.stdout and f"FROM {home / 'shared' / 'phicookbook'}" in done.stdout
        assert re.search(r"installing \d+ packages of the lock file", done.stdout) and "measured with torch 2." in done.stdout
    calls = [json.loads(line) for line in (tmp_path / "pip.log").read_text().splitlines()]
    assert len(calls) == 4 and calls[:2] == calls[2:]
    names = {re.match(r"[\w.-]+", word)[0] for word in calls[0] if "==" in word}
    assert {"transformers", "trl", "peft", "lancedb", "gradio"} <= names
    assert not names & {"torch", "ipywidgets", "pandas", "numpy", "pytest", "sphinx", "jupyterlab"}
    assert calls[1][-3:] == ["--no-deps", "-e", str(home)]


def test_on_colab_without_an_address_the_reader_is_told(project, monkeypatch):
    project()
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    with pytest.raises(RuntimeError, match="names no public address"):
        exec(launch.setup(), {})
