"""Where a chapter can be run: the two generated cells behind its title, with the links to Colab and Binder.

    python -m phicookbook.book.launch                                # write them into every chapter
    python -m phicookbook.book.launch cookbook/02_prompting.ipynb    # into one
    python -m phicookbook.book.launch --check                        # tell which chapters carry others

Every address comes from `Repository` in [project.urls] of pyproject.toml. While the book has no public address there are no
links, and Colab is told so in a sentence.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from pathlib import Path

from phicookbook import settings
from phicookbook.settings import CookbookError

TAG = "launch"
BRANCH = "main"
TEXT_ID, SETUP_ID = "launch-text", "launch-setup"
ADDRESS = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+)")
HERE = "in JupyterLab on your machine (`make lab`), or in a dev container"
SETUP = """\
# For Colab, which has to fetch and install the book first. Anywhere else this cell does nothing.
import sys

if "google.colab" in sys.modules:
{body}"""
FETCH = """\
    import os
    import subprocess

    home = "/content/{name}"
    if not os.path.exists(home):
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", "{address}", home], check=True)
    sys.path.insert(0, f"{{home}}/shared")
    from phicookbook.book import colab

    colab.prepare()"""
UNKNOWN = """\
    raise RuntimeError("This copy of the book names no public address to fetch it from: run it on your machine.")"""


def repository() -> str:
    """The public address of the repository, "" when pyproject.toml names none.

    Raises CookbookError when it is no repository on GitHub, which is where Colab and Binder take chapters from.
    """
    project = tomllib.loads(settings.read_text(settings.ROOT / "pyproject.toml")).get("project", {})
    address = project.get("urls", {}).get("Repository", "").removesuffix("/").removesuffix(".git")
    if address and not ADDRESS.fullmatch(address):
        raise CookbookError(
            f"[project.urls] Repository in pyproject.toml is {address!r}: Colab and Binder open https://github.com/OWNER/NAME"
        )
    return address


def links(address: str, chapter: str) -> dict[str, str]:
    """Address of a chapter on Colab and on Binder."""
    place, path = address.removeprefix("https://github.com/"), f"cookbook/{chapter}.ipynb"
    return {
        "Colab": f"https://colab.research.google.com/github/{place}/blob/{BRANCH}/{path}",
        "Binder": f"https://mybinder.org/v2/gh/{place}/{BRANCH}?urlpath=lab/tree/{path}",
    }


def text(chapter: str) -> str:
    """The Markdown of the first generated cell. Plain links: a picture of a badge would be fetched from another host."""
    address = repository()
    if not address:
        return f"**Run it** {HERE}."
    told = " · ".join(f"[{name}]({link})" for name, link in links(address, chapter).items())
    return f"**Run it** in {told}, or, from [the repository]({address}), {HERE}."


def setup() -> str:
    """The code of the second generated cell. On Binder there is nothing to do: .binder/postBuild has made the environment."""
    address = repository()
    body = FETCH.format(address=address, name=address.rpartition("/")[2]) if address else UNKNOWN
    return SETUP.format(body=body)


def renew(notebook, chapter: str) -> bool:
    """Put the current generated cells behind the title of a notebook; True when that changed it.

    A cell that is there already keeps its place in the run: elsewhere than on Colab no version of it prints anything.
    """
    from nbformat.v4 import new_code_cell, new_markdown_cell

    before = [(cell.get("id"), cell.cell_type, cell.source, dict(cell.metadata)) for cell in notebook.cells]
    old = {cell.get("id"): cell for cell in notebook.cells if TAG in cell.metadata.get("tags", [])}
    collapsed = {"tags": [TAG, "remove-cell"], "jupyter": {"source_hidden": True}}  # the site leaves the cell out
    cells = [
        old.get(TEXT_ID) or new_markdown_cell(id=TEXT_ID),
        old.get(SETUP_ID) or new_code_cell(id=SETUP_ID),
    ]
    for cell, source, metadata in zip(cells, (text(chapter), setup()), ({"tags": [TAG]}, collapsed)):
        cell.update(source=source)
        cell.metadata.update(metadata)
    rest = [cell for cell in notebook.cells if TAG not in cell.metadata.get("tags", [])]
    notebook.cells = [*rest[:1], *cells, *rest[1:]]
    return before != [(cell.get("id"), cell.cell_type, cell.source, dict(cell.metadata)) for cell in notebook.cells]


def write(path: Path, check: bool = False) -> str:
    """Renew the cells of a chapter's file, or only look with `check`; returns what was found, as a word or two."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    if not renew(notebook, path.stem):
        return "current"
    if check:
        return "not the current cells"
    settings.write_text(path, nbformat.writes(notebook).rstrip("\n") + "\n")
    run = any(cell.get("id") == SETUP_ID and cell.execution_count for cell in notebook.cells)
    return "written" if run else f"written; now execute it: python -m phicookbook.book.save cookbook/{path.name}"


def main(arguments: list[str] | None = None) -> int:
    """Write or check the cells of chapters; returns 1 when a check found other cells than the current ones."""
    parser = argparse.ArgumentParser(prog="python -m phicookbook.book.launch", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("chapters", nargs="*", type=Path, help="notebooks (default: every chapter)")
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a chapter carries other cells")
    options = parser.parse_args(arguments)
    chapters = options.chapters or sorted(settings.COOKBOOK.glob("[0-9][0-9]_*.ipynb"))
    told = {path.name: write(path, options.check) for path in chapters}
    print("\n".join(f"{name}: {word}" for name, word in told.items()))
    return int(options.check and any(word != "current" for word in told.values()))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CookbookError as error:
        sys.exit(str(error))
