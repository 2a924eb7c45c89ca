"""The travel guide: files that repeat to the byte, answers that stand in their evidence, and gaps that are gaps.

pytest tests/corpora/test_travel_guide.py
"""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from phicookbook import settings
from phicookbook.corpora import travel_guide
from phicookbook.corpora.context import NOT_SAID
from phicookbook.corpora.travel_questions import bank

FOLDER = settings.DATASETS / "travel"


@pytest.fixture(scope="module")
def pages():
    folder = FOLDER / "documents"
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.md"))}


@pytest.fixture(scope="module")
def questions():
    return [json.loads(line) for line in (FOLDER / "questions.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def guide():
    return travel_guide.draw()


def sections(page: str) -> dict[str, str]:
    """Section texts of a page by anchor."""
    parts = re.split(r"(?m)^#+ (.+)\n", page)
    return {travel_guide.slug(heading): body for heading, body in zip(parts[1::2], parts[2::2])}


def test_the_files_are_what_the_generator_writes(guide, pages, questions):
    assert guide.pages == pages
    assert guide.questions == questions
    recorded = json.loads((FOLDER / "checksums.json").read_text(encoding="utf-8"))
    assert travel_guide.checksums(guide) == recorded


def test_writing_needs_no_folder_and_gives_the_same_files(guide, tmp_path, monkeypatch):
    monkeypatch.setattr(travel_guide, "draw", lambda: guide)
    travel_guide.write(tmp_path)
    assert (tmp_path / "questions.jsonl").read_bytes() == (FOLDER / "questions.jsonl").read_bytes()
    assert (tmp_path / "checksums.json").read_bytes() == (FOLDER / "checksums.json").read_bytes()
    assert len(list((tmp_path / "documents").rglob("*.md"))) == len(guide.pages)


def test_pages_are_short_and_have_headings(pages):
    assert len(pages) >= 300
    for name, text in pages.items():
        front, body = text.split("---\n", 2)[1:]
        assert re.fullmatch(r"town: [\w ]+\nkind: [\w ]+\n", front), name
        assert 60 <= len(body.split()) <= 150, name
        assert body.lstrip().startswith("# ") and body.count("\n## ") >= 1, name
        assert not re.search(r"[\[\]{}|]|  |\.\.", body), name
        assert len(sections(text)) == len(re.findall(r"(?m)^#+ ", text)), f"{name} has a heading twice"


def test_wordings_are_wide(pages):
    bodies = [text.split("---\n", 2)[2] for text in pages.values()]
    shapes = Counter(tuple(re.findall(r"(?m)^## (.+)$", body)) for body in bodies)
    assert shapes.most_common(1)[0][1] <= 0.05 * len(pages)
    said = Counter(line for body in bodies for line in set(re.split(r"(?<=[.!?])\s+|\n+", body)) if line[:1] not in ("#", ""))
    assert said.most_common(1)[0][1] <= 0.12 * len(pages)
    assert len(said) > 2_000


def test_questions_are_of_three_kinds(questions):
    assert Counter(row["kind"] for row in questions) == {"one_fact": 220, "two_facts": 100, "unanswerable": 80}
    assert [row["id"] for row in questions] == [f"q{number:03}" for number in range(1, 401)]
    assert len({row["question"] for row in questions}) == 400
    assert {row["gold"][0].split("/")[0] for row in questions if row["gold"]} == {
        travel_guide.slug(town) for town in travel_guide.TOWNS
    }


def test_the_answer_stands_in_the_evidence_and_that_in_the_gold_section(questions, pages):
    for row in questions:
        if row["kind"] == "unanswerable":
            assert (row["answer"], row["gold"], row["evidence"]) == (NOT_SAID, [], [])
            continue
        assert len(row["evidence"]) == (2 if row["kind"] == "two_facts" else 1)
        assert any(row["answer"] in sentence for sentence in row["evidence"]), row
        held = [sections(pages[name])[section] for name, section in (gold.split("#") for gold in row["gold"])]
        assert all(any(sentence in text for text in held) for sentence in row["evidence"]), row
        assert all(any(sentence in text for sentence in row["evidence"]) for text in held), row


def test_the_evidence_stands_nowhere_else(guide, pages):
    whole = "\n".join(pages.values())
    told = Counter((one.place.name, one.fact.attribute) for one in guide.told)
    assert set(told.values()) == {1}
    for one in guide.told:
        assert whole.count(one.fact.sentence) == 1, one.fact.sentence


def test_what_is_withheld_stands_on_no_page_that_names_the_place(guide, questions, pages):
    places = sorted((place.name for place in guide.places), key=len, reverse=True)
    whole = "\n".join(pages.values())
    unknown = 0
    for row in questions:
        if row["kind"] != "unanswerable":
            continue
        place = next((name for name in places if name in row["question"]), "")
        if not row["withheld"]:
            unknown += 1
            assert not place
            name = re.search(r"the ([A-Z]\w+) [A-Z]", row["question"])
            assert name and name[1] not in whole, row["question"]
            continue
        near = [text for text in pages.values() if place in text]
        assert place and near and not any(row["withheld"] in text for text in near), row["question"]
    assert unknown == 20


def test_real_towns_hold_invented_names_only(guide):
    assert {town for town in travel_guide.TOWNS if town in travel_guide.REAL} == {"Skagway", "Belize City"}
    known = re.compile(r"\b(Copper|Silver|Old|Little|Golden|Misty|Northern|Blue|Sleepy|Windy|Crooked|Hidden|Salty|Amber) [A-Z]")
    assert not [place.name for place in guide.places if place.town in travel_guide.REAL and known.match(place.name)]


def test_sentences_that_are_no_facts_hold_none():
    values = re.compile(r"\d|[a-z]day\b|dollars|\bkm\b|on a lead|not let in|not allowed")
    days = {"holidays", "storm days", "someday"}
    for name, lines in bank().items():
        assert len(set(lines)) == len(lines) or name == "title page", name
        if name.startswith("ask "):
            continue
        for line in lines:
            assert not [hit for hit in values.findall(line) if hit.lower() not in days and "days" not in line.lower()], line


def test_another_seed_writes_another_guide(guide):
    assert travel_guide.draw(7).questions != guide.questions
