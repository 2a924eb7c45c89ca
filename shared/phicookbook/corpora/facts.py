"""Facts about invented entities, each with its sentence and question, from a file of wordings.

    domains = facts.load("travel"); facts.draw(random.Random(0), domains["museum"], "Velmor Museum", "price").sentence

The files are templates/context.txt and templates/travel.txt; their first lines tell the format.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from phicookbook.corpora import names

TEMPLATES = Path(__file__).with_name("templates")
CHOICE = re.compile(r"\[([^\[\]]*)\]")
SLOT = re.compile(r"\{(\w+)\}")
LETTERS = "ABCDEFGHJKLMNPRSTVWX"
MARKS = "+?~=<>"


def _clock(rng: random.Random, first: int, last: int) -> str:
    return f"{rng.randint(first, last)}:{rng.choice(('00', '00', '15', '30', '30', '45'))}"


def _kilometres(rng: random.Random) -> str:
    return f"{rng.randint(2, 40)} km" if rng.random() < 0.6 else f"{rng.randint(1, 9)}.{rng.randint(1, 9)} km"


def _season(rng: random.Random) -> str:
    first = rng.randint(1, 7)
    return f"{names.MONTHS[first]} to {names.MONTHS[rng.randint(first + 1, 11)]}"


SLOTS: dict[str, Callable[[random.Random], str]] = {
    "person": names.person, "company": names.company, "place": names.place, "product": names.product,
    "month": names.month, "weekday": names.weekday, "First": names.first_name, "season": _season,
    "word": lambda rng: names.word(rng, 2), "Word": lambda rng: names.word(rng, 2).capitalize(),
    "clock": lambda rng: _clock(rng, 7, 19), "morning": lambda rng: _clock(rng, 6, 11),
    "evening": lambda rng: _clock(rng, 15, 23), "km": _kilometres,
    "dollars": lambda rng: f"{rng.randint(3, 99)} dollars", "kg": lambda rng: f"{rng.randint(3, 900)} kg",
    "minutes": lambda rng: f"{rng.randint(2, 24) * 5} minutes", "years": lambda rng: f"{rng.randint(2, 12)} years",
    "ext": lambda rng: str(rng.randint(100, 4999)), "room": lambda rng: str(rng.randint(100, 599)),
    "big": lambda rng: str(rng.randint(1000, 9999)), "year": lambda rng: str(rng.randint(1890, 2024)),
    "n": lambda rng: str(rng.randint(10, 99)), "digit": lambda rng: str(rng.randint(2, 9)),
    "letter": lambda rng: rng.choice(LETTERS),
}  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """One thing said of one entity, with a question that it answers."""

    entity: str
    attribute: str
    value: str
    sentence: str
    question: str


@dataclass
class Attribute:
    """How the values of an attribute look, and how facts and questions about it are worded."""

    name: str
    values: str
    wordings: dict[str, list[str]] = field(default_factory=lambda: {mark: [] for mark in MARKS})


@dataclass
class Domain:
    """A kind of entity and what can be said of it."""

    name: str
    entities: str
    kind: str
    attributes: dict[str, Attribute]


def expand(rng: random.Random, text: str) -> str:
    """The text with each [a|b] picked, innermost first, and each {slot} filled in."""
    while found := CHOICE.search(text):
        text = text[: found.start()] + rng.choice(found[1].split("|")) + text[found.end() :]
    return SLOT.sub(lambda slot: SLOTS[slot[1]](rng) if slot[1] in SLOTS else slot[0], text)


def sentence_case(text: str) -> str:
    """The text with a capital first letter and the rest as it is."""
    return text[:1].upper() + text[1:]


@cache
def load(name: str) -> dict[str, Domain]:
    """The domains of templates/<name>.txt by name."""
    macros: dict[str, str] = {}
    domains: dict[str, Domain] = {}
    last = Attribute("", "")
    for raw in (TEMPLATES / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        line = SLOT.sub(lambda slot: macros.get(slot[1], slot[0]), raw)
        if line.startswith("$"):
            key, _, options = line[1:].partition(" = ")
            macros[key] = options if options.startswith("[") else f"[{options}]"
        elif line.startswith("== "):
            domain = _domain(line[3:], domains)
            domains[domain.name] = domain
        elif line[:1] in MARKS and line:
            last.wordings[line[0]] += line[2:].split(" / ")
        elif line and not line.startswith("#"):
            key, _, values = line.partition(": ")
            last = domain.attributes[key] = Attribute(key, values)
    return domains


def _domain(line: str, known: dict[str, Domain]) -> Domain:
    """The domain of a header line, with the attributes of its bases."""
    name, *rest = (part.strip() for part in re.split(r" \| ?", line))
    bases = rest[2].split() if len(rest) > 2 else []
    inherited = {key: value for base in bases for key, value in known[base].attributes.items()}
    return Domain(name, rest[0], rest[1], inherited)


class NoEntityLeft(ValueError):
    """A domain has no further entity whose name stands in none of the others."""


def entity(rng: random.Random, domain: Domain, taken: Collection[str] = ()) -> str:
    """A new entity, none of whose names stands inside another's."""
    for _ in range(200):
        found = expand(rng, domain.entities)
        if not any(found in other or other in found for other in taken):
            return found
    raise NoEntityLeft(domain.name)


def draw(rng: random.Random, domain: Domain, who: str, attribute: str, taken: Collection[str] = ()) -> Fact:
    """A fact about `who`, with a value that is not in `taken` where there is another one."""
    shape = domain.attributes[attribute]
    for _ in range(30):
        value = expand(rng, shape.values)
        if value not in taken:
            break
    said = expand(rng, rng.choice(shape.wordings["+"])).replace("{e}", who).replace("{v}", value)
    asked = expand(rng, rng.choice(shape.wordings["?"])).replace("{e}", who)
    return Fact(who, attribute, value, sentence_case(said), sentence_case(asked))


def other_question(rng: random.Random, domain: Domain, fact: Fact) -> str:
    """The question that a fact answers, half of the time in one of the further wordings where there are any."""
    further = domain.attributes[fact.attribute].wordings["~"]
    if not further or rng.random() < 0.5:
        return fact.question
    return sentence_case(expand(rng, rng.choice(further)).replace("{e}", fact.entity))


def comparison(rng: random.Random, domain: Domain, one: Fact, other: Fact) -> tuple[str, str]:
    """A question about which of two facts of one attribute has more or less, and its answer."""
    wordings = domain.attributes[one.attribute].wordings
    mark = rng.choice([mark for mark in "<>" if wordings[mark]])
    ordered = sorted((one, other), key=lambda fact: amount(fact.value))
    asked = rng.choice(wordings[mark]).replace("{a}", one.entity).replace("{b}", other.entity)
    return asked, ordered[0 if mark == "<" else 1].entity


def chain(rng: random.Random, domain: Domain, link: Fact, end: Fact) -> str:
    """A question about `end` that names its entity only through `link`."""
    phrase = expand(rng, rng.choice(domain.attributes[link.attribute].wordings["="])).replace("{v}", link.value)
    phrase = phrase.replace("{kind}", domain.kind)
    open_ended = [text for text in domain.attributes[end.attribute].wordings["?"] if "{e}'s" not in text]
    asked = rng.choice(open_ended)
    return sentence_case(asked.replace("the {e}", phrase).replace("{e}", phrase))


def amount(value: str) -> float:
    """The size of a value: "9:30" is 570 (minutes), "1.2 km" is 1.2."""
    first, *rest = (float(part) for part in re.findall(r"\d+(?:\.\d+)?", value))
    return first * 60 + rest[0] if rest and ":" in value else first
