"""The page of claims: what the chapters printed, what this machine measured, what was published."""

from __future__ import annotations

import json
import re

import pytest

from phicookbook import settings
from phicookbook.book import claims
from phicookbook.book.site import claims_page

YAML = """
claims:
- {id: a.first, chapter: 01_a, says: "First, <b> & so", bound: ">= 0.5", published: "60% of 10", source: "arXiv:2402.13753"}
- {id: a.second, chapter: 01_a, says: Second, bound: "> 3", unit: rows, published: "5", source: "https://example.org/a?b=1"}
- {id: a.third, chapter: 02_b, says: Third, bound: "<= 0.1", published: "7", source: "a report, page 3", should_hold: false}
- {id: a.fourth, chapter: 02_b, says: Fourth, bound: "<= 0.1"}
"""


@pytest.fixture
def page(write_claims, write_chapter):
    """Four claims, of which the first chapter prints two."""
    write_claims(YAML)
    path = write_chapter("01_a", "1", "2")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    lines = [
        "holds: First, <b> & so [60.0%, bound >= 50.0%]\n",
        "DOES NOT HOLD: Second [2 rows, bound > 3 rows]\n",
    ]
    for cell, line in zip(notebook["cells"], lines, strict=True):
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["before\n", line]}]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return claims_page.text


def row(text: str, id: str) -> str:
    return re.search(rf"<tr id='{id}'.*?</tr>", text)[0]


def test_what_chapters_printed_stands_beside_what_was_published(page):
    first = row(page(), "a.first")
    assert "First, &lt;b&gt; &amp; so" in first and "&gt;= 50.0%" in first and ">60.0%<" in first and ">holds<" in first
    assert "60% of 10" in first and "href='https://arxiv.org/abs/2402.13753'>arXiv:2402.13753<" in first
    second = row(page(), "a.second")
    assert "DOES NOT HOLD" in second and "href='https://example.org/a?b=1'>example.org/a?b=1<" in second
    assert "data-published" in first and "data-chapter='01'" in first and "data-verdict='holds'" in first
    assert "<a href='cookbook/01_a.html'>01</a>" in first


def test_a_claim_that_no_chapter_prints_is_told(page):
    third, fourth = row(page(), "a.third"), row(page(), "a.fourth")
    assert "not measured" in third and "a report, page 3" in third and "cookbook/02_b" not in third  # no such chapter yet
    assert "not measured" in fourth and "data-published" not in fourth


def test_this_machines_measurement_stands_below_the_committed_one(page):
    assert "here " not in page()
    record = {"id": "a.first", "measured": 0.75, "n": 4, "interval": [0.5, 1.0], "holds": True, "model": "<x>", "seed": 7}
    settings.write_text(claims.ledger_path("a.first"), json.dumps(record))
    assert "<small>here 75.0% (50.0% to 100.0%, n=4), &lt;x&gt;, seed 7</small>" in row(page(), "a.first")


def test_the_committed_book_prints_every_claim_of_its_chapters():
    text = claims_page.text()
    assert text.count("<tr id=") == len(claims.load())
    for id, entry in claims.load().items():
        if (settings.COOKBOOK / f"{entry.chapter}.ipynb").exists():
            assert "not measured" not in row(text, id), id
            assert "DOES NOT HOLD" not in row(text, id), id


def test_markup_is_one_block(page):
    """A blank line inside would end the HTML for Markdown."""
    assert not re.search(r"<table.*\n\s*\n.*</table>", page(), re.S)
