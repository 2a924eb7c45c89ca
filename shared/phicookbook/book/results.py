"""What a chapter measured, as a page of docs/results: the outputs of its cells that are tagged "result".

    python -m phicookbook.book.results cookbook/04_serverless_finetuning.ipynb -p full True --name 04_full_training_set

`python -m phicookbook.book.save` writes the page of the parameters that are committed by itself. A cell tagged
"picture:NAME" also leaves its picture as docs/results/NAME.png.
"""

from __future__ import annotations

import argparse
import base64
import os
import platform
import sys
from pathlib import Path

from phicookbook import settings
from phicookbook.settings import CookbookError

FOLDER = settings.DOCS / "results"
PICTURE = "picture:"
WIDGET = "application/vnd.jupyter.widget-view+json"


def page(notebook, command: str, took: str = "") -> tuple[str, dict[str, bytes]]:
    """(Markdown, pictures by name) of an executed chapter, and what it `took`; raises CookbookError when no cell is tagged."""
    title, section, lines, pictures = "", "", [], {}
    for cell in notebook.cells:
        heads = [line for line in cell.source.splitlines() if line.startswith("#")] if cell.cell_type == "markdown" else []
        title = title or (heads[0].lstrip("# ") if heads else "")
        section = heads[-1] if heads else section
        tags = cell.metadata.get("tags", [])
        if "result" not in tags:
            continue
        names = [tag.removeprefix(PICTURE) for tag in tags if tag.startswith(PICTURE)]
        lines += [section, ""] if section not in lines else []
        printed = "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stdout")
        lines += ["```", printed.rstrip(), "```", ""] if printed.strip() else []
        for output in cell.outputs:
            lines += _shown(output, names, pictures)
    if not lines:
        raise CookbookError('no cell of the chapter is tagged "result"')
    measured = (
        f"Command: `{command}`. Parameters: {_parameters(notebook)}. Seed {settings.seed()}; intervals are 95%; "
        f"{settings.threads()} threads of a {platform.system()} {platform.machine()} with {os.cpu_count()} cores.{took}"
    )
    head = [f"# {title}", "", measured, ""]
    return "\n".join([*head, *lines]).rstrip() + "\n", pictures


def _shown(output, names: list[str], pictures: dict[str, bytes]) -> list[str]:
    """Lines for a value or a picture; a picture goes into `pictures` when the cell gives it a name."""
    data = output.get("data", {})
    if "image/png" in data and names:
        name = names.pop(0)
        pictures[name] = base64.b64decode(data["image/png"])
        return [f"![{output.metadata.get('image/png', {}).get('alt', '')}]({name}.png)", ""]
    if "image/png" in data or "text/plain" not in data or WIDGET in data:  # a widget is a progress bar
        return []
    return ["```", data["text/plain"].rstrip(), "```", ""]


def _parameters(notebook) -> str:
    """The chapter's parameters in force, as code."""
    found: dict[str, str] = {}
    for cell in notebook.cells:
        if {"parameters", "injected-parameters"} & set(cell.metadata.get("tags", [])):
            for line in cell.source.splitlines():
                name, sign, value = line.partition("#")[0].partition("=")
                if sign:
                    found[name.strip()] = value.strip()
    return ", ".join(f"`{name} = {value}`" for name, value in found.items())


def write(notebook, name: str, command: str, took: str = "") -> Path:
    """Write the page of an executed chapter and its pictures; returns the page's path."""
    text, pictures = page(notebook, command, took)
    for title, content in pictures.items():
        (FOLDER / f"{title}.png").write_bytes(content)
    settings.write_text(FOLDER / f"{name}.md", text)
    return FOLDER / f"{name}.md"


def main(arguments: list[str] | None = None) -> int:
    """Execute a chapter with other parameters and write its page under another name."""
    import nbformat
    import papermill
    import yaml

    parser = argparse.ArgumentParser(prog="python -m phicookbook.book.results", description=main.__doc__)
    parser.add_argument("chapter", type=Path)
    parser.add_argument("-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"))
    parser.add_argument("--name", required=True, help="of the page; its pictures get it too")
    options = parser.parse_args(arguments)
    out = settings.artifacts() / "executed" / f"{options.name}.ipynb"
    out.parent.mkdir(parents=True, exist_ok=True)
    given = {name: yaml.safe_load(value) for name, value in options.p}
    where = str(settings.COOKBOOK)
    papermill.execute_notebook(options.chapter, out, given, cwd=where, progress_bar=False)
    notebook = nbformat.read(out, as_version=4)
    for cell in notebook.cells:  # the committed parameters own the pictures' names
        cell.metadata["tags"] = [tag for tag in cell.metadata.get("tags", []) if not tag.startswith(PICTURE)]
    words = " ".join(f"-p {name} {value}" for name, value in options.p)
    command = f"python -m phicookbook.book.results cookbook/{options.chapter.name} {words} --name {options.name}"
    print(write(notebook, options.name, command))
    return 0


if __name__ == "__main__":
    sys.exit(main())
