"""Hand-written headlines: well formed, and out of the grammar's reach.

pytest tests/datasets/test_by_hand.py
"""

from __future__ import annotations

import json
from collections import Counter

import pytest

from phicookbook import settings
from phicookbook.corpora import headline_data, headlines, templates

FOLDER = settings.DATASETS / "headlines"
SETS = {"by_hand": 150, "by_hand_dev": 50}


def read(name: str) -> list[dict]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", SETS)
def test_enough_rows_of_one_form(name):
    rows = read(name)
    assert len(rows) >= SETS[name]
    for row in rows:
        assert list(row) == ["id", "text", "event", "sentiment", "cyber"]
        assert row["sentiment"] in headlines.LABELS and isinstance(row["cyber"], bool)
        assert row["text"] == " ".join(row["text"].split()) and len(row["text"].split()) >= 4


@pytest.mark.parametrize("name", SETS)
def test_the_event_is_a_part_of_the_text(name):
    for row in read(name):
        assert row["event"] in row["text"] and len(row["event"].split()) >= 2, row["id"]


@pytest.mark.parametrize("name", SETS)
def test_every_label_is_common_enough(name):
    rows = read(name)
    sentiments, cyber = Counter(row["sentiment"] for row in rows), sum(row["cyber"] for row in rows)
    assert set(sentiments) == set(headlines.LABELS) and min(sentiments.values()) > 0.15 * len(rows)
    assert 0.3 < cyber / len(rows) < 0.7
    assert sum(row["cyber"] and row["sentiment"] == "positive" for row in rows) > 0.1 * len(rows)


@pytest.mark.parametrize("name", SETS)
def test_no_event_stands_in_the_grammar(name):
    found = {row["event"]: templates.containing(row["event"]) for row in read(name)}
    assert not {event: wordings for event, wordings in found.items() if wordings}


@pytest.mark.parametrize("name", SETS)
def test_no_event_stands_in_what_goes_around_a_template(name):
    """Leads, tails and carriers of a headline, and the reasons that pocket learns to give."""
    reasons = {template.reason for group in templates.load().values() for template in group}
    around = [*headlines.LEADS, *headlines.TAILS, *headlines.CARRIERS, *reasons]
    plain = [f" {templates.plain(wording)} " for text in around for wording in templates.wordings(text)]
    assert len(plain) > 200
    assert not [row["event"] for row in read(name) if any(f" {templates.plain(row['event'])} " in text for text in plain)]


def test_an_event_of_the_grammar_would_be_noticed():
    wording = templates.wordings(templates.load()["world_positive"][0].text)[0]
    assert templates.containing(wording)


def test_no_text_stands_in_the_fine_tuning_data():
    seen = {templates.plain(h.text) for split, n in headline_data.SIZES.items() for h in headline_data.draw(split, n)}
    assert len(seen) > 60_000
    assert not [row["text"] for name in SETS for row in read(name) if templates.plain(row["text"]) in seen]


@pytest.mark.parametrize("field", ["id", "text", "event"])
def test_development_and_test_rows_are_disjoint(field):
    values = [row[field].lower() for name in SETS for row in read(name)]
    assert len(values) == len(set(values))
