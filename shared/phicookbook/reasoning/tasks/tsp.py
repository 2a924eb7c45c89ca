"""The travelling salesman: the shortest round trip through all cities of a complete graph.

    >>> item = make([[0, 4, 1, 9], [4, 0, 3, 2], [1, 3, 0, 8], [9, 2, 8, 0]])
    >>> item.answer
    '0 1 3 2 0 total 15'
    >>> score(item, "2 3 1 0 2").correct, score(item, "0 2 3 1").correct, score(item, "0 1 3 2 0 total 14").correct
    (True, True, False)

Any start, both directions, and a tour whose last step home is left unsaid count alike; a total that is stated must be right. The
level is the number of cities; Microsoft's eureka-ml-insights asks for 6 to 13, from city 0 and without looking at the total.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Sequence

from phicookbook.reasoning.item import Item, Score, name_of

LEVELS = tuple(range(4, 14))
KINDS = ("complete",)
SHAPE = "tour"
FORM = "End with a line 'Answer: ' and the round trip from city 0, such as '0 2 1 3 0 total 27'."
MOST_SEARCHED = 13


def generate(rng: random.Random, level: int, kind: str) -> Item:
    """`level` cities with whole distances of 1 to 9, from seven cities on 1 to 99."""
    top = 9 if level < 7 else 99
    distances = [[0] * level for _ in range(level)]
    for a, b in itertools.combinations(range(level), 2):
        distances[a][b] = distances[b][a] = rng.randint(1, top)
    return make(distances, kind)


def make(distances: list[list[int]], kind: str = "given", optimum: int | None = None) -> Item:
    """The item of a symmetric table of distances. The optimum is searched unless it is given; raises ValueError when it is not
    given and there are more than MOST_SEARCHED cities."""
    n = len(distances)
    lines = [f"{a}-{b}: {distances[a][b]}" for a, b in itertools.combinations(range(n), 2)]
    text = "\n".join([f"Find the shortest round trip through the cities 0 to {n - 1}. Distances:", *lines])
    best, tour = (optimum, []) if optimum is not None else solve(distances)
    answer = " ".join(map(str, tour)) + f" total {best}"
    data = {"distances": distances, "optimum": best}
    return Item(name_of("tsp", n, kind, text), "tsp", text, answer.strip(), SHAPE, FORM, n, kind, data)


def solve(distances: Sequence[Sequence[int]]) -> tuple[int, list[int]]:
    """(length, tour) of a shortest round trip from city 0, by Held and Karp's dynamic programme (J. SIAM 10, 1962)."""
    n = len(distances)
    if not 3 <= n <= MOST_SEARCHED:
        raise ValueError(f"{n} cities: the optimum is searched for 3 to {MOST_SEARCHED}")
    best = {(1 << last, last): (distances[0][last], 0) for last in range(1, n)}
    for size in range(2, n):
        for chosen in itertools.combinations(range(1, n), size):
            seen = sum(1 << city for city in chosen)
            for last in chosen:
                rest = seen ^ (1 << last)
                best[seen, last] = min((best[rest, via][0] + distances[via][last], via) for via in chosen if via != last)
    seen = (1 << n) - 2
    length, last = min((best[seen, last][0] + distances[last][0], last) for last in range(1, n))
    tour = [0]
    while last:
        tour.append(last)
        seen, last = seen ^ (1 << last), best[seen, last][1]
    tour.append(0)
    return length, min(tour, tour[::-1])


def length_of(distances: Sequence[Sequence[int]], tour: Sequence[int]) -> int:
    """The length of a way through cities."""
    return sum(distances[a][b] for a, b in itertools.pairwise(tour))


def score(item: Item, answer: str) -> Score:
    """Three constraints: a round trip through every city once, of the optimum's length, with the right total if one is stated."""
    distances, optimum = item.data["distances"], item.data["optimum"]
    head, _, total = answer[:2_000].partition(" total ")
    if not re.fullmatch(r"\d{1,4}(?: \d{1,4}){2,100}", head) or (total and not re.fullmatch(r"\d{1,9}", total)):
        return Score(False, 0, 3)
    tour = [int(city) for city in head.split()]
    tour = tour if tour[0] == tour[-1] else [*tour, tour[0]]
    if sorted(tour[1:]) != list(range(len(distances))):
        return Score(False, 0, 3)
    length = length_of(distances, tour)
    told_right = not total or int(total) == length
    return Score(length == optimum and told_right, 1 + (length == optimum) + told_right, 3)


def teach(item: Item, rng: random.Random, most_lines: int = 60) -> tuple[str, str]:
    """(thinking, answer): every round trip in one direction, added up leg by leg, left as soon as it is no shorter than
    the best so far.

    Raises ValueError when it would take more than `most_lines` lines.
    """
    distances = item.data["distances"]
    n, best, lines = len(distances), None, []
    for middle in itertools.permutations(range(1, n)):
        if middle[0] > middle[-1]:
            continue
        if len(lines) == most_lines:
            raise ValueError(f"more than {most_lines} lines")
        tour, total, parts = (0, *middle, 0), 0, []
        for a, b in itertools.pairwise(tour):
            before, total = total, total + distances[a][b]
            parts.append(f"{a}-{b} {distances[a][b]}" if not before else f"{a}-{b} {before} + {distances[a][b]} = {total}")
            if best is not None and total >= best[0]:
                break
        better = best is None or total < best[0]
        if better:
            best = (total, tour)
        lines.append(f"{' '.join(map(str, tour))}: {', '.join(parts)}, {'best' if better else f'not below {best[0]}'}")
    return "\n".join(lines), f"{' '.join(map(str, best[1]))} total {best[0]}"
