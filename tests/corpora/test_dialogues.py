"""Dialogues: every answer follows from the first message, and roles take turns.

pytest tests/corpora/test_dialogues.py
"""

from __future__ import annotations

import random
import re

import pytest

from phicookbook import corpora
from phicookbook.corpora import context, dialogues


@pytest.fixture(scope="module")
def drawn():
    rng = random.Random(11)
    return [dialogues.sample(rng) for _ in range(900)]


def turns(sample):
    return list(zip(sample.messages[::2], sample.messages[1::2], strict=True))


def test_roles_take_turns_and_kinds_have_their_shares(drawn):
    for sample in drawn:
        assert [m["role"] for m in sample.messages] == ["user", "assistant"] * (len(sample.messages) // 2)
        assert 1 <= len(turns(sample)) <= dialogues.MOST_TURNS
    for kind, share in dialogues.SHARES.items():
        assert abs(sum(s.kind == kind for s in drawn) / len(drawn) - share / 100) < 0.06


def test_answers_on_facts_stand_in_the_context_or_are_declined(drawn):
    asked = declined = 0
    for sample in (s for s in drawn if s.kind == "facts"):
        first = sample.messages[0]["content"]
        answers = [answer["content"] for _, answer in turns(sample)]
        assert answers.count(context.NOT_SAID) <= 1
        for answer in answers:
            assert answer == context.NOT_SAID or answer.lower() in first.lower(), (first, answer)
        asked, declined = asked + len(answers), declined + (context.NOT_SAID in answers)
        questions = [asked["content"] for asked, _ in turns(sample)]
        assert len(set(questions)) == len(questions)
    assert 0.08 < declined / asked < 0.25


def test_values_are_those_of_the_keys(drawn):
    for sample in (s for s in drawn if s.kind == "pairs"):
        text = sample.messages[0]["content"].rsplit("\n", 1)[0]
        found = [re.split(r": | = | is | -> ", part, maxsplit=1) for part in re.split(r"\n|; ", text)]
        for asked, answer in turns(sample):
            question = asked["content"].rsplit("\n", 1)[-1]
            named = [value for key, value in found if key in re.findall(r"[^\s?.]+", question)]
            assert answer["content"] in named, (text, question, answer)


def test_labels_follow_the_examples(drawn):
    seen = 0
    for sample in (s for s in drawn if s.kind == "labels"):
        first, answers = sample.messages[0]["content"], [answer["content"] for _, answer in turns(sample)]
        for answer in answers:
            assert re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", first), (first, answer)
        seen += len(answers)
    assert seen > 400


def test_a_context_is_on_one_side_whatever_is_asked(drawn):
    for sample in drawn:
        assert sample.meta["text"] == sample.messages[0]["content"] and sample.answer == sample.meta["answer"]
    sides = {corpora.held_out(sample) for sample in drawn}
    assert sides == {True, False}
