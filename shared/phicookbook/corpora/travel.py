"""Museums, trails, ferries, bakeries and hotels that do not exist, in towns of which some do.

    travel.facts(random.Random(0), 3)[0].sentence  # "The Velvoo Cave Walk is open from March to August."
"""

from __future__ import annotations

import random

from phicookbook.corpora import facts as wordings
from phicookbook.corpora.facts import Domain, Fact

PARTS = ("place", "hours", "paid", "lasting")  # bases of the other domains, no kinds of place


def domains() -> dict[str, Domain]:
    """The kinds of place by name: museum, trail, lighthouse, ferry, bakery, hotel and others."""
    return {name: domain for name, domain in wordings.load("travel").items() if name not in PARTS}


def facts(rng: random.Random, n: int) -> list[Fact]:
    """`n` facts about several places, never two of one entity and attribute."""
    kinds = list(domains().values())
    found: list[Fact] = []
    entities: list[str] = []
    while len(found) < n:
        domain = rng.choice(kinds)
        entities.append(wordings.entity(rng, domain, entities))
        count = min(rng.randint(2, 5), n - len(found))
        for attribute in rng.sample(list(domain.attributes), count):
            found.append(wordings.draw(rng, domain, entities[-1], attribute))
    return found


def name_parts(kind: str) -> tuple[str, str]:
    """How the names of a kind of place begin and end: ("[{Word}|...]", "[Hotel|Inn|Lodge]")."""
    first, last = domains()[kind].entities.split("]] ")
    return f"{first}]]", last


def nouns(kind: str) -> list[str]:
    """What the names of a kind of place end in: Hotel, Inn, Lodge."""
    return name_parts(kind)[1].strip("[]").split("|")


def namesake(rng: random.Random, who: str) -> tuple[Domain, str]:
    """Another kind of place with the same first name: the Velvoo Inn beside the Velvoo Museum."""
    ends = [(domain, noun) for domain in domains().values() for noun in nouns(domain.name)]
    own = next(noun for _, noun in ends if who.endswith(f" {noun}"))
    domain, noun = rng.choice([end for end in ends if end[1] != own])
    return domain, f"{who.removesuffix(own)}{noun}"
