"""3-SAT: find values that make every clause true, or say that there are none.

    >>> item = make([[1, -2, 3], [-1, 2, 3], [-1, -2, -3]], 3)
    >>> print(item.prompt)
    Find values that make every clause true.
    a or not b or c
    not a or b or c
    not a or not b or not c
    >>> score(item, "a true, b false, c true").correct, score(item, "True, True, True")
    (True, Score(correct=False, met=2, of=3))

The level is the number of variables. Kinds are classes of constrainedness by clauses for each variable: 4.26 ("hard",
where random formulas turn unsatisfiable), half and twice of it, and 4.26 with exactly one solution, as in Microsoft's
eureka-ml-insights; "light" lies below them, where `pocket` can play.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from phicookbook.reasoning.item import Item, Score, name_of
from phicookbook.reasoning.shapes import booleans

LEVELS = tuple(range(3, 16))
RATIOS = {"light": 1.4, "under": 2.13, "hard": 4.26, "over": 8.52, "unique": 4.26}
KINDS = tuple(RATIOS)
SHAPE = "booleans"
LETTERS = "abcdefghijklmno"
NONE = "Unsatisfiable"
FORM = "End with a line 'Answer: ' and the values in order, such as 'True, False, True', or 'Answer: Unsatisfiable'."
MOST_TABLE = 20  # variables; the table of all assignments is one number of 2**20 bits


def generate(rng: random.Random, level: int, kind: str) -> Item:
    """A random formula with `level` variables; clauses may repeat, as in the usual random model."""
    count = max(2, round(RATIOS[kind] * level))
    if kind == "light":
        count = rng.randint(level, max(level + 1, round(1.75 * level)))
    clauses = _unique(rng, level, count) if kind == "unique" else [_clause(rng, level) for _ in range(count)]
    return make(clauses, level, kind)


def make(clauses: list[list[int]], n: int, kind: str = "given") -> Item:
    """The item of a formula in DIMACS's literals: 2 is b, -2 is "not b". At most MOST_TABLE variables."""
    text = "\n".join(["Find values that make every clause true.", *(" or ".join(map(literal, c)) for c in clauses)])
    found = solve(clauses, n)
    answer = NONE if found is None else told(found)
    return Item(name_of("sat", n, kind, text), "sat", text, answer, SHAPE, FORM, n, kind, {"n": n, "clauses": clauses})


def variable(index: int) -> str:
    """The name of variable 1, 2, ...: a letter, from the sixteenth on x16."""
    return LETTERS[index - 1] if index <= len(LETTERS) else f"x{index}"


def literal(number: int) -> str:
    """A literal in words."""
    return variable(number) if number > 0 else f"not {variable(-number)}"


def told(values: Sequence[bool]) -> str:
    """An assignment in words: "a true, b false"."""
    return ", ".join(f"{variable(i)} {str(bool(v)).lower()}" for i, v in enumerate(values, start=1))


def _clause(rng: random.Random, n: int) -> list[int]:
    return [v if rng.random() < 0.5 else -v for v in sorted(rng.sample(range(1, n + 1), 3))]


def _unique(rng: random.Random, n: int, count: int) -> list[list[int]]:
    """Clauses that one drawn assignment alone satisfies: each is the one of eight draws that leaves the fewest others."""
    hidden = [rng.random() < 0.5 for _ in range(n)]
    while True:
        clauses: list[list[int]] = []
        left, columns = (1 << (1 << n)) - 1, _columns(n)
        while len(clauses) < count:
            drawn = [c for c in (_clause(rng, n) for _ in range(12)) if any(hidden[abs(v) - 1] == (v > 0) for v in c)]
            best = min(drawn, key=lambda c: (left & _rows(c, columns, n)).bit_count()) if left.bit_count() > 1 else drawn[0]
            left &= _rows(best, columns, n)
            clauses.append(best)
        if left.bit_count() == 1:
            return rng.sample(clauses, count)


def _columns(n: int) -> list[int]:
    """For each variable the set of assignments in which it is true, as bits of one number: assignment r is bit r."""
    columns = []
    for place in range(n):
        width = 1 << place
        block = ((1 << width) - 1) << width
        while width < 1 << (n - 1):
            width *= 2
            block |= block << width
        columns.append(block)
    return columns


def _rows(clause: Sequence[int], columns: list[int], n: int) -> int:
    every, found = (1 << (1 << n)) - 1, 0
    for v in clause:
        found |= columns[v - 1] if v > 0 else every ^ columns[-v - 1]
    return found


def solutions(clauses: Sequence[Sequence[int]], n: int) -> int:
    """The set of satisfying assignments as the bits of one number; bit r is the one in which variable v is true when bit v
    - 1 of r is set."""
    rows, columns = (1 << (1 << n)) - 1, _columns(n)
    for clause in clauses:
        rows &= _rows(clause, columns, n)
    return rows


def solve(clauses: Sequence[Sequence[int]], n: int) -> list[bool] | None:
    """Some satisfying values, None when there are none."""
    rows = solutions(clauses, n)
    if not rows:
        return None
    row = rows.bit_length() - 1
    return [bool(row >> place & 1) for place in range(n)]


def score(item: Item, answer: str) -> Score:
    """All clauses true, or "Unsatisfiable" of a formula that is; met counts the clauses that are true."""
    clauses, n = item.data["clauses"], item.data["n"]
    values = booleans(answer)
    if values == "none":
        good = item.answer == NONE
        return Score(good, len(clauses) if good else 0, len(clauses))
    if values is None or len(values) != n:
        return Score(False, 0, len(clauses))
    met = sum(any(values[abs(v) - 1] == (v > 0) for v in clause) for clause in clauses)
    return Score(met == len(clauses), met, len(clauses))


def teach(item: Item, rng: random.Random, most_tries: int = 64) -> tuple[str, str]:
    """(thinking, answer) of an exhaustive search: a try, its clauses with every literal's value, and the next try after a
    clause that fails.

    All tries that agree with a failed one up to the clause's last variable fail too, so the next try flips the last true
    variable up to there and sets those behind it true again. Literals stand in the order of their variables: each token follows
    from one look-up. Raises ValueError after `most_tries`.
    """
    clauses, n = item.data["clauses"], item.data["n"]
    values, lines = [True] * n, []
    for _ in range(most_tries):
        lines.append(f"try {told(values)}")
        failed = None
        for clause in clauses:
            worth = [values[abs(v) - 1] == (v > 0) for v in clause]
            shown = " ".join(f"{literal(v)} {str(w).lower()}" for v, w in zip(clause, worth, strict=True))
            lines.append(f"{shown}: {'holds' if any(worth) else 'fails'}")
            if not any(worth):
                failed = clause
                break
        if failed is None:
            return "\n".join(lines), told(values)
        flips = [place for place in range(max(map(abs, failed))) if values[place]]
        if not flips:
            return "\n".join([*lines, "no try is left"]), NONE
        lines.append(f"change {variable(flips[-1] + 1)}")
        values = [v if place < flips[-1] else place > flips[-1] for place, v in enumerate(values)]
    raise ValueError(f"more than {most_tries} tries")
