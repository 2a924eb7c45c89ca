"""Readings of a wearable in a few sentences, and the alert that fixed limits ask for.

The limits are simplified for teaching and are not medical advice.

    verdict({"heart rate": 128, "oxygen": 97})  # 'Alert: heart rate 128.'
"""

from __future__ import annotations

import random

from phicookbook.corpora import names
from phicookbook.corpora.sample import Sample, conversation

# Lowest and highest value without an alert, an adult at rest; blood pressure is the systolic one.
LIMITS: dict[str, tuple[float, float]] = {
    "heart rate": (45, 120),
    "oxygen": (92, 100),
    "temperature": (35.0, 38.5),
    "breathing": (10, 24),
    "blood pressure": (90, 180),
}
USUAL = {  # everyday values
    "heart rate": (55, 95), "oxygen": (95, 99), "temperature": (36.1, 37.4), "breathing": (12, 18), "blood pressure": (105, 140),
}
EXTREME = {  # the furthest readings that the grammar writes
    "heart rate": (32, 175), "oxygen": (78, 100), "temperature": (33.0, 41.2), "breathing": (5, 38), "blood pressure": (68, 220),
}
WORDINGS = {
    "heart rate": (
        "Resting heart rate is {v} beats per minute.", "Heart rate is {v}.", "The heart rate reads {v} bpm.", "Pulse: {v} bpm.",
        "The watch measured a pulse of {v}.", "The heart beats {v} times per minute.",
    ),
    "oxygen": (
        "Blood oxygen is {v} percent.", "Oxygen saturation reads {v}%.", "SpO2 is {v}%.", "Oxygen: {v} percent.",
        "The oxygen level stands at {v} percent.",
    ),
    "temperature": (
        "Body temperature is {v} degrees.", "Temperature reads {v} C.", "Body temperature: {v} degrees.",
        "The temperature is {v} degrees Celsius.", "A temperature of {v} degrees was measured.",
    ),
    "breathing": (
        "Breathing rate is {v} breaths per minute.", "Breathing: {v} per minute.", "The breathing rate reads {v}.",
        "{v} breaths per minute were counted.", "The respiratory rate is {v}.",
    ),
    "blood pressure": (
        "Blood pressure is {v} over {d}.", "Blood pressure reads {v}/{d}.", "Systolic pressure is {v}.",
        "The cuff shows a blood pressure of {v} over {d}.", "Blood pressure: {v} over {d}.",
    ),
}
DISTRACTORS = (
    "{s} steps were counted today.", "Steps today: {s}.", "The step count is {s}.", "Sleep lasted {h} hours.",
    "Slept {h} hours last night.", "Sleep: {h} hours.", "The battery is at {p} percent.", "The watch was worn for {h} hours.",
)
OPENINGS = (
    "", "", "", "Check these readings. ", "Readings of {n}: ", "Wearable report for {n}. ", "Is an alert needed? ",
    "Watch these readings and say whether to alert. ", "Report from {c}. ", "Vitals. ",
)


def number(value: float) -> str:
    """The value as the sentences write it."""
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def verdict(readings: dict) -> str:
    """The answer for these readings: every value outside its limits, in the order of LIMITS."""
    found = [
        f"{name} {number(readings[name])}"
        for name, (low, high) in LIMITS.items()
        if name in readings and not low <= readings[name] <= high
    ]
    return f"Alert: {', '.join(found)}." if found else "No alert."


def between(rng: random.Random, low: float, high: float, name: str) -> float:
    """A value from low to high, in tenths for the temperature."""
    if name == "temperature":
        return rng.randint(round(low * 10), round(high * 10)) / 10
    return rng.randint(int(low), int(high))


def quiet(rng: random.Random, name: str) -> float:
    """A reading inside its limits, close to one of them in two of five cases."""
    low, high = LIMITS[name]
    if rng.random() >= 0.4:
        return between(rng, *USUAL[name], name)
    step = 0.3 if name == "temperature" else 3
    if name == "oxygen" or rng.random() < 0.4:
        return between(rng, low, low + step, name)
    return between(rng, high - step, high, name)


def alarming(rng: random.Random, name: str) -> float:
    """A reading outside its limits, close to one of them in two of five cases."""
    (low, high), (bottom, top) = LIMITS[name], EXTREME[name]
    unit = 0.1 if name == "temperature" else 1
    near = rng.random() < 0.4
    if name == "oxygen" or rng.random() < 0.4:
        return between(rng, low - 4 * unit if near else bottom, low - unit, name)
    return between(rng, high + unit, high + 4 * unit if near else top, name)


def distractors(rng: random.Random, count: int) -> list[str]:
    """Harmless sentences about steps, sleep and the watch."""
    texts = rng.sample(DISTRACTORS, count)
    return [t.format(s=rng.randint(300, 18000), h=rng.randint(3, 11), p=rng.randint(5, 100)) for t in texts]


def sentence(rng: random.Random, name: str, value: float) -> str:
    """One reading in words."""
    low_number = round(value * rng.uniform(0.58, 0.68))
    return rng.choice(WORDINGS[name]).format(v=number(value), d=low_number)


def sample(rng: random.Random) -> Sample:
    """Three to six sentences; half of them need no alert."""
    total = rng.randint(3, 6)
    extra = rng.randint(max(0, total - 5), min(2, total - 2))
    shown = rng.sample(list(LIMITS), total - extra)
    alarms = rng.choices((1, 2, 3), (65, 25, 10))[0] if rng.random() < 0.5 else 0
    readings = {name: (alarming if rank < alarms else quiet)(rng, name) for rank, name in enumerate(shown)}
    texts = [sentence(rng, name, value) for name, value in readings.items()] + distractors(rng, extra)
    rng.shuffle(texts)
    opening = rng.choice(OPENINGS).format(n=names.person(rng), c=names.company(rng))
    user = opening + " ".join(texts)
    answer = verdict(readings)
    kind = "alert" if answer != "No alert." else "quiet"
    return Sample("vitals", conversation(user, answer), kind, {"readings": readings, "kind": kind})
