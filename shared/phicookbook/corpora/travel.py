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
