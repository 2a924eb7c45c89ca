"""Questions on the travel guide, each with its answer and the sections and sentences that hold it.

    travel_questions.draw(rng, pages, places, told)[0]

Kinds: "one_fact"; "two_facts" (a comparison, or a place that is only described); "unanswerable", whose
`withheld` is the value that no page tells, or "" where the place itself does not exist.
"""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from pathlib import Path

from phicookbook.corpora import facts as wordings
from phicookbook.corpora import names, travel
from phicookbook.corpora.context import NOT_SAID
from phicookbook.corpora.facts import Fact

BANK = Path(__file__).with_name("templates") / "travel_guide.txt"
SIZES = {"one_fact": 220, "two_facts": 100, "unanswerable": 80}
NOWHERE = 20  # unanswerable questions about places that do not exist
OF_ONE_PLACE = 3  # questions of one kind about one place, at most


@cache
def bank() -> dict[str, list[str]]:
    """The sentences of templates/travel_guide.txt by bank."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in BANK.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            lines = found.setdefault(line[3:], [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return found


def draw(rng: random.Random, pages: dict[str, str], places: list, told: list) -> list[dict]:
    """All questions, kind by kind, with ids q001 onward."""
    rows = [*_one_fact(rng, told), *_two_facts(rng, told), *_unanswerable(rng, pages, places, told)]
    return [{"id": f"q{number:03}", **row} for number, row in enumerate(rows, 1)]


def _row(kind: str, question: str, answer: str, told: list, withheld: str = "") -> dict:
    gold = list(dict.fromkeys(one.section for one in told))
    row = {"question": question, "answer": answer, "kind": kind, "gold": gold, "evidence": [one.fact.sentence for one in told]}
    return row | ({"withheld": withheld} if kind == "unanswerable" else {})


def _asked(rng: random.Random, fact: Fact) -> str:
    """Half of the time in corpora/travel's words, else in a traveller's, which share few with the page."""
    if rng.random() < 0.5:
        return fact.question
    return rng.choice(bank()[f"ask {fact.attribute}"]).replace("{e}", fact.entity)


def _one_fact(rng: random.Random, told: list) -> list[dict]:
    found, of_place, of_attribute = [], Counter(), Counter()
    for one in rng.sample(told, len(told)):
        if of_place[one.place.name] == 2 or of_attribute[one.fact.attribute] == 18:
            continue
        of_place[one.place.name] += 1
        of_attribute[one.fact.attribute] += 1
        found.append(_row("one_fact", _asked(rng, one.fact), one.fact.value, [one]))
        if len(found) == SIZES["one_fact"]:
            return found
    raise ValueError("too few facts for so many questions")


def _two_facts(rng: random.Random, told: list) -> list[dict]:
    """Half comparisons of two places, half questions that describe a place instead of naming it."""
    found: dict[str, dict] = {}
    half = SIZES["two_facts"] // 2
    while len(found) < half:
        one = rng.choice(told)
        marks = travel.domains()[one.place.domain].attributes[one.fact.attribute].wordings
        if not marks["<"] + marks[">"]:
            continue
        rivals = [other for other in told if _comparable(one, other)]
        if rivals:
            other = rng.choice(rivals)
            question, answer = wordings.comparison(rng, travel.domains()[one.place.domain], one.fact, other.fact)
            found.setdefault(question, _row("two_facts", question, answer, [one, other]))
    shared = Counter((one.place.domain, one.fact.attribute, one.fact.value) for one in told)
    while len(found) < 2 * half:
        link = rng.choice(told)
        domain = travel.domains()[link.place.domain]
        ends = [end for end in told if end.place is link.place and end.fact.attribute not in (link.fact.attribute, "town")]
        known = shared[link.place.domain, link.fact.attribute, link.fact.value] > 1
        if known or not ends or not domain.attributes[link.fact.attribute].wordings["="]:
            continue
        end = rng.choice(ends)
        question = wordings.chain(rng, domain, link.fact, end.fact)
        found.setdefault(question, _row("two_facts", question, end.fact.value, [link, end]))
    return list(found.values())


def _comparable(one, other) -> bool:
    same = (one.place.domain, one.place.town, one.fact.attribute) == (other.place.domain, other.place.town, other.fact.attribute)
    return same and one.place is not other.place and wordings.amount(one.fact.value) != wordings.amount(other.fact.value)


def _unanswerable(rng: random.Random, pages: dict[str, str], places: list, told: list) -> list[dict]:
    """Questions after what no page tells of a place, and after places that do not exist."""
    found: dict[str, dict] = {}
    known = {(one.place.name, one.fact.attribute) for one in told}
    count: Counter = Counter()
    while len(found) < SIZES["unanswerable"] - NOWHERE:
        place = rng.choice(places)
        fact = place.facts[rng.choice([key for key in place.facts if key != "town"])]
        near = [text for text in pages.values() if place.name in text]
        if (place.name, fact.attribute) in known or count[place.name] == 1 or any(fact.value in text for text in near):
            continue
        count[place.name] += 1
        question = _asked(rng, fact)
        found[question] = _row("unanswerable", question, NOT_SAID, [], fact.value)
    text = "\n".join(pages.values())
    while len(found) < SIZES["unanswerable"]:
        word, domain = names.word(rng, 2).capitalize(), rng.choice(list(travel.domains().values()))
        if word not in text:
            name = f"{word} {wordings.expand(rng, travel.name_parts(domain.name)[1])}"
            fact = wordings.draw(rng, domain, name, rng.choice([key for key in domain.attributes if key != "town"]))
            question = _asked(rng, fact)
            found[question] = _row("unanswerable", question, NOT_SAID, [])
    return list(found.values())
