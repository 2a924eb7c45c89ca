"""Sums and word problems, worked digit by digit by the grammar that taught `pocket` to add.

    >>> import random
    >>> item = generate(random.Random(7), 2, "sums")
    >>> item.prompt, item.answer
    ('Find the sum of 431 and 254.', '685')
    >>> score(item, "685.0").correct, score(item, "686").correct
    (True, False)

Levels of "sums" 1 to 6: two digits, three digits, subtraction, one-digit products, chains of two, four-digit sums; of
"words" the level is the number of operations in the story at most.
"""

from __future__ import annotations

import random

from phicookbook.corpora import arithmetic as grammar
from phicookbook.reasoning.item import Item, Score, name_of
from phicookbook.reasoning.shapes import number

LEVELS = (1, 2, 3, 4, 5, 6)
KINDS = ("sums", "words")
SHAPE = "number"
SUMS = {1: "add2", 2: "add3", 3: "sub", 4: "mul1", 5: "chain"}
FORM = "End with a line 'Answer: N', where N is the number."


def generate(rng: random.Random, level: int, kind: str) -> Item:
    """A sum or a story."""
    if kind == "words":
        text, lines, answer = _story(rng, level)
    elif level in SUMS:
        text, lines, answer = grammar.plain_problem(rng, SUMS[level])
    else:
        a, b = (grammar.pick_number(rng, 4) for _ in range(2))
        text, lines, answer = f"What is {a} + {b}?", grammar.add_lines(a, b), a + b
    id = name_of("arithmetic", level, kind, text)
    return Item(id, "arithmetic", text, str(answer), SHAPE, FORM, level, kind, {"answer": answer, "lines": lines})


def _story(rng: random.Random, level: int) -> tuple[str, list[str], int]:
    """A word problem; the grammar's own up to level 2, longer ones above."""
    if level <= 2:
        return grammar.word_problem(rng)
    who, other = grammar.names.first_name(rng), grammar.names.first_name(rng)
    thing, start = rng.choice(grammar.OBJECTS), grammar.pick_number(rng, 2)
    moves = grammar.moves_of(rng, start, level, 90)
    parts = [rng.choice(grammar.STARTS).format(n=who, a=start, o=thing)]
    for sign, amount in moves:
        parts.append(rng.choice(grammar.GAINS if sign == "+" else grammar.LOSSES).format(n=who, m=other, b=amount))
    lines, answer = grammar.worked(start, moves)
    return " ".join([*parts, rng.choice(grammar.ENDS).format(o=thing, n=who)]), lines, answer


def score(item: Item, answer: str) -> Score:
    """Right when the number is the same."""
    return Score.of_bool(number(answer) == item.data["answer"])


def teach(item: Item, rng: random.Random) -> tuple[str, str]:
    """(thinking, answer): each column with its digits, its carry and the result so far."""
    return "\n".join(item.data["lines"]), item.answer
