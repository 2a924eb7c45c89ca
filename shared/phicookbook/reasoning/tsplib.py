"""TSPLIB files: the table of distances of a symmetric graph, by the rules of TSPLIB 95 (Reinelt, ORSA J. Computing 3, 1991).

    table, kind = distances(Path("burma14.tsp").read_text())

Read are EUC_2D, CEIL_2D, GEO and ATT coordinates and explicit matrices (full, upper and lower, with and without the diagonal).
"""

from __future__ import annotations

import math

from phicookbook.reasoning.tasks.tsp import MOST_SEARCHED

SECTIONS = ("NODE_COORD_SECTION", "EDGE_WEIGHT_SECTION")


def distances(text: str) -> tuple[list[list[int]], str]:
    """(distances, "tsplib") of a file with at most MOST_SEARCHED cities, whose optimum can be searched. Raises ValueError
    with the line and the reason for a file that is malformed, too large or of another kind."""
    head: dict[str, str] = {}
    numbers: list[float] = []
    section = ""
    for place, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if line == "EOF" or line.startswith("DISPLAY_DATA"):
            break
        if line in SECTIONS:
            section = line
        elif section:
            try:
                numbers += [float(word) for word in line.split()]
            except ValueError:
                raise ValueError(f"line {place}: {line[:40]!r} is no row of numbers") from None
        elif ":" in line:
            key, _, value = line.partition(":")
            head[key.strip().upper()] = value.strip()
        elif line:
            raise ValueError(f"line {place}: {line[:40]!r} is neither 'KEY: VALUE' nor a section")
    if not head.get("DIMENSION", "").isdecimal():
        raise ValueError("there is no DIMENSION")
    n = int(head["DIMENSION"])
    if not 3 <= n <= MOST_SEARCHED:
        raise ValueError(f"{n} cities: the optimum can be searched for 3 to {MOST_SEARCHED}")
    kind = head.get("EDGE_WEIGHT_TYPE", "")
    if section == "NODE_COORD_SECTION":
        return _from_places(numbers, n, kind), "tsplib"
    if section == "EDGE_WEIGHT_SECTION":
        return _from_matrix(numbers, n, head.get("EDGE_WEIGHT_FORMAT", "")), "tsplib"
    raise ValueError(f"there is none of the sections {', '.join(SECTIONS)}")


def _from_places(numbers: list[float], n: int, kind: str) -> list[list[int]]:
    if kind not in MEASURES:
        raise ValueError(f"EDGE_WEIGHT_TYPE is {kind!r}: choose one of {', '.join(MEASURES)} or give a matrix")
    if len(numbers) != 3 * n:
        raise ValueError(f"{n} cities need {3 * n} numbers, {len(numbers)} are there")
    places = [(numbers[3 * i + 1], numbers[3 * i + 2]) for i in range(n)]
    return [[0 if i == j else MEASURES[kind](*places[i], *places[j]) for j in range(n)] for i in range(n)]


def _from_matrix(numbers: list[float], n: int, form: str) -> list[list[int]]:
    ranges = {
        "FULL_MATRIX": lambda i: range(n), "UPPER_ROW": lambda i: range(i + 1, n), "LOWER_ROW": lambda i: range(i),
        "UPPER_DIAG_ROW": lambda i: range(i, n), "LOWER_DIAG_ROW": lambda i: range(i + 1),
    }  # fmt: skip
    if form not in ranges:
        raise ValueError(f"EDGE_WEIGHT_FORMAT is {form!r}: choose one of {', '.join(ranges)}")
    cells = [(i, j) for i in range(n) for j in ranges[form](i)]
    if len(cells) != len(numbers):
        raise ValueError(f"{form} of {n} cities needs {len(cells)} numbers, {len(numbers)} are there")
    table = [[0] * n for _ in range(n)]
    for (i, j), value in zip(cells, numbers, strict=True):
        if form == "FULL_MATRIX" and j < i and table[i][j] != int(value):
            raise ValueError(f"the distances between {i} and {j} differ by direction: only symmetric graphs are read")
        table[i][j] = table[j][i] = int(value)
    return table


def _euclid(a: float, b: float, c: float, d: float) -> int:
    return int(math.hypot(a - c, b - d) + 0.5)


def _ceiling(a: float, b: float, c: float, d: float) -> int:
    return math.ceil(math.hypot(a - c, b - d))


def _pseudo(a: float, b: float, c: float, d: float) -> int:
    exact = math.sqrt(((a - c) ** 2 + (b - d) ** 2) / 10)
    return round(exact) + (round(exact) < exact)


def _geographic(a: float, b: float, c: float, d: float) -> int:
    """Kilometres between places given as DDD.MM, on TSPLIB's earth."""
    x, y, u, v = (3.141592 * (int(p) + 5 * (p - int(p)) / 3) / 180 for p in (a, b, c, d))
    q1, q2, q3 = math.cos(y - v), math.cos(x - u), math.cos(x + u)
    return int(6378.388 * math.acos(0.5 * ((1 + q1) * q2 - (1 - q1) * q3)) + 1)


MEASURES = {"EUC_2D": _euclid, "CEIL_2D": _ceiling, "ATT": _pseudo, "GEO": _geographic}
