"""Damaged text: how much of it, what it spares, and that its source stays whole.

pytest tests/pocket/test_noise.py
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook import corpora
from phicookbook.corpora import Sample, conversation
from phicookbook.pocket import mixture, noise
from phicookbook.statistics import Rate, wilson


def assert_rate(found, expected: float) -> None:
    """The expected share lies in the 99.9% interval of what was found."""
    rate = Rate.of(found)
    low, high = wilson(rate.correct, rate.n, 0.999)
    assert low < expected < high


@pytest.fixture(scope="module")
def pairs():
    """(sample, damaged) for 1,500 draws over all tasks."""
    rng = random.Random(5)
    found = []
    for number in range(1_500):
        task = list(corpora.TASKS)[number % len(corpora.TASKS)]
        sample, other = corpora.draw(task, rng), corpora.draw(task, rng)
        found.append((sample, noise.damaged(sample, other, rng)))
    return found


def test_half_stand_among_the_lines_of_a_page(pairs):
    texts = ["\n".join(m["content"] for m in damaged.messages if m["role"] == "user") for _, damaged in pairs]
    assert_rate((sum(line in text for line in noise.FURNITURE) == 1 for text in texts), noise.FURNISHED)


def test_words_are_misspelt_at_their_rate():
    rng = random.Random(1)
    text = "several ordinary words stand together " * 400
    (user, _) = noise.damaged(Sample("t", conversation(text, "yes")), Sample("t", conversation("x", "no")), rng).messages
    body = max(user["content"].split("\n"), key=len)
    long = [(a, b) for a, b in zip(body.split(" "), text.split(" ")) if len(b) >= 4]
    assert_rate((a != b for a, b in long), noise.MISSPELT)


def test_answers_are_another_samples_at_their_rate():
    rng = random.Random(2)
    own, other = Sample("t", conversation("q", "yes")), Sample("t", conversation("x", "no"))
    assert_rate((noise.damaged(own, other, rng).answer == "no" for _ in range(1_000)), noise.WRONG)


def test_orders_of_the_system_and_the_source_stay_whole(pairs):
    for sample, damaged in pairs:
        assert [m["role"] for m in damaged.messages] == [m["role"] for m in sample.messages]
        assert [m for m in damaged.messages if m["role"] == "system"] == [m for m in sample.messages if m["role"] == "system"]
        assert not any(line in m["content"] for m in sample.messages for line in noise.FURNITURE)


@given(st.text(min_size=1), st.integers(0, 10_000))
def test_a_misspelt_word_is_one_stroke_away(word, seed):
    found = noise._misspelt(word, random.Random(seed))
    assert abs(len(found) - len(word)) <= 1
    assert set(found) <= set(word)
    assert len(word) >= 4 or found == word


def test_a_batch_is_clean_unless_it_is_asked_for(tokenizer):
    def text(share):
        parts = mixture.batch(tokenizer, 1, 0, 0.5, 4_096, share)
        return "\n".join(tokenizer.decode(ids) for part in parts for ids in part.ids)

    assert not any(line in text(0.0) for line in noise.FURNITURE)
    assert any(line in text(1.0) for line in noise.FURNITURE)
    assert text(1.0) == text(1.0)
