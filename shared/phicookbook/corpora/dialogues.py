"""Several questions about one text, turn by turn: practice in look-up with an answer in nearly every line.

    print(sample(random.Random(1)).messages)

Kinds: "facts" (a context and questions on it, some without an answer), "pairs" (keys and their values), "labels" (examples and inputs to label).
"""

from __future__ import annotations

import random

from phicookbook.corpora import context, copying, labels
from phicookbook.corpora.facts import Fact, NoEntityLeft
from phicookbook.corpora.sample import Message, Sample

Turn = tuple[str, str]  # what is asked, and the answer
SHARES = {"facts": 50, "pairs": 25, "labels": 25}
MOST_TURNS = 6
MOST_UNSAID = 3


def facts(rng: random.Random) -> list[Turn]:
    """Questions on the facts of one context, and up to MOST_UNSAID on facts that are not there."""
    while True:
        try:
            found = context.material(rng, rng.choice(("answerable", "unanswerable")), rng.randint(2, 8))
            break
        except NoEntityLeft:
            continue
    told = [fact for fact in found.facts if fact.question]  # some lines tell nothing
    missing = unsaid(rng, told)
    if found.answer == context.NOT_SAID:
        missing.insert(0, (found.question, found.answer))
    missing = missing[: rng.randint(0, MOST_UNSAID)]
    said = rng.sample(told, min(len(told), MOST_TURNS - len(missing)))
    turns = [*((fact.question, fact.value) for fact in said), *missing] or [(found.question, found.answer)]
    rng.shuffle(turns)
    first = context.layout(rng, context.Material(found.facts, *turns[0], found.needs))
    lead = rng.choice(context.ASKS)
    return [(first, turns[0][1]), *((lead + asked, answer) for asked, answer in turns[1:])]


def unsaid(rng: random.Random, known: list[Fact]) -> list[Turn]:
    """What is told of one entity, asked of one like it: the same words, but here the context does not say.

    Entities are alike when the context tells something of the same kind about both.
    """
    told: dict[str, set[str]] = {}
    for fact in known:
        told.setdefault(fact.entity, set()).add(fact.attribute)
    found = [
        (fact.question.replace(fact.entity, other), context.NOT_SAID)
        for fact in known
        for other, attributes in told.items()
        if fact.attribute not in attributes and attributes & told[fact.entity] and fact.entity in fact.question
    ]
    return rng.sample(found, len(found))


def pairs(rng: random.Random) -> list[Turn]:
    """The values of some keys of one list."""
    found, text = copying.pairs_text(rng)
    asked = rng.sample(list(found), min(len(found), MOST_TURNS))
    form = rng.choice(copying.ASK_KEY)
    first, *later = [(form.format(k=key), found[key]) for key in asked]
    return [(f"{text}\n{first[0]}", first[1]), *later]


def labelled(rng: random.Random) -> list[Turn]:
    """Inputs to label like the examples: new ones, or some that the examples show."""
    shots = rng.randint(3, 8)
    if rng.random() < 0.5:
        shown, _, _, classes = labels.identity_draft(rng, shots)
        asked = rng.sample(shown, min(shots, MOST_TURNS))
    else:
        kind = rng.choice([kind for kind in labels.KINDS if kind != "letter"])
        drawn, _, _, classes = labels.rule_draft(rng, kind, shots + MOST_TURNS)
        shown = drawn[:shots]
        asked = [pair for pair in drawn[shots:] if pair[1] in {name for _, name in shown}]
        asked = asked or shown[:1]
    calls = labels.rename(rng, classes, free=False)
    form, gap = rng.choice(labels.LAYOUTS)
    lines = [form.format(x=text, y=calls[name]) for text, name in shown]
    first, *later = [(form.format(x=text, y="").rstrip(), calls[name]) for text, name in asked]
    return [(gap.join([*lines, first[0]]), first[1]), *later]


KINDS = {"facts": facts, "pairs": pairs, "labels": labelled}


def sample(rng: random.Random) -> Sample:
    """One conversation of up to MOST_TURNS turns."""
    kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
    turns = KINDS[kind](rng)
    messages: list[Message] = []
    for asked, answer in turns:
        messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
    return Sample("dialogues", messages, kind, {"text": turns[0][0], "answer": turns[-1][1]})
