"""What Sphinx must be told about this house: how docstrings are written, and where pictures keep their alternatives.

from phicookbook.book.site.hooks import setup   # in docs/conf.py
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from phicookbook.book.site.reference import restructured


def setup(app) -> dict:
    """Connect the hooks to Sphinx."""
    app.connect("autodoc-process-docstring", _docstring)
    app.connect("doctree-read", _alternatives)
    return {"parallel_read_safe": True}


def _docstring(app, what, name, thing, options, lines: list[str]) -> None:
    lines[:] = [*restructured("\n".join(lines)).splitlines(), ""]


def _alternatives(app, doctree) -> None:
    """Give a chapter's pictures the alt texts of their outputs, which MyST-NB passes over."""
    import nbformat
    from docutils import nodes

    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix == ".ipynb":
        known = alternatives(nbformat.read(path, as_version=4))
        for picture in doctree.findall(nodes.image):
            if text := known.get(Path(picture["uri"]).stem):
                picture["alt"] = text


def alternatives(notebook) -> dict[str, str]:
    """Alt texts of a notebook's PNG outputs, by the SHA-256 of the picture, which is the name that MyST-NB gives its file."""
    found = {}
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        picture = output.get("data", {}).get("image/png")
        text = output.get("metadata", {}).get("image/png", {}).get("alt")
        if picture and text:
            found[hashlib.sha256(base64.b64decode(picture)).hexdigest()] = text
    return found
