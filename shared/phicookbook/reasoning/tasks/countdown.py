"""Countdown: reach a number with the four operations and each given number at most once.

    >>> item = make([3, 8, 5], 25)
    >>> item.answer
    '5 * (8 - 3)'
    >>> score(item, "5 * (8 - 3)").correct, score(item, "5 * 5").correct, score(item, "(8 - 3) * 5 = 24").correct
    (True, False, True)

Every step of a solution is a whole number from 1 up, as in the television game; an answer may use any fractions on its way. What
stands behind an equals sign is not the answer. The level is how many numbers are given; backtracking pays from three on.
"""

from __future__ import annotations

import ast
import random
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

from phicookbook.reasoning.item import Item, Score, name_of

LEVELS = (2, 3, 4, 5, 6)
KINDS = ("small", "large")
SHAPE = "expression"
FORM = "Each number may be used at most once. End with a line 'Answer: ' and the sum, such as '(8 - 3) * 5'."
MOST_NODES = 40

Term = tuple[int, str]


def generate(rng: random.Random, level: int, kind: str) -> Item:
    """Numbers that are drawn, and a target that some of them reach; "small" has numbers to 12 and targets to 99."""
    top, most = (12, 99) if kind == "small" else (50, 999)
    while True:
        numbers = [rng.randint(1, top) for _ in range(level)]
        terms: list[Term] = [(value, str(value)) for value in numbers]
        while len(terms) > 1:
            a, b = rng.sample(range(len(terms)), 2)
            rest = [term for place, term in enumerate(terms) if place not in (a, b)]
            terms = [*rest, rng.choice(_joined(terms[a], terms[b]))]
        if 0 < terms[0][0] <= most and terms[0][0] not in numbers:
            return make(numbers, terms[0][0], kind)


def make(numbers: list[int], target: int, kind: str = "given") -> Item:
    """The item of some numbers and a target; raises ValueError when it cannot be reached."""
    text = f"Make {target} from the numbers {', '.join(map(str, numbers))}."
    answer = solve([(value, str(value)) for value in numbers], target)
    if answer is None:
        raise ValueError(f"{target} cannot be made from {numbers}")
    data = {"numbers": numbers, "target": target}
    return Item(name_of("countdown", len(numbers), kind, text), "countdown", text, answer, SHAPE, FORM, len(numbers), kind, data)


def _moves(one: Term, two: Term) -> Iterator[tuple[int, str, Term, Term]]:
    """(value, sign, larger, smaller) of what two terms make together, all whole numbers from 1 up."""
    high, low = (one, two) if one[0] >= two[0] else (two, one)
    a, b = high[0], low[0]
    yield a + b, "+", high, low
    if a > b:
        yield a - b, "-", high, low
    if b > 1:
        yield a * b, "*", high, low
        if a % b == 0:
            yield a // b, "/", high, low


def _joined(one: Term, two: Term) -> list[Term]:
    return [(value, f"({high[1]} {sign} {low[1]})") for value, sign, high, low in _moves(one, two)]


def _bare(text: str) -> str:
    """A sum without the brackets around all of it."""
    return text[1:-1] if text.startswith("(") else text


def solve(terms: list[Term], target: int) -> str | None:
    """A sum that reaches the target, by trying every pair and every operation; None when there is none."""
    for value, text in terms:
        if value == target:
            return _bare(text)
    for i in range(len(terms)):
        for j in range(i):
            rest = [term for place, term in enumerate(terms) if place not in (i, j)]
            for made in _joined(terms[j], terms[i]):
                if found := solve([*rest, made], target):
                    return found
    return None


def value_of(text: str) -> tuple[Fraction, list[int]] | None:
    """(value, numbers used) of a sum of whole numbers, + - * / and brackets; None for anything else. Nothing is executed."""
    plain = text.partition("=")[0].strip()
    if not 0 < len(plain) <= 200:
        return None
    try:
        tree = ast.parse(plain, mode="eval").body
        used: list[int] = []
        return _value(tree, used), used
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return None


def _value(node: ast.AST, used: list[int]) -> Fraction:
    if isinstance(node, ast.Constant) and type(node.value) is int and 0 <= node.value < 10**6 and len(used) < MOST_NODES:
        used.append(node.value)
        return Fraction(node.value)
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, used), _value(node.right, used)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.Div):
            return left / right
    raise ValueError("no sum")


def score(item: Item, answer: str) -> Score:
    """Two constraints: each number at most as often as it is given, and the target reached."""
    found = value_of(answer)
    if found is None:
        return Score(False, 0, 2)
    value, used = found
    allowed, reached = not Counter(used) - Counter(item.data["numbers"]), value == item.data["target"]
    return Score(allowed and reached, allowed + reached, 2)


def teach(item: Item, rng: random.Random, most_lines: int = 60) -> tuple[str, str]:
    """(thinking, answer): a search in depth that writes what is left, joins two numbers, and goes back from a dead end.

    Raises ValueError when it would take more than `most_lines` lines.
    """
    lines: list[str] = []
    answer = _search([(value, str(value)) for value in item.data["numbers"]], item.data["target"], rng, lines, most_lines)
    return "\n".join(lines), _bare(answer)


def _search(terms: list[Term], target: int, rng: random.Random, lines: list[str], most: int) -> str:
    """The sum that reaches the target, "" from a dead end; every step goes to `lines`."""
    lines.append(f"left {' '.join(str(value) for value, _ in terms)}")
    pairs = [(j, i) for i in range(len(terms)) for j in range(i)]
    for a, b in rng.sample(pairs, len(pairs)):
        rest = [term for place, term in enumerate(terms) if place not in (a, b)]
        for value, sign, high, low in _moves(terms[a], terms[b]):
            if len(lines) >= most:
                raise ValueError(f"more than {most} lines")
            end = ", yes" if value == target else "" if rest else ", no"
            lines.append(f"{high[0]} {sign} {low[0]} = {value}{end}")
            whole = f"({high[1]} {sign} {low[1]})"
            if value == target:
                return whole
            if rest and (found := _search([*rest, (value, whole)], target, rng, lines, most)):
                return found
    lines.append("back")
    return ""
