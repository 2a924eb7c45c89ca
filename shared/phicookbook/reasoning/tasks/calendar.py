"""Calendar planning: a time at which everybody is free and every rule is kept, or the statement that there is none.

    >>> free = {"Ann": {"0": [[540, 720]]}, "Bob": {"0": [[600, 660]], "1": [[540, 600]]}}
    >>> item = make({"free": free, "duration": 30, "buffer": 15})
    >>> item.answer
    'Monday 10:15-10:45'
    >>> score(item, "Monday 10:15-10:45").correct, score(item, "Monday 10:00-10:30")
    (True, Score(correct=False, met=2, of=3))

The rules are those of BA-Calendar (Microsoft's eureka-ml-insights): availability, duration, buffers, weekends, not before, not
after, blocked windows, and priority, which asks for the earliest time of the week. Every feasible time is right, the earliest
alone under priority, and "No slot" exactly when there is none. The level is the number of people. Times are minutes since
midnight, day 0 is Monday.
"""

from __future__ import annotations

import random

from phicookbook.reasoning.item import Item, Score, name_of
from phicookbook.reasoning.shapes import DAYS, slots

LEVELS = (2, 3, 4, 5, 6)
KINDS = ("plain", "rules", "none")
SHAPE = "slot"
FORM = "End with a line 'Answer: ' and the time, such as 'Monday 10:00-10:30', or 'Answer: No slot'."
NAMES = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn")
RULES = {"buffer": 0, "weekends": True, "not_before": 0, "not_after": 1440, "blocked": [], "priority": False}
NONE = "No slot"

Spans = list[tuple[int, int]]


def generate(rng: random.Random, level: int, kind: str) -> Item:
    """`level` people and two to five days; "rules" adds each rule by chance, "none" are those of them without a feasible time."""
    while True:
        item = make(_problem(rng, level, rules=kind != "plain"), kind)
        if (item.answer == NONE) == (kind == "none") or kind == "rules":
            return item


def _problem(rng: random.Random, people: int, rules: bool) -> dict:
    days = sorted(rng.sample(range(7 if rules else 5), rng.randint(2, 5 if rules else 3)))
    free: dict = {}
    for name in NAMES[:people]:
        free[name] = {}
        for day in days:
            edges = sorted(rng.sample(range(18, 36), rng.choice((2, 4))))  # half hours from 9:00 to 17:30
            free[name][str(day)] = [[edges[i] * 30, edges[i + 1] * 30] for i in range(0, len(edges), 2)]
    problem: dict = {"free": free, "duration": rng.choice((30, 60) if not rules else (15, 30, 45, 60))}
    if rules:
        noon = rng.choice((690, 720, 750))
        drawn = {
            "buffer": rng.choice((5, 10, 15)), "weekends": False, "not_before": rng.choice((600, 630, 660)),
            "not_after": rng.choice((900, 960, 990)), "blocked": [[noon, noon + 60]], "priority": True,
        }  # fmt: skip
        problem |= {name: value for name, value in drawn.items() if rng.random() < 0.5}
    return problem


def make(problem: dict, kind: str = "given") -> Item:
    """The item of a problem: `free` (people's free spans by day), `duration`, and the RULES that differ from their defaults."""
    data = RULES | problem
    found = feasible(data)
    answer = told(*found[0][:2], data["duration"]) if found else NONE
    text = prompt(data)
    level = len(data["free"])
    return Item(name_of("calendar", level, kind, text), "calendar", text, answer, SHAPE, FORM, level, kind, data)


def clock(minutes: int) -> str:
    """Minutes since midnight as 9:05."""
    return f"{minutes // 60}:{minutes % 60:02d}"


def told(day: int, start: int, duration: int) -> str:
    """A time in words."""
    return f"{DAYS[day]} {clock(start)}-{clock(start + duration)}"


def prompt(data: dict) -> str:
    """The question with everybody's free times and the rules, one a line."""
    lines = [f"Find a time for a meeting of {data['duration']} minutes. Everybody must be free. Free times:"]
    for name, days in data["free"].items():
        spans = [
            f"{DAYS[int(day)]} {' and '.join(f'{clock(a)}-{clock(b)}' for a, b in found)}" for day, found in days.items() if found
        ]
        lines.append(f"{name}: {', '.join(spans) or 'never'}")
    if data["buffer"]:
        lines.append(f"Everybody must also be free for the {data['buffer']} minutes before and after it.")
    if not data["weekends"]:
        lines.append("Not at the weekend.")
    if data["not_before"] > 0:
        lines.append(f"It must not start before {clock(data['not_before'])}.")
    if data["not_after"] < 1440:
        lines.append(f"It must not end after {clock(data['not_after'])}.")
    lines += [f"Nothing may be held from {clock(a)} to {clock(b)}." for a, b in data["blocked"]]
    if data["priority"]:
        lines.append("It is urgent: take the earliest time of the week.")
    return "\n".join([*lines, 'If there is no such time, say "No slot".'])


def starts(spans: list, buffer: int, duration: int) -> Spans:
    """When a meeting may start in free spans, first and last minute of each; spans that touch are one."""
    merged: list[list[int]] = []
    for a, b in sorted(map(list, spans)):
        if merged and a <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], b)
        else:
            merged.append([a, b])
    return [(a + buffer, b - buffer - duration) for a, b in merged if b - a >= duration + 2 * buffer]


def both(one: Spans, two: Spans) -> Spans:
    """What two lists of spans have in common."""
    return sorted((max(a, c), min(b, d)) for a, b in one for c, d in two if max(a, c) <= min(b, d))


def allowed(data: dict, day: int) -> Spans:
    """When a meeting may start on a day, by the rules alone."""
    if day >= 5 and not data["weekends"]:
        return []
    found = [(data["not_before"], data["not_after"] - data["duration"])]
    for a, b in data["blocked"]:
        found = both(found, [(0, a - data["duration"]), (b, 1440)])
    return [(a, b) for a, b in found if a <= b]


def feasible(data: dict) -> list[tuple[int, int, int]]:
    """Every feasible start as (day, first minute, last minute), earliest first."""
    found = []
    for day in range(7):
        spans = allowed(data, day)
        for days in data["free"].values():
            spans = both(spans, starts(days.get(str(day), []), data["buffer"], data["duration"]))
        found += [(day, a, b) for a, b in spans]
    return found


def score(item: Item, answer: str) -> Score:
    """Every rule that the problem states is a constraint, and each person's free time; "No slot" meets all or none."""
    data = item.data
    found = feasible(data)
    stated = [name for name in ("weekends", "not_before", "not_after", "blocked", "priority") if data[name] != RULES[name]]
    of = 1 + len(data["free"]) + len(stated)
    spans = slots(answer[:200])
    if len(spans) != 1:
        return Score(False, 0, of)
    if spans[0].text == NONE:
        return Score(not found, 0 if found else of, of)
    name, _, times = spans[0].text.partition(" ")
    start, end = (int(h) * 60 + int(m) for h, m in (time.split(":") for time in times.split("-")))
    day, length, buffer = DAYS.index(name), data["duration"], data["buffer"]
    kept = {
        "weekends": day < 5, "not_before": start >= data["not_before"], "not_after": end <= data["not_after"],
        "blocked": all(end <= a or start >= b for a, b in data["blocked"]), "priority": bool(found) and (day, start) ==
        found[0][:2],
    }  # fmt: skip
    marks = [end - start == length, *(kept[rule] for rule in stated)]
    for days in data["free"].values():
        spans_of_one = starts(days.get(str(day), []), buffer, max(1, end - start))
        marks.append(end > start and any(a <= start <= b for a, b in spans_of_one))
    return Score(all(marks), sum(marks), of)


def teach(item: Item, rng: random.Random) -> tuple[str, str]:
    """(thinking, answer): day by day the possible starts of each person, and what is left of them after each."""
    data, lines = item.data, []
    names = sorted({day for days in item.data["free"].values() for day in days}, key=int)
    for name in names:
        day = int(name)
        spans = allowed(data, day)
        lines.append(f"{DAYS[day]}: start {_shown(spans)}")
        for who, days in data["free"].items():
            if not spans:
                break
            own = starts(days.get(name, []), data["buffer"], data["duration"])
            spans = both(spans, own)
            lines.append(f"{who} {_shown(own)}: left {_shown(spans)}")
        if spans:
            return "\n".join(lines), told(day, spans[0][0], data["duration"])
    return "\n".join([*lines, "no day is left"]), NONE


def _shown(spans: Spans) -> str:
    return " and ".join(f"{clock(a)}-{clock(b)}" for a, b in spans) or "never"
