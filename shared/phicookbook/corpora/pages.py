"""Contexts as a search finds them: what one page tells of a place, of another place whose name is alike, and lines without a fact.

Some of those lines give an order, which the answer never follows: what stands in a context is data.

    pages.around(random.Random(1), domain, [fact], [fact], 6)   # the fact and five other lines
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

from phicookbook.corpora import facts as wordings
from phicookbook.corpora import styles, travel
from phicookbook.corpora.facts import TEMPLATES, Domain, Fact

TRIES = 60  # draws until a page is as full as it gets


@cache
def fillers() -> list[str]:
    """The lines of templates/filler.txt."""
    lines = (TEMPLATES / "filler.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def around(rng: random.Random, domain: Domain, kept: Sequence[Fact], needs: Sequence[Fact], count: int) -> list[Fact]:
    """The kept facts among up to `count` lines; a line without a fact is a Fact without a question.

    No line answers what `needs` answers.
    """
    lines, who = list(kept), rng.choice(needs).entity
    taken = {(fact.entity, fact.attribute) for fact in [*kept, *needs]}
    for _ in range(TRIES):
        if len(lines) >= count:
            break
        draw = rng.random()
        if draw < 0.3:
            lines.append(Fact("", "", "", _empty(rng, who), ""))
            continue
        source, name = (domain, who) if draw < 0.7 else travel.namesake(rng, who)
        asked = [need.attribute for need in needs if need.attribute in source.attributes]
        attribute = rng.choice(asked) if asked and name != who and rng.random() < 0.6 else rng.choice(list(source.attributes))
        if (name, attribute) in taken:
            continue
        values = [fact.value for fact in [*lines, *needs] if fact.attribute == attribute]
        fact = wordings.draw(rng, source, name, attribute, values)
        if fact.value not in values:
            taken.add((name, attribute))
            lines.append(fact)
    return lines


def _empty(rng: random.Random, who: str) -> str:
    """A line that tells no fact: of the place, of its namesake, or an order that nobody should follow."""
    if rng.random() < 0.15:
        return rng.choice(styles.ORDERS).format(rng.choice(styles.ITEMS).upper())
    return rng.choice(fillers()).replace("{e}", rng.choice([who, travel.namesake(rng, who)[1]]))
