"""Lines of a page around a fact: namesakes, lines without a fact, and never a second answer.

pytest tests/corpora/test_pages.py
"""

from __future__ import annotations

import random
import re

import pytest

from phicookbook.corpora import facts, pages, styles, travel


def drawn(seed: int):
    """A fact of a place, alone in what a question needs."""
    rng = random.Random(seed)
    domain = rng.choice(list(travel.domains().values()))
    who = facts.entity(rng, domain)
    return rng, domain, facts.draw(rng, domain, who, rng.choice(list(domain.attributes)))


@pytest.mark.parametrize("seed", range(60))
def test_no_line_answers_twice(seed):
    rng, domain, fact = drawn(seed)
    lines = pages.around(rng, domain, [fact], [fact], 8)
    assert len(lines) == 8 and lines[0] is fact
    told = [line for line in lines if line.question]
    assert len({(line.entity, line.attribute) for line in told}) == len(told)
    assert [line.value for line in told if line.attribute == fact.attribute].count(fact.value) == 1
    for line in lines:
        assert not set("{}|") & set(line.sentence) and (bool(line.entity) == bool(line.question))


@pytest.mark.parametrize("seed", range(20))
def test_what_is_left_out_stays_out(seed):
    rng, domain, fact = drawn(seed)
    lines = pages.around(rng, domain, [], [fact], 8)
    assert (fact.entity, fact.attribute) not in {(line.entity, line.attribute) for line in lines}
    assert fact.sentence not in {line.sentence for line in lines}


def test_a_page_has_every_kind_of_line():
    lines = [line for seed in range(80) for line in pages.around(*drawn(seed)[:2], [], [drawn(seed)[2]], 8)]
    empty = [line.sentence for line in lines if not line.question]
    orders = [text for text in empty if any(text.startswith(order.split("{}")[0]) for order in styles.ORDERS)]
    assert 0.15 < len(empty) / len(lines) < 0.5 and 0.05 < len(orders) / len(empty) < 0.3
    assert len({line.entity for line in lines}) > 80  # namesakes too


def test_fillers_tell_no_fact_of_the_grammar():
    assert len(pages.fillers()) >= 30
    values = re.compile(r"\d|[a-z]day\b|dollars|\bkm\b|\bdogs?\b|minutes|phone|book")
    for text in pages.fillers():
        assert text.endswith(".") and not values.search(text) and not set("[]|") & set(text), text


@pytest.mark.parametrize(
    "who, kind", [("Mira Inn", "hotel"), ("Misty Moon Boat Tour", "tour"), ("Old Bell Hot Spring", "hot spring")]
)
def test_a_namesake_shares_the_first_name_and_not_the_kind(who, kind):
    first = who.removesuffix(next(noun for noun in travel.nouns(kind) if who.endswith(noun)))
    for seed in range(30):
        domain, name = travel.namesake(random.Random(seed), who)
        assert name.startswith(first) and name != who and name.removeprefix(first) in travel.nouns(domain.name)
