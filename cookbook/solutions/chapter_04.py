"""Solutions of chapter 04. The hints of `check` are the better first stop."""

import random


def exercise_1():
    """A policy that sees only attacks that were overcome."""

    def overcome(headline):
        return "positive" if headline.cyber and headline.sentiment == "positive" else "neutral"

    return overcome


def exercise_2():
    """New rows with a share of old ones among them."""

    def mix(new, old, share):
        rng = random.Random(1)
        rows = new + rng.sample(old, round(len(new) * share / (1 - share)))
        rng.shuffle(rows)
        return rows

    return mix


def exercise_3():
    """1.96 standard errors of a share of 90% are two points: 1.96² · 0.9 · 0.1 / 0.02²."""
    return 870
