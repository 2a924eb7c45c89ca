"""What is installed on Colab, from real metadata of packages that are not really there, and what is told when pip fails."""

from __future__ import annotations

import tomllib

import pytest

from phicookbook import settings
from phicookbook.book import colab
from phicookbook.settings import CookbookError

PROJECT = tomllib.loads((settings.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A function that makes a package known as installed, with what it requires."""

    def install(name: str, *needs: str) -> None:
        folder = tmp_path / "site" / f"{name.replace('-', '_')}-1.0.dist-info"
        lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {need}" for need in needs), ""]
        settings.write_text(folder / "METADATA", "\n".join(lines))

    (tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return install


def test_what_a_package_stands_on_is_found_through_others(installed):
    installed("top-most", "Mid.Way (>=2)", "no-such-package>1", 'only-tests; extra == "test"')
    installed("mid-way", "leaf==1.0; python_version > '3.0'", "top_most")
    installed("leaf")
    installed("only-tests")
    assert colab.required_by("top_most") == {"top-most", "mid-way", "leaf"}
    assert colab.required_by("no-such-package") == set()


def test_what_this_process_has_loaded_is_known():
    assert {"pytest", "pluggy"} <= colab.loaded() and "gradio-client-of-nobody" not in colab.loaded()


@pytest.mark.parametrize(
    ("lock", "kept", "lines"),
    [
        ("# a comment\n\nnumpy==2.4.6 ; python_version < '3.12'\npeft==1\n", set(), 2),
        ("jupyter_client==8\nJupyter-Core==5\npeft==1\n", {"jupyter-client", "jupyter-core"}, 1),
        ("pytest==9\nsphinx==9\njupyterlab==4\npeft==1\n", set(), 1),
        ("", set(), 0),
    ],
)
def test_lines_to_install(lock, kept, lines):
    found = colab.wanted(lock, {"optional-dependencies": {"test": ["pytest"], "docs": ["sphinx>=9,<9.1"]}}, kept)
    assert len(found) == lines and (not lines or found[-1] == "peft==1")


def test_everything_that_the_book_needs_is_installed_or_kept():
    lock = (settings.ROOT / "shared" / "requirements.lock").read_text(encoding="utf-8")
    kept = {"torch", "ipykernel", "numpy"}
    names = {colab.normal(colab.NAME.match(line)[0]) for line in colab.wanted(lock, PROJECT, kept)}
    needed = {colab.normal(colab.NAME.match(need)[0]) for need in PROJECT["dependencies"]}
    assert needed - names == kept | {"jupyterlab"}
    assert not names & {"pytest", "playwright", "sphinx", "ruff"}


def test_pip_that_fails_is_told_in_its_own_words(monkeypatch):
    """The real pip, which may ask no index and change nothing."""
    for name, value in {"PIP_NO_INDEX": "1", "PIP_DRY_RUN": "1", "PIP_FIND_LINKS": ""}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CookbookError, match="(?s)pip could not install the book: .*no-such-package-here.*Restart session"):
        colab._pip("no-such-package-here==1")
