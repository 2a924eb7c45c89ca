"""The exercises of chapter 06, the edge."""

from __future__ import annotations

import random
from collections.abc import Callable
from numbers import Real

from phicookbook.book.exercises import Exercise
from phicookbook.facts import member
from phicookbook.family.formula import read, stored
from phicookbook.family.memory import weight_bytes


def megabytes_fault(megabytes: Callable[[int, int, int, int], float]) -> str:
    """Try a size function on models with and without a table that stays in 32 bits."""
    if not callable(megabytes):
        return "give the function itself, without calling it"
    for weights, table, bits, block in ((1_000_000, 0, 4, 32), (1_572_864, 1_179_648, 4, 16), (64_000, 32_000, 8, 64)):
        right = (weights * (bits + 32 / block) / 8 + table * 4) / 1e6
        given = megabytes(weights, table, bits, block)
        if not isinstance(given, Real) or isinstance(given, bool):
            return f"it answered {given!r}, which is no number"
        if abs(given - right) > 0.001 * right:
            what = f"{weights:,} weights in {bits} bits and blocks of {block} with a table of {table:,}"
            return f"{what} came out as {given:.3f} MB, and it is {'more' if given < right else 'less'}"
    return ""


def bandwidth_fault(gigabytes: float) -> str:
    """Hold a bandwidth against Phi-3-mini's bytes at four bits in blocks of 32 with 16-bit scales."""
    if isinstance(gigabytes, bool) or not isinstance(gigabytes, Real):
        return "give a number of GB/s"
    mini = member("Phi-3-mini-4k-instruct")
    # Writing a token reads one row of the input table; counting the whole table is fair as well.
    least, whole = (25 * weight_bytes(weights, 4) / 1e9 for weights in (read(mini), stored(mini)))
    if gigabytes < 0.98 * least:
        return f"with {gigabytes:g} GB/s no runtime reaches 25 tokens/s"
    return f"{gigabytes:g} GB/s are more than it takes" if gigabytes > 1.02 * whole else ""


def pareto_fault(pareto: Callable[[list], list]) -> str:
    """Try a front on points in any order, with ties."""
    if not callable(pareto):
        return "give the function itself, without calling it"
    rng = random.Random(6)
    tries = [[(2.0, 0.9), (8.0, 0.9), (11.0, 0.91)], [(1.0, 0.5)], [(3.0, 0.7), (2.0, 0.8)]]
    tries += [[(rng.randrange(1, 9), rng.randrange(1, 9) / 10) for _ in range(8)] for _ in range(20)]
    for points in tries:
        right = {p for p in points if not any(q != p and q[0] <= p[0] and q[1] >= p[1] for q in points)}
        given = pareto(list(points))
        if not isinstance(given, (list, set, tuple)):
            return f"it answered {given!r}, which is no list of points"
        if left := right - set(given):
            return f"of {points}, {sorted(left)[0]} is missing: nothing is as small and as good"
        if extra := set(given) - right:
            return f"of {points}, {sorted(extra)[0]} does not belong: another point is as small and as good, or better"
    return ""


EXERCISES = [
    Exercise(
        "6.1",
        "Write megabytes(weights, table, bits, block): the MB (10^6 bytes) of so many weights in `bits` bits with a 32-bit scale "
        "for each block, and of a table of so many numbers that stays in 32 bits.",
        megabytes_fault,
        (
            "Each block of weights brings one more number. How many bits is that for each weight?",
            "A weight takes bits + 32 / block bits; a number of the table takes 4 bytes.",
            "`(weights * (bits + 32 / block) / 8 + table * 4) / 1e6`",
        ),
    ),
    Exercise(
        "6.2",
        "A watch shall write 25 tokens/s with Phi-3-mini (3.8 billion parameters, 4 bits, blocks of 32 with 16-bit scales). What "
        "memory bandwidth, in GB/s, does it need at the least? Two percent off is fine.",
        bandwidth_fault,
        (
            "Every token reads every weight once, scales included.",
            "Blocks of 32 with a 16-bit scale make 4.5 bits a weight. How many GB are 3.8 billion of them?",
            "`needed_bandwidth(mini, 18)` in section 6 did it for 18 tokens/s.",
        ),
    ),
    Exercise(
        "6.3",
        "Write pareto(points): of a list of (size, accuracy), those for which no other point is at most as large and at least as "
        "accurate.",
        pareto_fault,
        (
            "A point is out when one other point is no worse in both ways.",
            "Compare each point with every other that differs from it: `q[0] <= p[0] and q[1] >= p[1]`.",
            "`[p for p in points if not any(q != p and ... for q in points)]`",
        ),
    ),
]
