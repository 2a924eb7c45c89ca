"""Curation: which prompts teach, which rows are good enough, and how domains are mixed.

    rates = pass_rates(records)
    chosen = teachable(pool, rates)

Phi-4-reasoning chose prompts at the edge of the base model's ability (arXiv:2504.21318): what is always right teaches
nothing, and what is never right gives no sign of the way.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from phicookbook.chat import CLOSE, OPEN
from phicookbook.reasoning.item import Item
from phicookbook.reasoning.report import by_item
from phicookbook.reasoning.rewards import repetition
from phicookbook.reasoning.traces import counts


def pass_rates(records: Sequence[dict]) -> dict[str, float]:
    """The share of right answers of each item over its repeats."""
    return {item: sum(marks) / len(marks) for item, marks in by_item(records).items()}


def teachable(pool: Sequence[Item], rates: dict[str, float], low: float = 0.1, high: float = 0.9) -> list[Item]:
    """Items whose pass rate lies between `low` and `high`, both included; those without a rate are left out."""
    return [item for item in pool if item.id in rates and low <= rates[item.id] <= high]


def good(rows: Sequence[dict], tokenizer, most: int) -> list[dict]:
    """Rows worth learning from: a closed thinking block, an answer behind it, no repeated phrases in the answer, each
    prompt once, and at most `most` tokens, so that no answer is cut."""
    kept: dict[str, dict] = {}
    for row in rows:
        reply = row["messages"][-1]["content"]
        thinking, closed, answer = reply.partition(CLOSE)
        whole = thinking.startswith(OPEN) and closed and answer.strip() and repetition(answer) == 0
        text = tokenizer.apply_chat_template(row["messages"], tokenize=False)
        if whole and len(tokenizer(text, add_special_tokens=False)["input_ids"]) <= most:
            kept.setdefault(row["messages"][-2]["content"], row)
    return list(kept.values())


def by_turns(rows: Sequence[dict], n: int, seed: int = 0, most: int = 4) -> list[dict]:
    """At most `n` rows, as evenly as they allow over how often the thinking turns back; `most` times and more count as one.

    Drawn as they come, most traces are right at once, and a model that learned from those alone says that every check holds.
    """
    rng, groups = random.Random(seed), {}
    for row in rng.sample(list(rows), len(rows)):
        turns = min(most, counts(row["messages"][-1]["content"].partition(CLOSE)[0])["back"])
        groups.setdefault(turns, []).append(row)
    found: list[dict] = []
    while len(found) < n and any(groups.values()):
        for turns in sorted(groups):
            if groups[turns] and len(found) < n:
                found.append(groups[turns].pop())
    return found


def mixture(domains: dict[str, Sequence[dict]], shares: dict[str, float], n: int, seed: int = 0) -> list[dict]:
    """`n` rows with each domain's share of them, shuffled; a domain with too few rows repeats them.

    Raises ValueError for shares of domains that do not exist or hold nothing.
    """
    missing = [name for name in shares if not domains.get(name)]
    if missing or not shares or min(shares.values()) < 0 or sum(shares.values()) <= 0:
        raise ValueError(f"shares need domains with rows: {', '.join(missing) or 'none are given'}")
    rng, found = random.Random(seed), []
    total = sum(shares.values())
    counts = {name: int(n * share / total) for name, share in shares.items()}
    counts[max(shares, key=shares.get)] += n - sum(counts.values())
    for name, count in counts.items():
        rows = list(domains[name])
        while count > 0:
            part = rng.sample(rows, min(count, len(rows)))
            found += part
            count -= len(part)
    rng.shuffle(found)
    return found
