"""The API reference: a page for each room of the package, written by Sphinx's autodoc from the docstrings.

restructured("Sum of `a` and `b`.")   # "Sum of ``a`` and ``b``."
"""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path

from phicookbook import settings

COMMANDS = ("cookbook", "python", "torchrun", "make")
NAME = "phicookbook"


def stage(folder: Path) -> None:
    """Write the pages into a folder: index.md, and a page that holds every module of a room."""
    rooms: dict[str, list[str]] = {}
    for path in sorted(settings.PACKAGE.rglob("*.py")):
        parts = path.relative_to(settings.PACKAGE).with_suffix("").parts
        if parts[-1] != "__main__" and parts != ("__init__",):
            rooms.setdefault(parts[0], []).append(_module(parts))
    for room, modules in rooms.items():
        settings.write_text(folder / f"{room}.md", "\n".join([f"# {NAME}.{room}\n", *modules]))
    table = "\n".join(f"| [{room}]({room}.md) | {_purpose(room)} |" for room in sorted(rooms))
    toc = "\n".join(["```{toctree}", ":hidden:", "", *sorted(rooms), "```"])
    head = f"# Reference\n\nThe helper package `{NAME}`, room by room.\n\n| room | what lives there |\n|---|---|\n"
    settings.write_text(folder / "index.md", f"{head}{table}\n\n{toc}\n")


def _module(parts: tuple[str, ...]) -> str:
    """A section for one module; the room itself needs no heading. What a package passes on is told where it is defined."""
    package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if package else parts)
    heading = f"## {name}\n\n" if "." in name else ""
    members = "" if package and not _defines(settings.PACKAGE.joinpath(*parts)) else "   :members:\n"
    return f"{heading}```{{eval-rst}}\n.. automodule:: {NAME}.{name}\n{members}```\n"


def _defines(module: Path) -> bool:
    """Whether a file holds public functions or classes of its own."""
    tree = ast.parse(module.with_suffix(".py").read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) and not node.name.startswith("_") for node in tree.body)


def _purpose(room: str) -> str:
    """The first line of a room's docstring."""
    path = settings.PACKAGE / room
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    told = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return told.partition("\n")[0].replace("|", "\\|")


def restructured(text: str) -> str:
    """A docstring of this house as reStructuredText, which is what autodoc reads.

    Docstrings here are plain paragraphs with `code` in single backticks; usage is indented, or a paragraph that is Python.
    """
    blocks = [block for block in re.split(r"\n(?:[ \t]*\n)+", text.strip("\n")) if block.strip()]
    return "\n\n".join(_literal(block) if _is_code(block) else _prose(block) for block in blocks)


def _literal(block: str) -> str:
    return "::\n\n" + textwrap.indent(textwrap.dedent(block), "    ")


def _is_code(block: str) -> bool:
    if block.split()[0] in COMMANDS or any(line.startswith("    ") for line in block.splitlines()):
        return True
    try:
        ast.parse(block)
    except SyntaxError:
        return False
    return "(" in block or "=" in block


def _prose(block: str) -> str:
    """A paragraph: `code` becomes a literal, and no other sign means anything."""
    told, end = "", 0
    for code in re.finditer(r"`([^`\s](?:[^`]*[^`\s])?)`", block):
        told += _escaped(block[end : code.start()])
        told += "\\ " if told and not told[-1].isspace() else ""
        told += f"``{code[1]}``"
        end = code.end()
        told += "" if re.match(r"[\s.,;:!?)]|$", block[end:]) else "\\ "
    return told + _escaped(block[end:])


def _escaped(text: str) -> str:
    return re.sub(r"[\\*|`]|_(?!\w)", r"\\\g<0>", text)
