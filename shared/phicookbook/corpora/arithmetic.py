"""Sums worked digit by digit, with the thinking written out or the bare answer.

Every token of a trace is one small look-up away from the tokens before it: each column
names its digits, its carry and the digits that the result has so far.

    print(sample(random.Random(1)).answer)
"""

from __future__ import annotations

import random

from phicookbook.corpora import names
from phicookbook.corpora.sample import Sample, conversation

REASONING_PROMPT = (
    "You are a careful thinker. Think step by step inside <think> and </think>, then give the answer."
)
THINKING_SHARE = 0.7
COLUMNS = ("units", "tens", "hundreds", "thousands", "ten thousands")
KINDS = {"add3": 40, "sub": 14, "add2": 12, "mul1": 8, "compare": 8, "word": 12, "chain": 6}

ADD_ASKS = (
    "What is {a} + {b}?", "{a} + {b} = ?", "Add {a} and {b}.", "What is {a} plus {b}?", "{a} + {b}",
    "Calculate {a} + {b}.", "Find the sum of {a} and {b}.", "How much is {a} + {b}?", "Compute {a} plus {b}.",
)
SUB_ASKS = (
    "What is {a} - {b}?", "{a} - {b} = ?", "Subtract {b} from {a}.", "What is {a} minus {b}?", "{a} - {b}",
    "Calculate {a} - {b}.", "How much is {a} - {b}?", "Take {b} away from {a}.",
)
MUL_ASKS = (
    "What is {a} x {b}?", "{a} x {b} = ?", "Multiply {a} by {b}.", "What is {a} times {b}?", "{a} x {b}",
    "Calculate {a} x {b}.", "How much is {a} times {b}?",
)
CHAIN_ASKS = ("What is {e}?", "{e} = ?", "Calculate {e}.", "{e}", "Work out {e}.", "How much is {e}?")
COMPARE_ASKS = (
    "Which is {w}, {a} or {b}?", "Which number is {w}: {a} or {b}?", "Tell me the {w} of {a} and {b}.",
    "{a} or {b}: which one is {w}?",
)
OBJECTS = (
    "apples", "pencils", "stamps", "marbles", "books", "coins", "shells", "stickers", "eggs", "cookies",
    "tickets", "beads", "candles", "cups", "plates", "bricks", "nails", "buttons", "roses", "tulips",
    "lemons", "peaches", "cards", "keys", "maps", "stones", "feathers", "ribbons", "postcards", "crayons",
    "balloons", "oranges", "plums", "walnuts", "muffins", "bottles", "spoons", "socks", "photos", "badges",
    "magnets", "bulbs", "seeds", "letters", "boxes of tea", "jars of honey", "notebooks", "tiles",
)
STARTS = (
    "{n} has {a} {o}.", "{n} starts with {a} {o}.", "There are {a} {o} in the shop of {n}.",
    "{n} keeps {a} {o} at home.", "In the morning {n} counts {a} {o}.",
)
PACKS = ("bags", "boxes", "baskets", "jars", "drawers", "crates")
GAINS = (
    "{n} buys {b} more.", "Then {n} finds {b} more.", "{m} gives {n} {b} more.", "{n} gets {b} more from {m}.",
    "Later {n} collects {b} more.",
)
LOSSES = (
    "{n} gives {b} to {m}.", "Then {n} loses {b}.", "{n} sells {b} to {m}.", "Later {n} gives away {b}.",
    "{m} takes {b} of them.",
)
ENDS = ("How many {o} are there now?", "How many {o} does {n} have now?", "How many {o} does {n} have in the end?")


def answer_of(text: str) -> str:
    """The final answer of a reply, without its think block; "" when the block never closes."""
    if "<think>" not in text:
        return text.strip()
    head, mark, tail = text.partition("</think>")
    return tail.strip() if mark else ""


def thinking_sample(rng: random.Random, task: str, user: str, lines: list[str], final: str, **meta) -> Sample:
    """A sample in the thinking mode (70%) or in the direct mode, with `kind` in `meta`."""
    if rng.random() < THINKING_SHARE:
        steps = "\n".join(lines)
        messages = conversation(user, f"<think>\n{steps}\n</think>\n{final}", REASONING_PROMPT)
    else:
        messages = conversation(user, final)
    return Sample(task, messages, meta["kind"], meta)


def padded(a: int, b: int) -> tuple[str, str]:
    """Both numbers with the same count of digits."""
    width = max(len(str(a)), len(str(b)))
    return str(a).zfill(width), str(b).zfill(width)


def add_lines(a: int, b: int) -> list[str]:
    """Column addition from the units, with the carry and the digits found so far."""
    top, low = padded(a, b)
    lines, carry, have = [f"{top} + {low}"], 0, ""
    for place, (x, y) in zip(COLUMNS, zip(reversed(top), reversed(low))):
        total = int(x) + int(y) + carry
        have = f"{total % 10}{have}"
        step = f"{place}: {x} + {y} + {carry} = {total}, write {total % 10}"
        carry = total // 10
        lines.append(f"{step}, carry {carry}, have {have}")
    if carry:
        lines.append(f"{COLUMNS[len(top)]}: {carry}, have {carry}{have}")
    return [*lines, f"So {a + b}."]


def sub_lines(a: int, b: int) -> list[str]:
    """Column subtraction from the units, for a >= b."""
    top, low = padded(a, b)
    lines, borrow, have = [f"{top} - {low}"], 0, ""
    for place, (x, y) in zip(COLUMNS, zip(reversed(top), reversed(low))):
        need = int(x) < int(y) + borrow
        digit = int(x) + 10 * need - int(y) - borrow
        have = f"{digit}{have}"
        full = f"{int(x) + 10 * need} - {y} - {borrow} = {digit}"
        lines.append(f"{place}: {x} - {y} - {borrow}, borrow {int(need)}, {full}, have {have}")
        borrow = int(need)
    return [*lines, f"So {a - b}."]


def mul_lines(a: int, b: int) -> list[str]:
    """Multiplication by one digit, from the units."""
    lines, carry, have = [f"{a} x {b}"], 0, ""
    for place, x in zip(COLUMNS, reversed(str(a))):
        product = int(x) * b
        total = product + carry
        have = f"{total % 10}{have}"
        step = f"{place}: {x} x {b} = {product}, {product} + {carry} = {total}, write {total % 10}"
        carry = total // 10
        lines.append(f"{step}, carry {carry}, have {have}")
    if carry:
        lines.append(f"{COLUMNS[len(str(a))]}: {carry}, have {carry}{have}")
    return [*lines, f"So {a * b}."]


def compare_lines(a: int, b: int, answer: int) -> list[str]:
    """Digits compared from the left until they differ."""
    top, low = padded(a, b)
    lines = [f"{top} and {low}"]
    for index, (x, y) in enumerate(zip(top, low)):
        verdict = "same" if x == y else ("first is larger" if x > y else "second is larger")
        lines.append(f"{COLUMNS[len(top) - 1 - index]}: {x} and {y}, {verdict}")
        if x != y:
            break
    return [*lines, f"So {answer}."]


def worked(start: int, moves: list[tuple[str, int]]) -> tuple[list[str], int]:
    """The lines and the result of several operations, one after the other."""
    lines: list[str] = []
    for sign, number in moves:
        write = {"+": add_lines, "-": sub_lines, "x": mul_lines}[sign]
        lines += write(start, number)
        start = {"+": start + number, "-": start - number, "x": start * number}[sign]
    return lines, start


def pick_number(rng: random.Random, digits: int) -> int:
    """A number with exactly this many digits."""
    return rng.randint(10 ** (digits - 1), 10**digits - 1)


def moves_of(rng: random.Random, start: int, count: int, top: int) -> list[tuple[str, int]]:
    """Additions and subtractions that never go below zero."""
    moves, value = [], start
    for _ in range(count):
        sign = rng.choice("+-") if value > 1 else "+"
        number = rng.randint(1, top if sign == "+" else min(top, value))
        value += number if sign == "+" else -number
        moves.append((sign, number))
    return moves


def word_problem(rng: random.Random) -> tuple[str, list[str], int]:
    """Question, lines and answer of a story with one or two steps."""
    who, other = names.first_name(rng), names.first_name(rng)
    while other == who:
        other = names.first_name(rng)
    thing = rng.choice(OBJECTS)
    if rng.random() < 0.15:
        a, b = sorted((pick_number(rng, 2), pick_number(rng, 2)), reverse=True)
        text = f"{who} has {a} {thing} and {other} has {b}. How many more {thing} does {who} have than {other}?"
        return text, *worked(a, [("-", b)])
    if rng.random() < 0.3:
        packs, each = rng.randint(2, 9), rng.randint(3, 30)
        start, moves = each, [("x", packs)]
        parts = [f"{who} has {packs} {rng.choice(PACKS)} with {each} {thing} in each."]
        extra = moves_of(rng, packs * each, rng.randint(0, 1), 40)
    else:
        start, moves = max(2, pick_number(rng, rng.choice((1, 2, 2, 2, 3)))), []
        parts = [rng.choice(STARTS).format(n=who, a=start, o=thing)]
        extra = moves_of(rng, start, rng.randint(1, 2), 90)
    for sign, number in extra:
        parts.append(rng.choice(GAINS if sign == "+" else LOSSES).format(n=who, m=other, b=number))
    ends = ENDS if extra else ("How many {o} does {n} have in all?", "How many {o} are there in all?")
    parts.append(rng.choice(ends).format(o=thing, n=who))
    return " ".join(parts), *worked(start, moves + extra)


def plain_problem(rng: random.Random, kind: str) -> tuple[str, list[str], int]:
    """Question, lines and answer of a bare sum."""
    if kind in ("add3", "add2"):
        a, b = (pick_number(rng, int(kind[-1])) for _ in range(2))
        return rng.choice(ADD_ASKS).format(a=a, b=b), add_lines(a, b), a + b
    if kind == "sub":
        first = rng.choice((2, 3))
        a, b = sorted((pick_number(rng, first), pick_number(rng, rng.randint(1, first))), reverse=True)
        return rng.choice(SUB_ASKS).format(a=a, b=b), sub_lines(a, b), a - b
    if kind == "mul1":
        a, b = pick_number(rng, 2), rng.randint(2, 9)
        return rng.choice(MUL_ASKS).format(a=a, b=b), mul_lines(a, b), a * b
    if kind == "chain":
        start = rng.randint(2, 30)
        moves = moves_of(rng, start, 2, 30)
        text = str(start) + "".join(f" {sign} {number}" for sign, number in moves)
        return rng.choice(CHAIN_ASKS).format(e=text), *worked(start, moves)
    a, b = close_pair(rng)
    want = rng.choice(("larger", "smaller"))
    answer = max(a, b) if want == "larger" else min(a, b)
    return rng.choice(COMPARE_ASKS).format(w=want, a=a, b=b), compare_lines(a, b, answer), answer


def close_pair(rng: random.Random) -> tuple[int, int]:
    """Two different numbers, often with the same first digits."""
    a = pick_number(rng, rng.choice((2, 3, 3)))
    b = a
    while b == a:
        near = rng.choice((9, 99))
        b = rng.randint(max(1, a - near), a + near) if rng.random() < 0.6 else pick_number(rng, rng.choice((2, 3)))
    return a, b


def sample(rng: random.Random) -> Sample:
    """One sum of a random kind."""
    kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
    text, lines, answer = word_problem(rng) if kind == "word" else plain_problem(rng, kind)
    return thinking_sample(rng, "arithmetic", text, lines, str(answer), answer=answer, kind=kind)
