"""Every committed chapter keeps the house rules, and the rules notice a chapter that breaks them.

pytest tests/notebooks/test_structure.py
"""

from __future__ import annotations

import copy
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from phicookbook import settings
from phicookbook.book import claims

CHAPTERS = sorted(settings.COOKBOOK.glob("[0-9][0-9]_*.ipynb"))
MOST_BYTES, MOST_LINES = 300_000, 20
CLAIM = re.compile(r"\bclaim\(\s*[\"']([^\"']+)[\"']")
PIP = re.compile(r"^\s*[!%]\s*(?:pip|conda|uv)\b|\b(?:pip3?|conda|uv pip) install\b", re.MULTILINE)
MACHINE = re.compile(r"(?<![\w.])/(?:home|root|tmp|Users|private|mnt|opt|var|srv)/\w|[A-Z]:\\+Users")


def codes(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def headings(notebook) -> list[str]:
    """Headings of the second level, in their order."""
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.findall(r"^## (.+)$", prose, re.MULTILINE)


def written(cell) -> str:
    """All text that a cell's outputs hold, pictures left out."""
    parts = []
    for output in cell.outputs:
        parts += [output.get("text", ""), "\n".join(output.get("traceback", []))]
        parts += [value for kind, value in output.get("data", {}).items() if isinstance(value, str) and "image/png" not in kind]
    return "\n".join(parts)


def title(notebook, chapter: str) -> str:
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith(f"# {chapter[:2]} "):
        return f"the first cell is no title '# {chapter[:2]} ...'"
    return "" if "cost" in first.source.lower() else "the first cell does not state the cost"


def parameters(notebook, chapter: str) -> str:
    tagged = [place for place, cell in enumerate(notebook.cells) if "parameters" in tags(cell)]
    if len(tagged) != 1:
        return f"{len(tagged)} cells are tagged parameters, not one"
    return (
        ""
        if tagged[0] <= 4 and notebook.cells[tagged[0]].cell_type == "code"
        else "the parameters do not stand among the first cells"
    )


def counts(notebook, chapter: str) -> str:
    found = [cell.execution_count for cell in codes(notebook)]
    return "" if found == list(range(1, len(found) + 1)) else f"execution counts are not 1..{len(found)}: Restart & Run All"


def errors(notebook, chapter: str) -> str:
    for place, cell in enumerate(codes(notebook), start=1):
        if any(o.output_type == "error" for o in cell.outputs) and "raises-exception" not in tags(cell):
            return f"code cell {place} holds an error"
    return ""


def no_empty_cells(notebook, chapter: str) -> str:
    empty = [place for place, cell in enumerate(notebook.cells) if not cell.source.strip()]
    return f"cell {empty[0]} is empty" if empty else ""


def no_pip(notebook, chapter: str) -> str:
    return next((f"a cell installs: {cell.source[:40]!r}" for cell in codes(notebook) if PIP.search(cell.source)), "")


def short_cells(notebook, chapter: str) -> str:
    long = [cell.source[:40] for cell in codes(notebook) if len(cell.source.splitlines()) > MOST_LINES]
    return f"a cell has over {MOST_LINES} lines: {long[0]!r}" if long else ""


def alt_text(notebook, chapter: str) -> str:
    for cell in codes(notebook):
        for output in cell.outputs:
            kinds = [kind for kind in output.get("data", {}) if kind.startswith("image/")]
            if any(not output.metadata.get(kind, {}).get("alt", "").strip() for kind in kinds):
                return f"a picture has no alt text: {cell.source[:40]!r}"
    attached = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return "a picture in the prose has no alt text" if re.search(r"!\[\s*\]\(", attached) else ""


def sections(notebook, chapter: str) -> str:
    found = headings(notebook)
    numbers = [int(h.split(".")[0]) for h in found if re.match(r"\d+\. ", h)]
    if numbers != list(range(1, len(numbers) + 1)) or not 5 <= len(numbers) <= 9:
        return f"the sections are numbered {numbers}, not 1 to at least 5 and at most 9"
    return "" if "Takeaways" in found[len(numbers) :] else "the chapter does not end with takeaways"


def no_machine(notebook, chapter: str) -> str:
    for cell in codes(notebook):
        text = written(cell)
        if hit := MACHINE.search(text):
            return f"an output holds a path of one machine: {text[hit.start() :][:40]!r}"
        if str(settings.ROOT) in text:
            return "an output holds the path of this repository"
    return ""


def every_claim(notebook, chapter: str) -> str:
    called = {id for cell in codes(notebook) for id in CLAIM.findall(cell.source)}
    recorded = {id for id, entry in claims.load().items() if entry.chapter == chapter}
    if called != recorded:
        return f"called but not recorded: {sorted(called - recorded)}; recorded but not called: {sorted(recorded - called)}"
    return ""


RULES = (title, parameters, counts, errors, no_empty_cells, no_pip, short_cells, alt_text, sections, no_machine, every_claim)


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request) -> Path:
    return request.param


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_chapter(chapter, rule):
    assert rule(nbformat.read(chapter, as_version=4), chapter.stem) == ""


def test_size_and_format(chapter):
    assert chapter.stat().st_size < MOST_BYTES
    notebook = nbformat.read(chapter, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.cells[-1].cell_type == "markdown"


def test_every_claim_belongs_to_a_chapter_that_exists():
    if not CHAPTERS:
        pytest.skip("no chapter is written yet")
    assert {entry.chapter for entry in claims.load().values()} <= {path.stem for path in CHAPTERS}


def test_the_index_lists_every_chapter():
    index = (settings.COOKBOOK / "README.md").read_text(encoding="utf-8")
    assert CHAPTERS and not [path.name for path in CHAPTERS if f"({path.name})" not in index]


NAME = "07_example"
CLAIMS = f"""claims:
  - {{id: a.b, chapter: {NAME}, says: A is B, bound: ">= 0.5"}}
  - {{id: c.d, chapter: 08_other, says: C is D, bound: ">= 0.5"}}
"""


def good():
    """A chapter without a fault."""
    picture = new_output(
        "display_data", {"image/png": "aaaa", "text/plain": "A curve."}, metadata={"image/png": {"alt": "A curve."}}
    )
    prose = [new_markdown_cell(f"## {n}. Section\n\nText.") for n in range(1, 6)]
    cells = [
        new_markdown_cell("# 07 · Example\n\n**Cost.** A second."),
        new_code_cell("import math", execution_count=1),
        new_code_cell("n = 3", execution_count=2, metadata={"tags": ["parameters"]}),
        *prose,
        new_code_cell("show(figure)", execution_count=3, outputs=[picture]),
        new_code_cell(
            'claim("a.b", 0.7)', execution_count=4, outputs=[new_output("stream", text="holds: A is B, see docs/tmp/x")]
        ),
        new_markdown_cell("## Takeaways\n\n- It works."),
    ]
    return new_notebook(cells=cells)


def break_it(notebook, how: str):
    """The same chapter with one fault."""
    cells = notebook.cells
    error = new_output("error", ename="E", evalue="x", traceback=["at a line"])
    {
        "no number": lambda: cells[0].update(source="# Example\n\n**Cost.** A second."),
        "no cost": lambda: cells[0].update(source="# 07 · Example"),
        "no parameters": lambda: cells[2].metadata.clear(),
        "two parameters": lambda: cells[1].metadata.update(tags=["parameters"]),
        "late parameters": lambda: cells.insert(8, cells.pop(2)),
        "not run": lambda: cells[1].update(execution_count=None),
        "run twice": lambda: cells[9].update(execution_count=9),
        "an error": lambda: cells[1].update(outputs=[error]),
        "an empty cell": lambda: cells.insert(3, new_markdown_cell(" \n")),
        "pip": lambda: cells[1].update(source="%pip install torch"),
        "shell pip": lambda: cells[1].update(source="import os\n!pip install torch"),
        "a long cell": lambda: cells[1].update(source="x = 1\n" * 21),
        "no alt text": lambda: cells[8].outputs[0].metadata.clear(),
        "blank alt text": lambda: cells[8].outputs[0].metadata.update({"image/png": {"alt": " "}}),
        "prose without alt text": lambda: cells[3].update(source="## 1. Section\n\n![](x.png)"),
        "a section skipped": lambda: cells[4].update(source="## 3. Section"),
        "no takeaways": lambda: cells[10].update(source="## The end"),
        "early takeaways": lambda: cells.insert(3, cells.pop(10)),
        "a home": lambda: cells[9].outputs[0].update(text="saved to /home/" + "ada/x"),
        "a Windows home": lambda: cells[9].outputs[0].update(text=r"saved to C:\Users\ada"),
        "a path in a value": lambda: cells[8].outputs[0].data.update({"text/plain": "Path('/tmp/" + "x')"}),
        "this repository": lambda: cells[9].outputs[0].update(text=f"in {settings.ROOT}"),
        "a claim not called": lambda: cells[9].update(source="pass"),
        "an unknown claim": lambda: cells[1].update(source="claim('x.y', 1)"),
        "another chapter's claim": lambda: cells[1].update(source='claim(\n    "c.d", 1)'),
    }[how]()
    return notebook


BROKEN = {
    title: ["no number", "no cost"],
    parameters: ["no parameters", "two parameters", "late parameters"],
    counts: ["not run", "run twice"],
    errors: ["an error"],
    no_empty_cells: ["an empty cell"],
    no_pip: ["pip", "shell pip"],
    short_cells: ["a long cell"],
    alt_text: ["no alt text", "blank alt text", "prose without alt text"],
    sections: ["a section skipped", "no takeaways", "early takeaways"],
    no_machine: ["a home", "a Windows home", "a path in a value", "this repository"],
    every_claim: ["a claim not called", "an unknown claim", "another chapter's claim"],
}


def test_a_good_chapter_breaks_no_rule(write_claims):
    write_claims(CLAIMS)
    assert [rule(good(), NAME) for rule in RULES] == [""] * len(RULES)
    assert set(BROKEN) == set(RULES)


@pytest.mark.parametrize("rule, how", [(rule, how) for rule, hows in BROKEN.items() for how in hows])
def test_a_broken_chapter_is_noticed(write_claims, rule, how):
    write_claims(CLAIMS)
    assert rule(break_it(copy.deepcopy(good()), how), NAME)


def test_a_deliberate_error_is_allowed(write_claims):
    notebook = break_it(good(), "an error")
    notebook.cells[1].metadata["tags"] = ["raises-exception"]
    assert errors(notebook, NAME) == ""
