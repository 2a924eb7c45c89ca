"""Dialogues: every answer follows from the first message, and roles take turns.

pytest tests/corpora/test_dialogues.py
"""

from __future__ import annotations

import random
import re

import pytest

from phicookbook import corpora
from phicookbook.corpora import context, dialogues
from phicookbook.corpora.facts import Fact


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
    asked = declined = opened = contexts = 0
    for sample in (s for s in drawn if s.kind == "facts"):
        first = sample.messages[0]["content"]
        answers = [answer["content"] for _, answer in turns(sample)]
        assert answers.count(context.NOT_SAID) <= dialogues.MOST_UNSAID
        for answer in answers:
            assert answer == context.NOT_SAID or answer.lower() in first.lower(), (first, answer)
        asked, declined = asked + len(answers), declined + answers.count(context.NOT_SAID)
        contexts, opened = contexts + 1, opened + (answers[0] == context.NOT_SAID)
        given = {(ask["content"].rpartition(": ")[2], answer["content"]) for ask, answer in turns(sample)}
        assert len(given) == len({ask for ask, _ in given}), "a question that comes back has the same answer"
    assert 0.12 < declined / asked < 0.25
    assert 0.10 < opened / contexts < 0.25


def test_what_is_unsaid_of_one_is_told_of_another():
    rng = random.Random(3)
    told = [
        Fact("Mira", "drink", "tea", "Mira drinks tea.", "What does Mira drink?"),
        Fact("Mira", "home", "Oslo", "Mira lives in Oslo.", "Where does Mira live?"),
        Fact("Ada", "home", "Rome", "Ada lives in Rome.", "Where does Ada live?"),
        Fact("pump", "volts", "240", "The pump needs 240 volts.", "How many volts does the pump need?"),
    ]
    assert dialogues.unsaid(rng, told) == [("What does Ada drink?", context.NOT_SAID)]
    assert dialogues.unsaid(rng, told[:1]) == []


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
