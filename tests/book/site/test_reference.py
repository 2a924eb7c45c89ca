"""Docstrings as reStructuredText: docutils finds no fault in any of them, and code stays code."""

from __future__ import annotations

import ast
import io

import pytest
from docutils.core import publish_doctree
from hypothesis import given
from hypothesis import strategies as st

from phicookbook import settings
from phicookbook.book.site import reference

KINDS = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def read(text: str):
    """(document, complaints) of docutils."""
    complaints = io.StringIO()
    return publish_doctree(text, settings_overrides={"warning_stream": complaints, "report_level": 1}), complaints.getvalue()


def test_no_docstring_of_the_package_is_faulty():
    faults, seen = {}, 0
    for path in settings.PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = ast.get_docstring(node) if isinstance(node, KINDS) else ""
            if text:
                seen += 1
                told = read(reference.restructured(text))[1]
                if told:
                    faults[f"{path.name}:{getattr(node, 'name', '')}"] = told
    assert seen > 500 and not faults


@pytest.mark.parametrize(
    "written, shown",
    [
        ("Sum of `a` and `b`.", "Sum of ``a`` and ``b``."),
        ("Several `Rate`s", "Several ``Rate``\\ s"),
        ("a * b | c, style_* and name_ too", "a \\* b \\| c, style\\_\\* and name\\_ too"),
        ("one ` alone", "one \\` alone"),
        ("Reads `**POCKET` as it is", "Reads ``**POCKET`` as it is"),
        ("Usage.\n\n    f(1)\n    g(2)", "Usage.\n\n::\n\n    f(1)\n    g(2)"),
        ("Usage.\n\nf(**a)   # a note", "Usage.\n\n::\n\n    f(**a)   # a note"),
        ("Usage.\n\ncookbook run 04", "Usage.\n\n::\n\n    cookbook run 04"),
        ("In: x\n     more\nOut: y", "::\n\n    In: x\n         more\n    Out: y"),
        ("Kinds: (a, b).\n\nOne word", "Kinds: (a, b).\n\nOne word"),
        ("Three\n\n\nlines \n \n\n  apart", "Three\n\nlines \n\n  apart"),
        ("", ""),
    ],
)
def test_paragraphs_and_code(written, shown):
    assert reference.restructured(written) == shown


WORDS = st.lists(st.text("abz019_*|`\\<>[]()=", min_size=1, max_size=8), min_size=1, max_size=12)


@given(st.lists(WORDS, min_size=1, max_size=3))
def test_signs_in_prose_never_mean_anything(paragraphs):
    """Whatever signs the words of a sentence hold, docutils reads them without a complaint."""
    text = "\n\n".join("Tells " + " ".join(words) + " of it." for words in paragraphs)
    assert read(reference.restructured(text))[1] == ""


@given(st.text())
def test_any_text_is_taken(text):
    reference.restructured(text)


def test_rooms_and_modules(tmp_path):
    reference.stage(tmp_path)
    index = (tmp_path / "index.md").read_text(encoding="utf-8")
    assert "| [book](book.md) | " in index and "\n__main__" not in index
    text = (tmp_path / "book.md").read_text(encoding="utf-8")
    assert ".. automodule:: phicookbook.book.claims\n   :members:" in text
    assert ".. automodule:: phicookbook.book.site\n   :members:" in text  # it defines build
    assert "__main__" not in text
