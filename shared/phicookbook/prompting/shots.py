"""Few-shot prompts over one rule with invented labels: any number of examples, in any order.

episode = episodes(1, seed=3)[0]
prompt(episode, shots=4)
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from phicookbook.corpora import labels

MOST = 8
KINDS = ("category", "sentiment", "colour")
Pair = tuple[str, str]  # an input and its label


@dataclass(frozen=True)
class Episode:
    """Examples of a rule, a query and its label. The labels are drawn anew for each episode, so only the examples tell them."""

    examples: tuple[Pair, ...]
    query: str
    label: str
    form: str
    gap: str

    @property
    def names(self) -> list[str]:
        """The labels that may be chosen, sorted."""
        return sorted({label for _, label in self.examples})


def episodes(n: int, seed: int = 0) -> list[Episode]:
    """`n` episodes of two classes with MOST examples each, half of them of the query's class."""
    rng = random.Random(f"episodes/{seed}")
    found = []
    while len(found) < n:
        pairs, query, wanted, classes = labels.rule_draft(rng, rng.choice(KINDS), 4 * MOST)
        if len(classes) != 2:
            continue
        calls = labels.rename(rng, classes, free=True)
        groups = [list(dict.fromkeys(pair for pair in pairs if pair[1] == name))[: MOST // 2] for name in classes]
        if any(len(group) < MOST // 2 for group in groups):
            continue
        rng.shuffle(groups)
        mixed = [pair for both in zip(*groups, strict=True) for pair in both]
        form, gap = rng.choice(labels.LAYOUTS)
        examples = tuple((text, calls[name]) for text, name in mixed)
        found.append(Episode(examples, query, calls[wanted], form, gap))
    return found


def prompt(episode: Episode, shots: int = MOST, order: Callable[[Episode], list[Pair]] | None = None) -> str:
    """The user's text with the first `shots` examples, or with all of them in the order that `order` gives.

    Without an example the labels are named, as nothing else would tell them.
    """
    pairs = order(episode) if order else list(episode.examples[:shots])
    lines = [episode.form.format(x=text, y=label) for text, label in pairs]
    lines.append(episode.form.format(x=episode.query, y="").rstrip())
    head = "" if pairs else f"Choose one label: {labels.listed(episode.names)}.\n"
    return head + episode.gap.join(lines)


def orders() -> dict[str, Callable[[Episode], list[Pair]]]:
    """Orders of the same examples by name: one class after the other, which of them last, and at random."""
    return {
        "alternating": lambda e: list(e.examples),
        "right class last": lambda e: sorted(e.examples, key=lambda pair: pair[1] == e.label),
        "right class first": lambda e: sorted(e.examples, key=lambda pair: pair[1] != e.label),
        "at random": lambda e: random.Random(e.query).sample(e.examples, len(e.examples)),
    }


def choices() -> dict[str, Callable[[Episode], list[Pair]]]:
    """Choices of four examples by name: two of each class, or three of one and one of the other."""

    def uneven(e: Episode, of_the_right_class: int) -> list[Pair]:
        same = [pair for pair in e.examples if pair[1] == e.label]
        other = [pair for pair in e.examples if pair[1] != e.label]
        chosen = same[:of_the_right_class] + other[: 4 - of_the_right_class]
        return [pair for pair in e.examples if pair in chosen]

    return {
        "two of each": lambda e: uneven(e, 2),
        "three of the right class": lambda e: uneven(e, 3),
        "one of the right class": lambda e: uneven(e, 1),
    }
