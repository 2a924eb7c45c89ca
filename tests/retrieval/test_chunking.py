"""Chunks: cut at headings, within the limit, with offsets that give the text back.

pytest tests/retrieval/test_chunking.py
"""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from phicookbook.retrieval.chunking import CHARACTERS_A_TOKEN, Document, chunk, words

PARTS = [
    "word ",
    "a",
    ". ",
    "! ",
    "\n",
    "\n\n",
    "# One\n",
    "## Two\n",
    "## Two-1\n",
    "- item\n",
    "```\n",
    "日本語。",
    "x" * 90,
    "\f",
    "\t",
]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=60).map("".join) | st.text(max_size=200)


@given(TEXTS, st.sampled_from(["md", "txt", "pdf"]), st.integers(1, 40), st.integers(0, 40))
@example("", "md", 1, 0)
@example("y" * 5000, "md", 3, 3)
def test_offsets_reproduce_the_text_and_no_chunk_is_over_the_limit(text, kind, most, least):
    document = Document("d", text, kind)
    chunks = chunk(document, most, min(least, most))
    at = 0
    for one in chunks:
        assert one.start >= at and not text[at : one.start].strip()
        assert one.text == text[one.start : one.end] and one.text == one.text.strip() and one.text
        assert words(one.text) <= most or len(one.text) == 1
        assert len(one.text) <= most * CHARACTERS_A_TOKEN
        at = one.end
    assert not text[at:].strip()
    assert len({one.id for one in chunks}) == len(chunks)


GUIDE = """# Mira Inn

A quiet house.

## Rooms

It has ten rooms. Each has a stove.

### Beds

Beds are wide.

## Prices

You pay 20 dollars.
"""


@pytest.mark.parametrize(
    "most, least, found",
    [
        (50, 0, [("mira-inn", "Mira Inn"), ("rooms", "Mira Inn > Rooms"), ("beds", "Mira Inn > Rooms > Beds"),
                 ("prices", "Mira Inn > Prices")]),
        (50, 12, [("mira-inn", "Mira Inn"), ("beds", "Mira Inn > Rooms > Beds")]),
        (500, 500, [("mira-inn", "Mira Inn")]),
        (8, 0, [("mira-inn", "Mira Inn"), ("rooms", "Mira Inn > Rooms"), ("rooms~2", "Mira Inn > Rooms"),
                ("beds", "Mira Inn > Rooms > Beds"), ("prices", "Mira Inn > Prices")]),
    ],
)  # fmt: skip
def test_a_heading_starts_a_chunk_unless_the_one_before_is_short(most, least, found):
    chunks = chunk(Document("inn.md", GUIDE), most, least)
    assert [(one.id, one.heading) for one in chunks] == [(f"inn.md#{name}", heading) for name, heading in found]


@pytest.mark.parametrize(
    "text, kind, headings",
    [
        ("# A\n\nx\n\n```\n# no heading\n```\n", "md", ["A"]),
        ("# A\n\nx\n\n~~~~\n# no\n~~~\n# no\n~~~~\n## B\n\ny", "md", ["A", "A > B"]),
        ("#no heading\n\nx", "md", [""]),
        ("## A ##\n\nx\n\n# B\n\ny", "md", ["A", "B"]),
        ("before\n\n# A\n\nx", "md", ["", "A"]),
        ("# A\n\nx", "txt", [""]),
        ("one\ftwo\f\f four", "pdf", ["page 1", "page 2", "page 4"]),
        ("", "md", []),
        (" \n\t\n", "txt", []),
    ],
)
def test_headings(text, kind, headings):
    assert [one.heading for one in chunk(Document("d", text, kind), 50, 0)] == headings


def test_ids_of_other_sections_stay_when_one_is_edited():
    before = {one.id for one in chunk(Document("d", GUIDE), 12, 0)}
    after = {one.id for one in chunk(Document("d", GUIDE.replace("A quiet house.", "A loud house. " * 9)), 12, 0)}
    assert before - after == set() and {name.split("~")[0] for name in after - before} == {"d#mira-inn"}


def test_headings_that_stand_twice_have_two_ids():
    text = "# A\n\nx\n\n## B\n\ny\n\n## B\n\nz\n\n## B 1\n\nw\n"
    assert [one.id for one in chunk(Document("d", text), 50, 0)] == ["d#a", "d#b", "d#b-1", "d#b-1-1"]


def test_front_matter_is_in_no_chunk():
    text = "---\ntown: Skagway\n---\n# A\n\nx\n"
    assert [one.text for one in chunk(Document("d", text, start=text.index("# A")), 50, 0)] == ["# A\n\nx"]


def test_a_large_text_is_no_trouble():
    text = ("# T\n\n" + "The quick brown fox. " * 20 + "\n\n") * 2_000
    chunks = chunk(Document("d", text), 64, 16)
    assert len(chunks) >= 2_000 and len({one.id for one in chunks}) == len(chunks)
    assert all(words(one.text) <= 64 for one in chunks)


@pytest.mark.parametrize("most, least", [(0, 0), (5, 6), (5, -1)])
def test_impossible_sizes_are_refused(most, least):
    with pytest.raises(ValueError, match="max_tokens"):
        chunk(Document("d", "x"), most, least)


@pytest.mark.parametrize("text, n", [("", 0), ("two words", 2), ("a, b.", 4), ("x" * 25, 3)])
def test_words(text, n):
    assert words(text) == n
