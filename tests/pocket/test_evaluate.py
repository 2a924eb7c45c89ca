"""The abilities of pocket: what counts as right, the bars, and the table that is published.

pytest tests/pocket/test_evaluate.py
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from phicookbook import corpora
from phicookbook.chat import Reply, parse_json
from phicookbook.corpora import Sample, conversation, headlines
from phicookbook.models import open_model
from phicookbook.pocket import evaluate, mixture
from phicookbook.pocket.evaluate import Ability
from phicookbook.statistics import Rate


class Oracle:
    """A model that knows the answers of the samples drawn so far, and says "no idea" to the rest."""

    name = "oracle"

    def __init__(self, monkeypatch, spoil=lambda text: text):
        self.known = {h.text: h.sentiment for h in headlines.by_hand()}
        self.spoil = spoil
        draw = corpora.draw
        monkeypatch.setattr(corpora, "draw", lambda *rest: self.note(draw(*rest)))

    def note(self, sample: Sample) -> Sample:
        self.known["\x00".join(m["content"] for m in sample.prompt)] = sample.answer
        return sample

    def chat_many(self, conversations, **generation):
        def key(asked):
            return asked.partition("\n")[2] if isinstance(asked, str) else "\x00".join(m["content"] for m in asked)

        return [Reply.from_text(self.spoil(self.known.get(key(asked), "no idea"))) for asked in conversations]


@pytest.mark.parametrize(
    "kind, meta, answer, text, right",
    [
        ("explain", {"sentiment": "positive"}, "The sentiment is positive. So.", "Positive, I say.", True),
        ("lexicon", {"sentiment": "positive"}, "The sentiment is positive. So.", "negative, not positive", False),
        ("one_word", {"sentiment": "neutral"}, "neutral", "neutral", True),
        ("one_word", {"sentiment": "neutral"}, "neutral", "It is neutral.", False),
        ("add3", {}, "<think>\n1 + 1\n</think>\n2", "<think>\nanother way\n</think>\n2", True),
        ("add3", {}, "<think>\n1 + 1\n</think>\n2", "2", True),
        ("add3", {}, "<think>\n1 + 1\n</think>\n2", "<think>\n2 it is, I", False),
        ("title", {}, "Red Cup", "Red Cup for Tea", False),
    ],
)
def test_is_right(kind, meta, answer, text, right):
    assert evaluate.is_right(Sample("x", conversation("Q", answer), kind, meta), text) is right


def test_answer_loss_is_that_of_the_answers_one_by_one():
    """Against transformers' own loss, which leaves out targets of -100; batches and padding change nothing."""
    pocket = open_model("pocket")
    samples = [s for task in ("headlines", "context", "titles") for s in corpora.samples(task, 4, 3)]
    total = count = 0
    for sample in samples:
        ids, weights = (torch.tensor([values]) for values in mixture.encode(pocket.tokenizer, sample))
        targets = torch.where(weights > 0, ids, -100)
        with torch.inference_mode():
            mean = float(pocket.model(input_ids=ids, labels=targets).loss)
        wanted = int((weights[:, 1:] > 0).sum())
        total, count = total + mean * wanted, count + wanted
    assert evaluate.answer_loss(pocket, samples, rows=5) == pytest.approx(total / count, abs=1e-5)  # nats; sums in another order
    wrong = [replace(s, messages=[*s.messages[:-1], {"role": "assistant", "content": "kettle of rope"}]) for s in samples]
    assert evaluate.answer_loss(pocket, wrong) > 3


@pytest.mark.parametrize(
    "text, value",
    [('{"a": 1}', {"a": 1}), ('{"a": 1', None), ("[1]", None), ("3", None), ("", None), ('Here: {"a": 1}', None)],
)
def test_parse_json(text, value):
    assert parse_json(text) == value


@pytest.mark.parametrize("bar, reached", [(None, True), (0.8, True), (0.9, True), (0.91, False)])
def test_a_bar_is_reached_at_its_height(bar, reached):
    assert Ability("x", Rate(9, 10), bar).reached is reached


def test_table():
    lines = evaluate.table([Ability("a", Rate(9, 10), 0.9), Ability("b", Rate(1, 2), 0.6), Ability("c", Rate(1, 2))]).split("\n")
    assert lines[2] == f"| a | {Rate(9, 10)} | 90% | reached |"
    assert lines[3] == f"| b | {Rate(1, 2)} | 60% | **short** |"
    assert lines[4] == f"| c | {Rate(1, 2)} | - |  |"


def test_who_knows_all_scores_all(monkeypatch):
    rows = evaluate.abilities(Oracle(monkeypatch), n=6, progress=False)
    assert {row.name for row in rows if row.rate.value < 1} == set()
    assert all(row.rate.n >= 6 for row in rows) and len({row.name for row in rows}) == len(rows) >= 18
    assert sum(row.bar is not None for row in rows) >= 10


def test_who_knows_nothing_scores_nothing(monkeypatch):
    rows = evaluate.abilities(Oracle(monkeypatch, spoil=lambda text: "no idea"), n=6, progress=False)
    assert {row.name for row in rows if row.rate.value > 0} == set()
    assert not [row.name for row in rows if row.bar is not None and row.reached]


def test_one_wrong_field_of_valid_json_is_counted(monkeypatch):
    def spoil(text):
        found = parse_json(text)
        return json.dumps({**found, next(iter(found)): "wrong"}) if found else text

    rates = {row.name: row.rate for row in evaluate.abilities(Oracle(monkeypatch, spoil), n=6, progress=False)}
    assert rates["JSON: valid"].value == 1
    assert rates["JSON: fields right"].n - rates["JSON: fields right"].correct == 6


def test_the_report_says_how_it_was_measured():
    text = evaluate.report([Ability("a", Rate(9, 10), 0.9)], 300, 61.4)
    for part in ("cookbook pocket evaluate -n 300", str(evaluate.SEED), "61 s", "Greedy", "| a |"):
        assert part in text
