"""Short practice in looking things up and copying them, mostly strings that were never seen.

    print(sample(random.Random(1)).messages)
"""

from __future__ import annotations

import random
import string

from phicookbook.corpora import names
from phicookbook.corpora.sample import Sample, conversation

Exercise = tuple[str, str]  # user text and answer

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
# Letters are one token each, so that what to look for and what to copy is one token: the easiest look-up there is.
LETTERS = string.ascii_letters + string.digits
FLAVOURS = ("word", "word", "word", "letter", "letter", "code", "first_name", "person", "company", "place", "product", "mixed")
SINGLE = ("word", "word", "word", "letter", "letter", "code", "first_name", "mixed")
RECITED = ("word", "word", "code", "first_name", "mixed")
KEYS = (
    "name", "city", "code", "colour", "owner", "total", "room", "status", "date", "team", "phone", "size", "price",
    "email", "model", "level", "title", "door", "seat", "shelf",
)
REPEAT = ("Repeat: {t}", "Repeat this line exactly:\n{t}", "Copy: {t}", "Write this again: {t}", "Say exactly this: {t}", "Echo {t}")
ASK_KEY = ("What is the value of {k}?", "{k}?", "Give me {k}.", "Which value belongs to {k}?", "Look up {k}.", "Find {k}.")
ASK_NTH = (
    "What is the {n} item of this list? {t}", "Give the {n} item: {t}", "{t}\nWhich one is {n}?", "List: {t}. Name the {n} one.",
)
ASK_AFTER = (
    "Which word comes after {x}? {t}", "{t}\nWhat comes right after {x}?", "In the line \"{t}\", what follows {x}?",
    "Find the word after {x}: {t}",
)
ASK_LINE = (
    "Find the line that contains {x}.\n{t}", "{t}\n\nWhich line contains {x}?", "Copy the line with {x} in it.\n{t}",
    "{t}\n\nGive me the line with {x}.",
)
ASK_REPLACE = (
    "Replace {x} with {y}: {t}", "Copy this line but write {y} instead of {x}:\n{t}", "{t}\nChange {x} to {y}.",
    "In this line, put {y} in place of {x}: {t}",
)
ASK_SPELL = ("Spell {x}.", "Spell {x} with spaces.", "Write the letters of {x} with spaces.", "How is {x} spelled?", "Letters of {x}:")
ASK_KEYS = ("List the keys only.", "Which keys are there?", "Give me only the keys.", "Name the keys.")
PAIR_FORMS = ("{k}: {v}", "{k} = {v}", "{k} is {v}", "{k} -> {v}")


def thing(rng: random.Random, flavour: str) -> str:
    """One item to copy."""
    if flavour == "mixed":
        flavour = rng.choice(("word", "code", "first_name"))
    if flavour == "letter":
        return rng.choice(LETTERS)
    if flavour == "code":
        digits = "".join(rng.choices("0123456789", k=rng.randint(2, 4)))
        return rng.choice(("", "", rng.choice("ABCDEFGHKMNPRSTX"), rng.choice("ABCDEFGHKMNPRSTX") + "-")) + digits
    if flavour == "word":
        return names.word(rng, rng.choice((1, 1, 2, 2, 3)))
    return getattr(names, flavour)(rng)


def things(rng: random.Random, count: int, flavours: tuple[str, ...] = FLAVOURS) -> list[str]:
    """Items of one flavour, none of which is a part of another."""
    flavour, found = rng.choice(flavours), []
    while len(found) < count:
        item = thing(rng, flavour)
        if not any(item in other or other in item for other in found):
            found.append(item)
    return found


def repeat(rng: random.Random) -> Exercise:
    """A line again, exactly."""
    items = things(rng, rng.randint(2, 8), SINGLE + ("person", "place"))
    text = rng.choice((" ", " ", ", ")).join(items)
    return rng.choice(REPEAT).format(t=text), text


def recite(rng: random.Random) -> Exercise:
    """A long line again, of letters or of words."""
    letters = rng.random() < 0.5
    text = " ".join(rng.sample(LETTERS, rng.randint(9, 50)) if letters else things(rng, rng.randint(9, 28), RECITED))
    return rng.choice(REPEAT).format(t=text), text


def pairs_text(rng: random.Random) -> tuple[dict[str, str], str]:
    """Keys with values, and the text that lists them."""
    count = rng.randint(2, 8)
    keys = rng.sample(KEYS, count) if rng.random() < 0.4 else things(rng, count, SINGLE)
    pairs = dict(zip(keys, things(rng, count)))
    form = rng.choice(PAIR_FORMS)
    gap = rng.choice(("\n", "\n", "; "))
    return pairs, gap.join(form.format(k=key, v=value) for key, value in pairs.items())


def keyvalue(rng: random.Random) -> Exercise:
    """The value of one key."""
    pairs, text = pairs_text(rng)
    key = rng.choice(list(pairs))
    ask = rng.choice(ASK_KEY).format(k=key)
    return (f"{text}\n{ask}" if rng.random() < 0.7 else f"{ask}\n{text}"), pairs[key]


def keys_only(rng: random.Random) -> Exercise:
    """The keys of a list of pairs."""
    pairs, text = pairs_text(rng)
    ask = rng.choice(ASK_KEYS)
    return (f"{text}\n{ask}" if rng.random() < 0.6 else f"{ask}\n{text}"), ", ".join(pairs)


def nth(rng: random.Random) -> Exercise:
    """The nth item, or the last one."""
    items = things(rng, rng.randint(2, 8))
    place = rng.randrange(len(items))
    if rng.random() < 0.2:
        place, word = len(items) - 1, "last"
    else:
        word = ORDINALS[place]
    return rng.choice(ASK_NTH).format(n=word, t=", ".join(items)), items[place]


def after(rng: random.Random) -> Exercise:
    """The word after another one."""
    items = things(rng, rng.randint(3, 8), SINGLE)
    place = rng.randrange(len(items) - 1)
    return rng.choice(ASK_AFTER).format(x=items[place], t=" ".join(items)), items[place + 1]


def line(rng: random.Random) -> Exercise:
    """The only line that holds a word."""
    count, width = rng.randint(2, 5), rng.randint(2, 4)
    items = things(rng, count * width, SINGLE)
    rows = [" ".join(items[width * n : width * (n + 1)]) for n in range(count)]
    place = rng.randrange(len(items))
    return rng.choice(ASK_LINE).format(x=items[place], t="\n".join(rows)), rows[place // width]


def replace(rng: random.Random) -> Exercise:
    """A line again, with one word exchanged."""
    *items, new = things(rng, rng.randint(4, 8), SINGLE)
    place = rng.randrange(len(items))
    changed = [*items[:place], new, *items[place + 1 :]]
    return rng.choice(ASK_REPLACE).format(x=items[place], y=new, t=" ".join(items)), " ".join(changed)


def spell(rng: random.Random) -> Exercise:
    """A word with spaces between its letters."""
    word = thing(rng, rng.choice(("word", "word", "word", "first_name", "code")))
    return rng.choice(ASK_SPELL).format(x=word), " ".join(word)


KINDS = {
    "repeat": (repeat, 12), "recite": (recite, 12), "keyvalue": (keyvalue, 24), "nth": (nth, 10), "after": (after, 12), "line": (line, 10),
    "replace": (replace, 10), "spell": (spell, 7), "keys": (keys_only, 7),
}


def sample(rng: random.Random) -> Sample:
    """One exercise of a random kind."""
    kind = rng.choices(list(KINDS), [weight for _, weight in KINDS.values()])[0]
    user, answer = KINDS[kind][0](rng)
    return Sample("copying", conversation(user, answer), kind, {"kind": kind, "answer": answer})
