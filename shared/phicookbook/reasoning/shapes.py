"""What answers look like: for each shape a function that finds every such answer in a text, in order, in one canonical form.

    [found.text for found in SHAPES["number"]("3 bags of 1,204 are 3612")]   # ["3", "1204", "3612"]

Nothing is evaluated, every pattern is bounded, and callers give at most a few thousand characters.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple


class Found(NamedTuple):
    """An answer in a text: where it stands and its canonical form."""

    start: int
    end: int
    text: str


GAP = r"(?:,|\{,\}|\\,|\\!|_|'| (?=\d{3}(?!\d)))"
NUMBER = re.compile(
    r"(?<![\w.^])(?P<sign>[-+]\s?)?(?:\\?[$€£]\s?|\\\(\s?)?(?P<inner>-)?"
    r"(?:\\[dt]?frac\s?\{\s?(?P<top>-?\d{1,9})\s?\}\s?\{\s?(?P<low>\d{1,9})\s?\}"
    rf"|(?P<whole>\d{{1,3}}(?:{GAP}\d{{3}}){{1,6}}(?!\d)|\d{{1,40}})(?P<part>\.\d{{1,20}})?(?:\s?/\s?(?P<over>\d{{1,9}}))?"
    r"|(?P<bare>\.\d{1,20}))"
    r"(?:\s?(?:\*|\\times|x)\s?10\s?(?:\^|\*\*)\s?\{?(?P<ten>-?\d{1,2})\}?|[eE](?P<exp>[-+]?\d{1,2})(?!\w))?(?!\d|\.\d|(?:st|nd|rd|th)(?!\w))"
)
TRUTH = re.compile(
    r"(?<![\w])(?:(?:[a-o]|x_?\{?\d{1,3}\}?)\s?(?:=|:|is|->)?\s?)?(?P<value>true|false|[TF])(?!\w)"
    r"|(?<!\w)(?:[a-o]|x_?\{?\d{1,3}\}?)\s?=\s?(?P<digit>[01])(?!\w)",
    re.IGNORECASE,
)
NONE = re.compile(
    r"(?<!\w)(?:unsatisfiable|unsat|not satisfiable|no solution|no satisfying assignment|cannot be satisfied|can't be "
    "satisfied)(?!\w)",
    re.IGNORECASE,
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY = re.compile(r"\b(?:mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?\b", re.IGNORECASE)
CLOCK = r"(\d{1,2})(?:[:.h](\d{2}))?\s?([ap]\.?m\b\.?)?"
SPAN = re.compile(rf"(?<![\d:.]){CLOCK}\s?(?:-|to|until|till|and)\s?{CLOCK}(?![\d:])", re.IGNORECASE)
NO_SLOT = re.compile(
    r"\bno (?:common |feasible |possible |suitable |such |available |valid |time |meeting ){0,3}(?:slot|time|meeting)\b",
    re.IGNORECASE,
)
TOUR = re.compile(
    r"(?<![\w.])\d{1,3}(?:\s?(?:->|=>|→|>|,|-|\\to|\\rightarrow|\s)\s?(?:(?:city|node) )?\d{1,3}){2,60}(?![\w])", re.IGNORECASE
)
TOTAL = re.compile(r"\b(?:total|length|cost|distance|weight|sum)\b[^\d\n]{0,24}(\d{1,9}(?:\.\d{1,6})?)", re.IGNORECASE)
EXPRESSION = re.compile(r"(?<![\w.])[(\d][\d +\-*/()]{1,120}\d\)*")
CHOICE = re.compile(
    r"\((?P<round>[A-J])\)|(?:option|choice|answer|letter)\s(?:is\s)?\W{0,3}(?P<named>[A-J])(?!\w)"
    r"|(?m:^)\W{0,6}(?:\\text\{|\\mathrm\{|\\boxed\{)?\W{0,2}(?P<alone>[A-J])(?=\W{0,4}(?m:$)|[.):]\s)"
)


def number_of(found: re.Match) -> Fraction | None:
    """The exact value of a match of NUMBER, None for a division by zero."""
    part = found.groupdict()
    if part["top"] is not None:
        value = Fraction(int(part["top"]), int(part["low"])) if int(part["low"]) else None
    else:
        whole = re.sub(r"\D", "", part["whole"] or "0")
        value = Fraction(whole + (part["part"] or part["bare"] or ""))
        if part["over"]:
            value = value / int(part["over"]) if int(part["over"]) else None
    if value is None:
        return None
    value *= Fraction(10) ** int(part["ten"] or part["exp"] or 0)
    minus = ((part["sign"] or "").startswith("-")) != bool(part["inner"])
    return -value if minus else value


def numbers(text: str) -> list[Found]:
    """Numbers as exact fractions: "1,204" and "1204.0" are "1204", "\\frac{3}{4}" and ".75" are "3/4"."""
    found = []
    for match in NUMBER.finditer(text):
        start, value = match.start(), number_of(match)
        before = text[:start].rstrip()[-1:]
        if match["sign"] and (before.isalnum() or before == ")") and value is not None:  # "5 - 3": a minus between two numbers
            value = abs(value)
        if value is not None:
            found.append(Found(start, match.end(), str(value)))
    return found


def truths(text: str) -> list[Found]:
    """Runs of truth values as "true false ...", and "Unsatisfiable"."""
    found = [Found(m.start(), m.end(), "Unsatisfiable") for m in NONE.finditer(text)]
    run: list = []
    for match in [*TRUTH.finditer(text), None]:
        if run and (
            match is None
            or not re.fullmatch(r"[\s,;.*&|\\\[\](){}$_]*(?:and|\\text\{)?[\s*\\$]*", text[run[-1].end() : match.start()])
        ):
            words = [str((m["value"] or m["digit"]).lower() in ("true", "t", "1")).lower() for m in run]
            found.append(Found(run[0].start(), run[-1].end(), " ".join(words)))
            run = []
        if match is not None:
            run.append(match)
    return sorted(found)


def _minutes(hour: str, minute: str | None, half: str | None) -> int | None:
    """Minutes since midnight of a clock time, None when it is none; "12 am" is midnight."""
    h, m = int(hour), int(minute or 0)
    if half:
        if not 1 <= h <= 12:
            return None
        h = h % 12 + (12 if half[0].lower() == "p" else 0)
    return h * 60 + m if (h < 24 and m < 60) or (h, m) == (24, 0) else None


def slots(text: str) -> list[Found]:
    """Meeting times as "Monday 10:30-11:00": the day nearest to a span of hours, and "No slot"."""
    days = [(m.start(), m.end(), next(d for d in DAYS if d.lower().startswith(m[0][:3].lower()))) for m in DAY.finditer(text)]
    found = [Found(m.start(), m.end(), "No slot") for m in NO_SLOT.finditer(text)]
    for match in SPAN.finditer(text):
        near = [(match.start() - end, begin, end, day) for begin, end, day in days if 0 <= match.start() - end <= 24]
        near += [(begin - match.end(), begin, end, day) for begin, end, day in days if 0 <= begin - match.end() <= 24]
        if not near:
            continue
        _, begin, end, day = min(near)
        first, last = _minutes(*match.group(1, 2, 3 if match[3] else 6)), _minutes(*match.group(4, 5, 6))
        if first is not None and last is not None:
            if match[6] and not match[3] and first > last:  # "11:30-12:15 pm" starts in the morning
                first -= 720
            shown = f"{day} {first // 60}:{first % 60:02d}-{last // 60}:{last % 60:02d}"
            found.append(Found(min(begin, match.start()), max(end, match.end()), shown))
    return sorted(found)


def tours(text: str) -> list[Found]:
    """Sequences of at least three cities as "0 2 1 0", with "total 37" behind it when a total is stated after them."""
    found = []
    for match in TOUR.finditer(text):
        cities = re.findall(r"\d+", match[0])
        stated = TOTAL.search(text, match.end(), match.end() + 80)
        total = f" total {Fraction(stated[1])}" if stated else ""
        found.append(Found(match.start(), stated.end() if stated else match.end(), " ".join(str(int(c)) for c in cities) + total))
    return found


def expressions(text: str) -> list[Found]:
    """Sums such as "(8 - 3) * 5", without what stands behind an equals sign."""
    plain = text.replace("×", "*").replace("÷", "/").replace("\\times", "*").replace("\\div", "/")
    return [Found(m.start(), m.end(), m[0].strip()) for m in EXPRESSION.finditer(plain) if re.search(r"[+\-*/]", m[0])]


def choices(text: str) -> list[Found]:
    """Letters of a multiple choice, where they stand as such and not as a word."""
    found = []
    for match in CHOICE.finditer(text):
        found.append(Found(match.start(), match.end(), match["round"] or match["named"] or match["alone"]))
    return found


def texts(text: str) -> list[Found]:
    """The whole text, for answers that a grader of their own compares."""
    trimmed = text.strip()
    return [Found(0, len(text), trimmed)] if trimmed else []


SHAPES = {
    "number": numbers, "booleans": truths, "slot": slots, "tour": tours, "expression": expressions, "choice": choices,
    "text": texts,
}  # fmt: skip


def number(text: str) -> Fraction | None:
    """The value of a text that is one number and nothing else, else None."""
    found = numbers(text.strip()[:200])
    return Fraction(found[0].text) if len(found) == 1 and found[0].end - found[0].start == len(text.strip()) else None


def booleans(text: str) -> list[bool] | str | None:
    """The values of a text that lists truth values, "none" for "Unsatisfiable", None for anything else."""
    found = truths(text.strip()[:2_000])
    if len(found) != 1 or found[0].start != 0:
        return None
    return "none" if found[0].text == "Unsatisfiable" else [word == "true" for word in found[0].text.split()]
