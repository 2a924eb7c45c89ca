"""No chapter recommends what Azure has retired: a cell that names it says so in the same cell.

A name counts only in full, as the lifecycle table has it ("Phi-3-mini" in a comparison of sizes is no service), in prose and
in code. A retired package is found as it is installed and as it is imported.
"""

from __future__ import annotations

import re

import nbformat
import pytest

from phicookbook import facts, settings

CHAPTERS = sorted(settings.COOKBOOK.glob("[0-9][0-9]_*.ipynb"))
RETIRED = [name for event in facts.lifecycle() if event.state == "retired" for name in event.names]


def named(text: str) -> list[str]:
    """The retired names in a text. A longer name that begins with one, such as an ONNX copy, is another thing."""
    return [name for name in RETIRED if re.search(pattern(name), text, re.IGNORECASE)]


def pattern(name: str) -> str:
    body = re.escape(name).replace(r"\-", "[-._ ]")
    return rf"(?<![\w-]){body}(?![\w-])"


def unmarked(text: str) -> list[str]:
    """The retired names in a text that does not say that they are retired."""
    return [] if re.search(r"\bretired\b", text, re.IGNORECASE) else named(text)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_marks_what_is_retired(path):
    notebook = nbformat.read(path, as_version=4)
    assert not {name: cell.source[:60] for cell in notebook.cells for name in unmarked(cell.source)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Deploy Phi-3.5-mini-instruct as a serverless endpoint.", ["Phi-3.5-mini-instruct"]),
        ("client.chat(model='phi-3-mini-4k-instruct')", ["Phi-3-mini-4k-instruct"]),
        ('open_model("microsoft/Phi-3.5-vision-instruct")', ["Phi-3.5-vision-instruct"]),
        ("from azure.ai.inference import ChatCompletionsClient", ["azure-ai-inference"]),
        ("pip install azure-ai-inference", ["azure-ai-inference"]),
        ("Phi-3.5-mini-instruct was retired; take Phi-4-mini-instruct.", []),
        ('member("Phi-3.5-MoE-instruct")  # retired as a service', []),
        ("A thousand times smaller than Phi-3-mini.", []),
        ("microsoft/Phi-3-mini-4k-instruct-onnx", []),
        ("Use Phi-4-mini-instruct with the openai package.", []),
        ("Its retirement is planned: Phi-3.5-mini-instruct", ["Phi-3.5-mini-instruct"]),
    ],
)
def test_an_unmarked_name_is_noticed(text, found):
    assert unmarked(text) == found


def test_there_is_something_to_look_for():
    assert CHAPTERS and len(RETIRED) >= 10
