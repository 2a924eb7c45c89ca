"""Small logic puzzles whose traces state the whole state after each step.

    print(sample(random.Random(1)).answer)
"""

from __future__ import annotations

import random

from phicookbook.corpora import names
from phicookbook.corpora.arithmetic import thinking_sample
from phicookbook.corpora.sample import Sample

Puzzle = tuple[str, list[str], str]  # question, trace, answer

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SCALES = (
    ("taller", "shorter", "tallest", "shortest"), ("older", "younger", "oldest", "youngest"),
    ("faster", "slower", "fastest", "slowest"), ("stronger", "weaker", "strongest", "weakest"),
    ("richer", "poorer", "richest", "poorest"),
)
COLOURS = ("red", "blue", "green", "white", "black", "yellow")
HIDDEN = ("coin", "ring", "key", "bean", "stone", "button", "shell", "dice", "pearl", "nut", "bell", "cork")
VARIABLES = (("p", "q", "r"), ("a", "b", "c"), ("x", "y", "z"))
PARITY_ASKS = (
    "Coins: {c}. Is the number of {w} even or odd?", "These coins lie on a table: {c}. Are the {w} even or odd in number?",
    "Is the count of {w} in this list even or odd? {c}",
)
LETTER_ASKS = (
    'How many times does the letter {x} occur in "{w}"?', 'Count the letter {x} in "{w}".',
    'How many {x} are in the word "{w}"?',
)
REVERSE_ASKS = (
    'Reverse the letters of "{w}".', 'Write "{w}" backwards.', 'What is "{w}" spelled backwards?', "Reverse this word: {w}",
)
LATER_ASKS = (
    "Today is {d}. What day is it in {n} days?", "It is {d}. Which day comes {n} days later?",
    "If today is {d}, what day is it {n} days from now?",
)
EARLIER_ASKS = (
    "Today is {d}. What day was it {n} days ago?", "It is {d}. Which day came {n} days earlier?",
    "If today is {d}, what day was it {n} days before?",
)
UP_ASKS = ("Sort {l} from smallest to largest.", "Put these numbers in ascending order: {l}.", "Order {l}, smallest first.")
DOWN_ASKS = ("Sort {l} from largest to smallest.", "Put these numbers in descending order: {l}.", "Order {l}, largest first.")


def parity(rng: random.Random) -> Puzzle:
    """Even or odd count of heads or tails."""
    coins = [rng.choice("HT") for _ in range(rng.randint(3, 8))]
    letter, word = rng.choice((("H", "heads"), ("T", "tails")))
    state, lines = "even", [f"count {letter}", "start: even"]
    for coin in coins:
        if coin == letter:
            state = "odd" if state == "even" else "even"
        lines.append(f"{coin}: {state}")
    return rng.choice(PARITY_ASKS).format(c=" ".join(coins), w=f"{word} ({letter})"), lines, state


def letters(rng: random.Random) -> Puzzle:
    """How often a letter occurs in an invented word."""
    word = names.word(rng, rng.choice((1, 2, 2)))
    if rng.random() < 0.4:
        word = "".join(rng.choices(rng.sample("abcdefghilmnoprstu", 3), k=rng.randint(4, 7)))
    letter = rng.choice(word) if rng.random() < 0.8 else rng.choice("abcdefghiklmnoprstuvwz")
    count, lines = 0, [f"count {letter}"]
    for found in word:
        count += found == letter
        lines.append(f"{found}: {count}")
    return rng.choice(LETTER_ASKS).format(x=letter, w=word), lines, str(count)


def some_names(rng: random.Random, count: int) -> list[str]:
    """Different first names."""
    found: list[str] = []
    while len(found) < count:
        name = names.first_name(rng)
        if name not in found:
            found.append(name)
    return found


def ordering(rng: random.Random) -> Puzzle:
    """Who is the tallest of three or four, from facts that join one by one."""
    more, less, most, least = rng.choice(SCALES)
    order = some_names(rng, rng.choice((3, 3, 4)))
    left = rng.randrange(len(order) - 1)
    right, pairs = left + 1, [(left, left + 1)]
    while right - left + 1 < len(order):
        if right == len(order) - 1 or (left > 0 and rng.random() < 0.5):
            left -= 1
            pairs.append((left, left + 1))
        else:
            right += 1
            pairs.append((right - 1, right))
    facts, lines = [], [f"{most} first"]
    for high, low in pairs:
        turned = rng.random() < 0.4
        fact = f"{order[low]} is {less} than {order[high]}" if turned else f"{order[high]} is {more} than {order[low]}"
        facts.append(fact + ".")
        known = pairs[: len(facts)]
        span = order[min(p[0] for p in known) : max(p[1] for p in known) + 1]
        lines.append(f"{fact}: {', '.join(span)}")
    want, answer = rng.choice(((most, order[0]), (least, order[-1])))
    return f"{' '.join(facts)} Who is the {want}?", lines, answer


def swap_pairs(rng: random.Random, keys: list[str]) -> list[tuple[str, str]]:
    """Two to four swaps between different places."""
    return [tuple(rng.sample(keys, 2)) for _ in range(rng.randint(2, 4))]


def cups(rng: random.Random) -> Puzzle:
    """A ball under numbered cups, or several things under coloured cups."""
    size = rng.choice((2, 3, 3, 4))
    one_ball = rng.random() < 0.5
    keys = [str(n + 1) for n in range(size)] if one_ball else rng.sample(COLOURS, size)
    under = dict.fromkeys(keys, "empty") if one_ball else dict(zip(keys, rng.sample(HIDDEN, size)))
    if one_ball:
        spot = rng.choice(keys)
        under[spot] = "ball"
        parts = [f"There are {size} cups. A ball is under cup {spot}."]
    else:
        parts = [" ".join(f"The {key} cup hides a {thing}." for key, thing in under.items())]
    lines = ["start: " + ", ".join(f"{k} {v}" for k, v in under.items())]
    for one, two in swap_pairs(rng, keys):
        under[one], under[two] = under[two], under[one]
        parts.append(f"Swap cups {one} and {two}." if one_ball else f"Swap what is under {one} and {two}.")
        lines.append(f"swap {one} and {two}: " + ", ".join(f"{k} {v}" for k, v in under.items()))
    asked = next((k for k, v in under.items() if v == "ball"), None) or rng.choice(keys)
    if one_ball:
        return " ".join([*parts, "Which cup has the ball?"]), lines, f"cup {asked}"
    if rng.random() < 0.5:
        return " ".join([*parts, f"What is under the {asked} cup?"]), lines, under[asked]
    return " ".join([*parts, f"Which cup hides the {under[asked]}?"]), lines, asked


def reverse(rng: random.Random) -> Puzzle:
    """A word's letters in the other order, each letter put in front of those before it."""
    word = names.word(rng, rng.choice((1, 2)))[:7] if rng.random() < 0.6 else "".join(rng.sample("abdefgiklmnoprstu", rng.randint(3, 5)))
    back, lines = "", []
    for letter in word:
        back = letter + back
        lines.append(f"{letter}: {' '.join(back)}")
    return rng.choice(REVERSE_ASKS).format(w=word), lines, back


def weekdays(rng: random.Random) -> Puzzle:
    """Steps through the week, forwards or backwards."""
    start, count, sign = rng.randrange(7), rng.randint(2, 9), rng.choice((1, 1, -1))
    walk = [DAYS[(start + sign * step) % 7] for step in range(count + 1)]
    lines = [f"{step}: {day}" for step, day in enumerate(walk)]
    asks = LATER_ASKS if sign > 0 else EARLIER_ASKS
    return rng.choice(asks).format(d=walk[0], n=count), lines, walk[-1]


def truth(value: bool) -> str:
    """The value as the puzzles write it."""
    return "true" if value else "false"


def join(one: bool, how: str, two: bool) -> tuple[bool, str]:
    """The value of one and/or two, with the line that says so."""
    value = (one and two) if how == "and" else (one or two)
    return value, f"{truth(one)} {how} {truth(two)} = {truth(value)}"


def boolean(rng: random.Random) -> Puzzle:
    """An expression of two or three variables, innermost part first."""
    keys = rng.choice(VARIABLES)[: rng.choice((2, 3))]
    values = {key: rng.random() < 0.5 for key in keys}
    lines = [", ".join(f"{key} = {truth(value)}" for key, value in values.items())]
    terms, held = [], []
    for key in keys:
        negated = rng.random() < 0.4
        terms.append(f"not {key}" if negated else key)
        held.append(values[key] != negated)
        lines.append(f"{terms[-1]} = " + (f"not {truth(values[key])} = " if negated else "") + truth(held[-1]))
    first = rng.choice(("and", "or"))
    text, (value, line) = f"{terms[0]} {first} {terms[1]}", join(held[0], first, held[1])
    lines.append(line)
    if len(keys) == 3:
        second = rng.choice(("and", "or"))
        text = f"({text}) {second} {terms[2]}"
        value, line = join(value, second, held[2])
        lines.append(line)
    given = ", ".join(f"{key} is {truth(held_value)}" for key, held_value in values.items())
    asks = (f"{given}. What is {text}?", f"Let {given.replace(' is ', ' = ')}. Evaluate: {text}", f"{given}. Is {text} true or false?")
    return rng.choice(asks), lines, truth(value)


def sorting(rng: random.Random) -> Puzzle:
    """Three or four numbers sorted by taking the smallest (or largest) again and again."""
    numbers = rng.sample(range(1, rng.choice((20, 100))), rng.choice((3, 4)))
    down = rng.random() < 0.35
    left, done, lines = list(numbers), [], []
    while left:
        pick = max(left) if down else min(left)
        shown = ", ".join(map(str, left))
        left.remove(pick)
        done.append(str(pick))
        lines.append(f"left {shown}: {'largest' if down else 'smallest'} {pick}, have {', '.join(done)}")
    return rng.choice(DOWN_ASKS if down else UP_ASKS).format(l=", ".join(map(str, numbers))), lines, ", ".join(done)


KINDS = {
    "parity": parity, "letters": letters, "ordering": ordering, "cups": cups, "reverse": reverse,
    "weekdays": weekdays, "boolean": boolean, "sorting": sorting,
}


def sample(rng: random.Random) -> Sample:
    """One puzzle of a random kind."""
    kind = rng.choice(list(KINDS))
    user, lines, answer = KINDS[kind](rng)
    return thinking_sample(rng, "puzzles", user, [*lines, f"So {answer}."], answer, answer=answer, kind=kind)
