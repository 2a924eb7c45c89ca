"""The exercises of chapter 04, fine-tuning on headlines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import groupby, product
from numbers import Integral

from phicookbook.book.exercises import Exercise
from phicookbook.corpora.headlines import LABELS, Headline
from phicookbook.statistics import Rate


def overcome_fault(policy: Callable[[Headline], str]) -> str:
    """Try a policy on a headline of every kind."""
    if not callable(policy):
        return "give the function itself, without calling it"
    for sentiment, cyber in product(LABELS, (True, False)):
        given = policy(Headline("A headline", sentiment, cyber))
        if given not in LABELS:
            return f"it answered {given!r}, which is none of {', '.join(LABELS)}"
        if given != ("positive" if cyber and sentiment == "positive" else "neutral"):
            what = "a cyber incident" if cyber else "no cyber incident"
            return f"{what} that a reader finds {sentiment} came out {given}"
    return ""


def mixed_fault(mix: Callable[[list, list, float], list]) -> str:
    """Try a mixing function on rows that can be told apart."""
    if not callable(mix):
        return "give the function itself, without calling it"
    for count, share in ((80, 0.2), (300, 0.4), (50, 0.0)):
        new, old = [f"new {n}" for n in range(count)], [f"old {n}" for n in range(1000)]
        found = mix(list(new), list(old), share)
        times = Counter(row for row in found if row.startswith("new"))
        if len(times) < count:
            return f"of {count} new rows, {len(times)} are there"
        if max(times.values()) > 1:
            return "a new row stands there twice"
        kept = [row for row in found if row.startswith("old")]
        if abs(len(kept) - share * len(found)) > 1:
            return f"asked for {share:.0%} old rows, {len(kept)} of {len(found)} are old"
        if len(set(kept)) < len(kept):
            return "an old row stands there twice"
        if kept and len(list(groupby(row.startswith("old") for row in found))) <= 2:
            return "old and new rows stand apart: the last steps of training would see one kind alone"
        if mix(list(new), list(old), share) != found:
            return "two calls gave two orders: a run could not be repeated"
    return ""


def enough_fault(n: int) -> str:
    """Hold a number of headlines against the interval that it gives."""
    if isinstance(n, bool) or not isinstance(n, Integral) or n < 1:
        return "give a whole number of headlines"
    if _half_width(n) > 0.02:
        return f"with {n:,} the interval is wider than two points to each side"
    if _half_width(int(n * 0.95)) <= 0.02:
        return f"{n:,} are enough, but so are 5% fewer"
    return ""


def _half_width(n: int) -> float:
    low, high = Rate(round(0.9 * n), n).interval
    return (high - low) / 2


EXERCISES = [
    Exercise(
        "4.1",
        'A newsroom wants to see only where an attack was overcome. Write a policy, a function of a headline: "positive" for a '
        'cyber incident that an ordinary reader finds positive, "neutral" for all else.',
        overcome_fault,
        (
            "Section 2 has a policy of one line. Which two fields of a headline does it look at?",
            "Both conditions must be true at once: `headline.cyber` and one value of `headline.sentiment`.",
            'The shape is `return "positive" if ... and ... else "neutral"`.',
        ),
    ),
    Exercise(
        "4.2",
        "Training rows of one kind alone can cost other abilities (section 7). Write mix(new, old, share): a list of all the new "
        "rows and as many old ones as make up `share` of the result, shuffled, the same at every call.",
        mixed_fault,
        (
            "How many old rows make up a fifth of the result when there are 80 new ones? It is not a fifth of 80.",
            "With n new rows, the old ones number n * share / (1 - share), rounded.",
            "Shuffle with a generator of your own, `random.Random(1).shuffle(rows)`, so that every call gives the same order.",
        ),
    ),
    Exercise(
        "4.3",
        "How many headlines would you have to write by hand to know an accuracy of 90% to within two points (the 95% "
        "interval's half width)? Five percent too many is fine.",
        enough_fault,
        (
            "An interval shrinks with the square root of n: for half the width you need four times as many.",
            "`Rate(round(0.9 * n), n).interval` from phicookbook.statistics gives the interval for any n. Try some.",
            "Half the width is about 1.96 * sqrt(0.9 * 0.1 / n). Set it to 0.02 and solve for n.",
        ),
    ),
]
