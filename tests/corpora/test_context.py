"""Context questions: the answer stands in the text or it is missing on purpose, and never twice.

pytest tests/corpora/test_context.py
"""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from phicookbook.corpora import context, facts, travel, travel_questions

RANGES = {
    "answerable": (0.41, 0.49), "unanswerable": (0.31, 0.38), "two_facts": (0.13, 0.18), "closed_book": (0.04, 0.08),
}  # fmt: skip


def drawn(count: int = 3000, seed: int = 3):
    rng = random.Random(seed)
    return [context.sample(rng) for _ in range(count)]


@pytest.fixture(scope="module")
def samples():
    return drawn()


def user(sample) -> str:
    return sample.prompt[-1]["content"]


def every_domain():
    return {**facts.load("context"), **facts.load("travel")}


def test_same_seed_same_samples(samples):
    assert drawn(200) == samples[:200]
    assert drawn(50, seed=4) != samples[:50]


def test_answers_follow_the_kind(samples):
    for sample in samples:
        assert sample.task == "context" and sample.meta["answer"] == sample.answer
        if sample.kind == "closed_book":
            assert sample.answer == context.UNKNOWN and sample.meta["facts"] == 0
        elif sample.kind == "unanswerable":
            assert sample.answer == context.NOT_SAID
        else:
            assert sample.answer in user(sample) and not sample.answer.endswith(".")


def test_shares(samples):
    kinds = Counter(sample.kind for sample in samples)
    for kind, (low, high) in RANGES.items():
        assert low < kinds[kind] / len(samples) < high
    sizes = [sample.meta["facts"] for sample in samples if sample.kind != "closed_book"]
    assert (min(sizes), max(sizes)) == (1, 8)
    for first, last, share in ((1, 3, 0.45), (4, 6, 0.30), (7, 8, 0.25)):
        assert abs(sum(first <= size <= last for size in sizes) / len(sizes) - share) < 0.04
    assert 0.2 < sum(len(sample.messages) == 3 for sample in samples) / len(samples) < 0.3


def test_texts_are_short_and_filled(samples):
    lengths = [sum(len(message["content"].split()) for message in sample.messages) for sample in samples]
    assert max(lengths) < 220 and sum(length < 90 for length in lengths) > 0.8 * len(lengths)
    for sample in samples:
        assert not set("{}|") & set(user(sample)) and user(sample).endswith(("?", "."))


@pytest.mark.parametrize("kind", ["answerable", "two_facts", "unanswerable"])
def test_material_is_never_ambiguous(kind):
    rng = random.Random(9)
    for count in list(range(1, 9)) * 60:
        found = context.material(rng, kind, count)
        told = [fact for fact in found.facts if fact.question]  # the other lines tell nothing
        keys = [(fact.entity, fact.attribute) for fact in told]
        assert len(keys) == len(set(keys))
        assert len(found.facts) == max(count, 2 if kind == "two_facts" else 1)
        missing = [need for need in found.needs if (need.entity, need.attribute) not in keys]
        assert len(missing) == (kind == "unanswerable")
        for need in found.needs:  # a value that names or answers belongs to one entity
            rivals = [fact for fact in found.facts if fact.attribute == need.attribute and fact.entity != need.entity]
            assert need.value not in [fact.value for fact in rivals]
        for fact in told:
            assert fact.value in fact.sentence and fact.entity.lower() in fact.sentence.lower()


def test_domains_are_complete():
    domains = every_domain()
    assert len(facts.load("context")) >= 12 and len(travel.domains()) >= 8
    for domain in domains.values():
        for shape in domain.attributes.values():
            assert len(shape.wordings["+"]) >= 2 and len(shape.wordings["?"]) >= 2
            assert any("{e}'s" not in text for text in shape.wordings["?"])
            assert all("{e}" in text and "{v}" in text for text in shape.wordings["+"])
            assert all("{e}" in text for text in shape.wordings["?"])
            assert all("{v}" in text for text in shape.wordings["="])
            assert all("{a}" in text and "{b}" in text for mark in "<>" for text in shape.wordings[mark])


def test_comparison_and_chain():
    rng = random.Random(0)
    museum = travel.domains()["museum"]
    early = facts.Fact("A Museum", "opening", "9:30", "", "")
    late = facts.Fact("B Museum", "opening", "10:00", "", "")
    for _ in range(20):
        question, answer = facts.comparison(rng, museum, late, early)
        later = "later" in question
        assert answer == ("B Museum" if later else "A Museum")
    town = facts.Fact("A Museum", "town", "Juneau", "", "")
    assert "the museum in Juneau" in facts.chain(rng, museum, town, early)


def test_amounts():
    assert facts.amount("9:30") == 570
    assert facts.amount("1.2 km") == 1.2
    assert facts.amount("115 minutes") == 115


def test_travel_facts():
    found = travel.facts(random.Random(5), 120)
    assert len(found) == 120 and found == travel.facts(random.Random(5), 120)
    assert len({(fact.entity, fact.attribute) for fact in found}) == 120
    assert all(fact.value in fact.sentence and fact.question.endswith("?") for fact in found)


def test_every_attribute_of_a_place_can_be_asked_in_further_words():
    guide = {line for name, lines in travel_questions.bank().items() if name.startswith("ask ") for line in lines}
    for domain in travel.domains().values():
        for shape in domain.attributes.values():
            further = shape.wordings["~"]
            assert len(further) >= 4 and all("{e}" in text for text in further)
            assert not set(further) & (guide | set(shape.wordings["?"]))  # the guide's own stay unseen


def test_further_words_are_not_nearly_the_guide_s():
    """No five words in a row, and less than three in five of the words, are those of a guide's question on the same thing."""

    def words(text: str) -> list[str]:
        return re.findall(r"[a-z']+", text.replace("{e}", " ").lower())

    def fives(text: str) -> set:
        return set(zip(*(words(text)[start:] for start in range(5)), strict=False))

    for domain in travel.domains().values():
        for name, shape in domain.attributes.items():
            for text in shape.wordings["~"]:
                for other in travel_questions.bank()[f"ask {name}"]:
                    one, two = set(words(text)), set(words(other))
                    assert len(one & two) < 0.6 * len(one | two) and not fives(text) & fives(other), (text, other)


def test_a_question_comes_in_further_words_about_half_of_the_time():
    rng = random.Random(3)
    domain = travel.domains()["museum"]
    fact = facts.draw(rng, domain, "Mira Museum", "price")
    asked = [facts.other_question(rng, domain, fact) for _ in range(400)]
    assert 0.4 < asked.count(fact.question) / len(asked) < 0.6 and len(set(asked)) == 1 + len(
        domain.attributes["price"].wordings["~"]
    )
    assert all("Mira Museum" in text for text in asked)
