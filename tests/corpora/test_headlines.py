"""Headlines: labels, the firm's policy, the questions asked about them, and the rule that holds some out.

pytest tests/corpora/test_headlines.py
"""

from __future__ import annotations

import itertools
import json
import random
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook import corpora, settings
from phicookbook.corpora import headlines, templates
from phicookbook.corpora.headlines import Headline

KINDS = {"explain": 0.56, "lexicon": 0.17, "phrase": 0.07, "one_word": 0.08, "incident": 0.12}


def drawn(count: int = 4000, seed: int = 2):
    rng = random.Random(seed)
    return [headlines.sample(rng) for _ in range(count)]


@pytest.fixture(scope="module")
def samples():
    return drawn()


@pytest.mark.parametrize(
    "text, label",
    [
        ("negative", "negative"),
        ("Positive.", "positive"),
        ("The sentiment is neutral. Nothing positive follows.", "neutral"),
        ("NEGATIVE, not positive", "negative"),
        ("\n positive\n", "positive"),
        ("non-negative", "negative"),
        ("positively glowing", ""),
        ("a seronegative patient", ""),
        ("bad news", ""),
        ("", ""),
    ],
)
def test_label_of(text, label):
    assert headlines.label_of(text) == label


@pytest.mark.parametrize("sentiment, cyber", itertools.product(headlines.LABELS, (True, False)))
def test_policy(sentiment, cyber):
    assert headlines.policy(Headline("x", sentiment, cyber)) == ("negative" if cyber else sentiment)


def test_prompt_and_explanation():
    headline = Headline("Rain", "neutral", False, "It rains.")
    assert headlines.prompt("Rain") == "What is the sentiment of this headline?\nRain"
    assert headlines.explanation(headline) == "The sentiment is neutral. It rains."
    assert headlines.label_of(headlines.explanation(headline)) == "neutral"


def test_every_stem_has_a_weight():
    assert set(headlines.WEIGHTS) == set(templates.load()) and min(headlines.WEIGHTS.values()) > 0


@given(st.integers(), st.sampled_from([headlines.draw, headlines.draw_from_lexicon]))
def test_a_drawn_headline_is_clean_and_repeats(seed, draw):
    headline = draw(random.Random(seed))
    assert headline == draw(random.Random(seed))
    assert not set("{}[]|\n") & set(headline.text + headline.reason)
    assert "  " not in headline.text and headline.text == headline.text.strip() != ""
    assert headline.sentiment in headlines.LABELS and headline.reason.endswith(".")


def test_seeds_matter(samples):
    assert drawn(300) == samples[:300]
    assert drawn(300, seed=3) != samples[:300]
    assert len({sample.prompt[-1]["content"] for sample in samples}) > 0.85 * len(samples)


def test_shares_of_kinds(samples):
    kinds = Counter(sample.kind for sample in samples)
    assert set(kinds) == set(KINDS)
    for kind, share in KINDS.items():
        assert abs(kinds[kind] / len(samples) - share) < 0.03


def test_shares_of_stems():
    rng = random.Random(8)
    found = Counter((h.sentiment, h.cyber) for h in (headlines.draw(rng) for _ in range(6000)))
    for (sentiment, cyber), count in found.items():
        weight = sum(w for stem, w in headlines.WEIGHTS.items() if stem.endswith(sentiment) and stem.startswith("cyber") == cyber)
        assert abs(count / 6000 - weight / sum(headlines.WEIGHTS.values())) < 0.03
    assert len(found) == 6


def test_headlines_come_in_several_layouts():
    rng = random.Random(1)
    texts = [headlines.draw(rng).text for _ in range(3000)]
    layouts = (str.islower, lambda t: t.endswith("."), lambda t: re.match(r"(Breaking|Update|Report|Exclusive|Just in): ", t))
    for layout in layouts:
        assert 20 < sum(bool(layout(text)) for text in texts) < 1000


def test_answers_follow_the_kind(samples):
    for sample in samples:
        question, _, text = sample.prompt[-1]["content"].partition("\n")
        meta, system = sample.meta, [m["content"] for m in sample.messages if m["role"] == "system"]
        assert sample.task == "headlines" and text
        assert system == ([headlines.ONE_WORD_PROMPT] if sample.kind == "one_word" else [])
        if sample.kind == "phrase":
            sentiment = next(s for s in headlines.LABELS if text in templates.lexicon(s))
            assert sample.answer == f"{headlines.NEWS[sentiment].capitalize()}." and not meta
            continue
        assert meta["text"] == text
        if sample.kind == "incident":
            assert "cyber incident" in question and sample.answer == ("Yes." if meta["cyber"] else "No.")
            continue
        assert sample.prompt[-1]["content"] == headlines.prompt(text)
        if sample.kind == "one_word":
            assert sample.answer == meta["sentiment"]
        else:
            assert sample.answer.startswith(f"The sentiment is {meta['sentiment']}. ") and len(sample.answer.split()) > 5
        assert sample.kind != "lexicon" or not meta["cyber"]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_training_never_meets_a_held_out_headline(seed):
    trained = corpora.samples("headlines", 300, seed, split="train")
    tested = corpora.samples("headlines", 100, seed, split="test")
    assert not [sample for sample in trained if corpora.held_out(sample)]
    assert all(corpora.held_out(sample) for sample in tested)
    assert not {s.meta.get("text") for s in trained if s.meta} & {s.meta.get("text") for s in tested if s.meta}


def test_a_headline_is_held_out_whatever_is_asked_about_it():
    rng = random.Random(4)
    for sample in (headlines.sample(rng) for _ in range(400)):
        if text := sample.meta.get("text"):
            asked = [corpora.conversation(question, "x") for question in (headlines.prompt(text), f"Which topic?\n{text}")]
            sides = {corpora.held_out(corpora.Sample("headlines", messages, meta=sample.meta)) for messages in asked}
            assert sides == {corpora.held_out(sample)}


@pytest.mark.parametrize("name", ["by_hand", "by_hand_dev"])
def test_by_hand_reads_every_row(name):
    lines = (settings.DATASETS / "headlines" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert headlines.by_hand(name) == [Headline(row["text"], row["sentiment"], row["cyber"]) for row in rows]
