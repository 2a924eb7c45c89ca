"""Executing chapters: tiny notebooks that succeed, fail, and measure claims, each in a process of its own."""

from __future__ import annotations

import json

import pytest

from phicookbook import cli
from phicookbook.book import run
from phicookbook.book.run import Outcome
from phicookbook.settings import CookbookError

CLAIMS = """
claims:
  - {id: first.right, chapter: 01_first, says: It is right, bound: ">= 0.9"}
  - {id: second.short, chapter: 02_second, says: It is short, bound: "<= 5", unit: words}
"""
# What a chapter does when it calls `claim`, with the datasets folder of the test.
MEASURE = """
from pathlib import Path
from phicookbook import settings
from phicookbook.book import claim
settings.DATASETS = Path({datasets!r})
claim({id!r}, {value})
"""


@pytest.fixture
def datasets(write_claims):
    """The folder with the claims of two chapters."""
    return write_claims(CLAIMS).parent


def test_chapters_are_in_order_and_nothing_else_is_one(write_chapter):
    for name in ("02_second", "01_first", "10_tenth", "notes", "1_one"):
        write_chapter(name)
    assert run.chapters() == ["01_first", "02_second", "10_tenth"]


@pytest.mark.parametrize("name", ["02", "2", "02_second", "02_second.ipynb", "cookbook/02_second.ipynb"])
def test_find_takes_number_name_and_file(write_chapter, name):
    for chapter in ("01_first", "02_second"):
        write_chapter(chapter)
    assert run.find(name) == "02_second"


def test_an_unknown_chapter_is_told_with_the_nearest_and_all(write_chapter):
    for chapter in ("01_first", "02_second"):
        write_chapter(chapter)
    with pytest.raises(CookbookError) as caught:
        run.find("02_secnod")
    assert str(caught.value) == "no chapter is called '02_secnod'. Did you mean 02_second? The chapters are: 01_first, 02_second"
    with pytest.raises(CookbookError, match="no chapter is called '99'"):
        run.run(["01", "99"])


def test_an_empty_cookbook_and_bad_jobs_are_told(write_chapter):
    with pytest.raises(CookbookError, match="there are no chapters"):
        run.run([])
    write_chapter("01_first")
    with pytest.raises(CookbookError, match="jobs is -1: give a whole number from 0 up"):
        run.run([], jobs=-1)


def test_chapters_that_succeed(write_chapter, artifacts, capsys):
    show = "print(os.environ['PHI_MODEL'], os.environ['PHI_THREADS'], os.getcwd())"
    source = write_chapter("01_first", "import os\n2 + 2", show)
    write_chapter("02_second", "3 + 3")
    before = source.read_bytes()
    outcomes = run.run(["2", "1", "02_second"], jobs=2, model="some-model")
    assert [(o.chapter, o.error) for o in outcomes] == [("02_second", ""), ("01_first", "")]
    assert all(o.seconds > 0 for o in outcomes)
    executed = json.loads(run.executed_path("01_first").read_text())
    assert run.executed_path("01_first") == artifacts / "executed" / "01_first.ipynb"
    assert executed["cells"][0]["outputs"][0]["data"]["text/plain"] == ["4"]
    assert "".join(executed["cells"][1]["outputs"][0]["text"]) == f"some-model 1 {source.parent}\n"
    assert source.read_bytes() == before
    out = capsys.readouterr().out
    assert "running  01_first" in out and "finished 02_second after" in out


def test_a_failing_cell_is_told_with_number_traceback_and_notebook(write_chapter, write_claims):
    write_claims("claims: []")
    write_chapter("01_first", "print('fine')", "def divide(x):\n    return 1 / x\n\ndivide(0)", "print('never')")
    (outcome,) = run.run(["01"])
    executed = run.executed_path("01_first")
    assert outcome.error.startswith(f"code cell 2 of {executed}:\n")
    assert "return 1 / x" in outcome.error and "divide(0)" in outcome.error
    assert outcome.error.count("ZeroDivisionError: division by zero") == 1
    assert "\x1b" not in outcome.error
    cells = [cell for cell in json.loads(executed.read_text())["cells"] if cell["cell_type"] == "code"]
    assert cells[0]["outputs"][0]["text"] == ["fine\n"] and cells[2]["outputs"] == []
    assert run.failed([outcome])
    report = run.report([outcome], 3.0)
    assert "01_first failed in code cell 2" in report and "in all: 3 s" in report


def test_a_kernel_that_dies_is_a_failure(write_chapter, write_claims):
    write_claims("claims: []")
    write_chapter("01_first", "import os\nos._exit(3)")
    (outcome,) = run.run(["01"])
    assert "died" in outcome.error.lower() and run.failed([outcome])


def test_a_false_or_forgotten_claim_fails_the_run(write_chapter, datasets, capsys):
    write_chapter("01_first", MEASURE.format(datasets=str(datasets), id="first.right", value=0.5))
    write_chapter("02_second", "pass")
    assert cli.main(["run"]) == 1
    out = capsys.readouterr().out
    assert "01_first: the claim first.right does not hold: measured 50.0%, bound >= 90.0%" in out
    assert "02_second: the claim second.short was not measured (bound <= 5 words)" in out
    assert "DOES NOT HOLD" in out and "executed chapters: " in out


def test_claims_that_hold_make_the_run_good(write_chapter, datasets, capsys):
    write_chapter("01_first", MEASURE.format(datasets=str(datasets), id="first.right", value=0.95))
    write_chapter("02_second", "pass")
    assert cli.main(["run", "1"]) == 0
    assert "first.right  95.0%" in capsys.readouterr().out
    write_chapter("01_first", "pass")
    assert cli.main(["run", "01_first"]) == 1  # an old success never stands for a claim that was not measured
    assert "the claim first.right was not measured" in capsys.readouterr().out


def test_report_names_chapters_and_seconds(write_claims, artifacts):
    write_claims("claims: []")
    report = run.report([Outcome("01_first", 61.4), Outcome("02_second", 2.0, "code cell 1: boom")], 62.0)
    lines = report.split("\n")
    assert "01_first: 61 s" in lines and "02_second: 2 s" in lines and any(line.startswith("in all: 62 s on") for line in lines)
    assert "02_second failed in code cell 1: boom" in lines
    assert f"executed chapters: {artifacts / 'executed'}" in lines
    assert run.failed([Outcome("02_second", 2.0, "boom")]) and not run.failed([Outcome("01_first", 1.0)])
