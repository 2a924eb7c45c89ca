"""Questions about a few facts: look one up, combine two, or see that the answer is not there.

    context.sample(random.Random(1)).answer  # "8993"

Kinds: "answerable", "two_facts", "unanswerable" (the answer is NOT_SAID) and "closed_book"
(no context at all; the answer is UNKNOWN).
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from phicookbook.corpora import facts as wordings
from phicookbook.corpora import pages, travel
from phicookbook.corpora.facts import Domain, Fact, NoEntityLeft
from phicookbook.corpora.sample import Sample, conversation

NOT_SAID = "The context does not say."
UNKNOWN = "I do not know."
SHARES = {"answerable": 44, "unanswerable": 34, "two_facts": 16, "closed_book": 6}
PAGES = 0.5  # share of the contexts about travel places whose lines are those of a page
SIZES = ((range(1, 4), 45), (range(4, 7), 30), (range(7, 9), 25))
SYSTEMS = (
    "Answer from the context only. If it does not say, say so.",
    "Use only the context. Keep the answer short.",
    "Answer with a short phrase from the context.",
    "You answer questions about a text. Do not guess.",
    "Copy the answer from the context. If it is not there, say that the context does not say.",
    "Read the context and answer the question in a few words.",
    f"Answer from the context only. If it does not say, answer: {NOT_SAID}",
    f"Answer from the context only. If it does not say, answer: {NOT_SAID}",
)
CLOSED_SYSTEMS = ("Answer in a few words. Do not guess.", "Be honest: if you do not know, say so.",
                  "You are a helpful assistant. Keep answers short.")  # fmt: skip
HEADERS = ("Context:", "Context:", "Context:", "Here is the context:", "Facts:", "Notes:", "Text:", "Read this:")
ASKS = ("Question: ", "Question: ", "Question: ", "Q: ", "Now the question: ", "", "Tell me: ",
        "Excuse me: ", "We have a day ashore. ")  # fmt: skip
ORDERS = ("Answer from the context.", "Answer the question with the context.", "Give a short answer.")


@dataclass(frozen=True)
class Material:
    """The facts of a context, the question, its answer, and the facts that the answer needs."""

    facts: list[Fact]
    question: str
    answer: str
    needs: list[Fact]


def sample(rng: random.Random) -> Sample:
    """One question with its context, or without one when the kind is "closed_book"."""
    kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
    sizes = rng.choices([sizes for sizes, _ in SIZES], [share for _, share in SIZES])[0]
    while True:
        try:
            found = material(rng, kind, rng.choice(sizes))
            break
        except NoEntityLeft:  # a small domain, asked for more entities than it has: about once in a million
            continue
    closed = kind == "closed_book"
    user = _closed(rng, found.question) if closed else layout(rng, found)
    system = rng.choice(CLOSED_SYSTEMS if closed else SYSTEMS) if rng.random() < 0.25 else ""
    meta = {"answer": found.answer, "facts": len(found.facts)}
    return Sample("context", conversation(user, found.answer, system), kind, meta)


def material(rng: random.Random, kind: str, count: int) -> Material:
    """Facts and a question of that kind; `count` is the number of facts (two at least for "two_facts")."""
    domain = _domain(rng)
    needed = _needs(rng, domain, kind)
    if kind == "closed_book":
        return Material([], needed.question, UNKNOWN, needed.needs)
    kept = list(needed.needs)
    if kind == "unanswerable":
        kept.remove(rng.choice(kept))
    if domain.name in travel.domains() and rng.random() < PAGES:
        around = pages.around(rng, domain, kept, needed.needs, max(count, len(kept), 1))
    else:
        around = _distractors(rng, domain, kept, needed, max(count, len(kept)))
    rng.shuffle(around)
    answer = NOT_SAID if kind == "unanswerable" else needed.answer
    return Material(around, needed.question, answer, needed.needs)


def _domain(rng: random.Random) -> Domain:
    """A domain; two in five are kinds of travel place."""
    pool = travel.domains() if rng.random() < 0.4 else wordings.load("context")
    return rng.choice(list(pool.values()))


def _needs(rng: random.Random, domain: Domain, kind: str) -> Material:
    """A question with its answer and the one or two facts that it needs."""
    who = wordings.entity(rng, domain)
    plain = kind == "answerable" or (kind != "two_facts" and rng.random() < 0.8)
    name = rng.choice(list(domain.attributes))
    if plain:
        fact = wordings.draw(rng, domain, who, name)
        return Material([], wordings.other_question(rng, domain, fact), fact.value, [fact])
    ordered = [key for key, shape in domain.attributes.items() if shape.wordings["<"] + shape.wordings[">"]]
    links = [key for key, shape in domain.attributes.items() if shape.wordings["="]]
    if ordered and rng.random() < 0.5:
        one = wordings.draw(rng, domain, who, rng.choice(ordered))
        rival = wordings.entity(rng, domain, [who])
        other = wordings.draw(rng, domain, rival, one.attribute, [one.value])
        question, answer = wordings.comparison(rng, domain, one, other)
        return Material([], question, answer, [one, other])
    link = wordings.draw(rng, domain, who, rng.choice(links))
    end = wordings.draw(rng, domain, who, rng.choice([key for key in domain.attributes if key != link.attribute]))
    return Material([], wordings.chain(rng, domain, link, end), end.value, [link, end])


def _distractors(rng: random.Random, domain: Domain, kept: list[Fact], needed: Material, count: int) -> list[Fact]:
    """The kept facts and others up to `count`, mostly of the same domain, entity or attribute."""
    facts = list(kept)
    asked = [fact.entity for fact in needed.needs]
    entities = list(dict.fromkeys(asked))
    mixed = rng.random() < 0.2
    unsaid = len(kept) < len(needed.needs)
    near = len(kept) if unsaid and rng.random() < 0.6 else -1  # the place of a fact about the asked entity
    while len(facts) < count:
        source, who, name = domain, rng.choice(entities), rng.choice(needed.needs).attribute
        draw = rng.random()
        if mixed and draw < 0.4 and len(facts) != near:
            source = _domain(rng)
        elif draw < 0.3 or len(facts) == near:
            who, name = rng.choice(asked), ""
        if source is not domain or (who in asked and name) or (name and rng.random() < 0.6):
            who = wordings.entity(rng, source, entities)
        if not name or source is not domain or rng.random() < 0.2:
            name = rng.choice(list(source.attributes))
        if any((fact.entity, fact.attribute) == (who, name) for fact in [*facts, *needed.needs]):
            continue
        if source is domain and who not in entities:
            entities.append(who)
        taken = [fact.value for fact in [*facts, *needed.needs] if fact.attribute == name]
        fact = wordings.draw(rng, source, who, name, taken)
        if fact.value not in taken or name not in {need.attribute for need in needed.needs}:
            facts.append(fact)
    return facts


def layout(rng: random.Random, found: Material) -> str:
    """The user's text: the header, the facts in one of four shapes, and the question."""
    lines = [fact.sentence for fact in found.facts]
    shape = rng.choice(("dashes", "numbers", "paragraph", "paragraph", "lines"))
    if shape == "dashes":
        lines = [f"- {line}" for line in lines]
    elif shape == "numbers":
        lines = [f"[{place}] {line}" for place, line in enumerate(lines, 1)]
    body = " ".join(lines) if shape == "paragraph" else "\n".join(lines)
    header = rng.choice(HEADERS) + (" " if shape == "paragraph" and rng.random() < 0.6 else "\n")
    order = rng.choice(ORDERS) + "\n" if rng.random() < 0.15 else ""
    gap = rng.choice(("\n", "\n\n"))
    return f"{order}{header}{body}{gap}{rng.choice(ASKS)}{found.question}"


def _closed(rng: random.Random, question: str) -> str:
    """The user's text without a context."""
    return rng.choice(("", "", "Question: ", "Q: ", "Tell me: ")) + question
