"""What a run says: accuracy with its error, repeats, votes, tokens, what was cut or not understood, paired comparisons.

print(table({"pocket": records}))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from phicookbook.reasoning import estimates
from phicookbook.settings import CookbookError
from phicookbook.statistics import Difference, Rate, wilson


@dataclass(frozen=True)
class Summary:
    """The figures of one run on one set of items; shares are 0 to 1, `interval` is 95%.

    One repeat has a Wilson interval; with more the item is the unit, and its standard error makes the interval.
    `best` and `worst` are the best and the worst whole run, `pass_k` and `majority` take all repeats as k.
    """

    n: int
    repeats: int
    accuracy: float
    interval: tuple[float, float]
    strict: float
    fraction: float
    deviation: float
    best: float
    worst: float
    pass_k: float
    majority: float
    tokens: float
    tokens_p95: float
    truncated: float
    unclosed: float
    no_answer: float


def by_item(records: Sequence[dict], key: str = "correct") -> dict[str, list]:
    """Each item's values over its repeats, in the order of the repeats."""
    found: dict[str, dict[int, object]] = {}
    for row in records:
        found.setdefault(row["item"], {})[row["repeat"]] = row[key]
    return {item: [values[r] for r in sorted(values)] for item, values in found.items()}


def summary(records: Sequence[dict]) -> Summary:
    """The figures of some records. Raises CookbookError without records, or when a run stopped in the middle of a repeat."""
    if not records:
        raise CookbookError("there are no records: evaluate something first")
    marks, answers = by_item(records), by_item(records, "answer")
    repeats = {len(each) for each in marks.values()}
    if len(repeats) > 1:
        raise CookbookError(f"some items have {min(repeats)} answers and others {max(repeats)}: let the run end first")
    k, n = repeats.pop(), len(marks)
    mean, error = estimates.clustered(list(marks.values()))
    _, deviation, best, worst = estimates.spread_over_runs(list(marks.values()))
    interval = (
        wilson(sum(map(sum, marks.values())), n) if k == 1 else (max(0.0, mean - 1.96 * error), min(1.0, mean + 1.96 * error))
    )
    tokens = sorted(row["tokens"] for row in records)
    return Summary(
        n=n, repeats=k, accuracy=mean, interval=interval, strict=_share(records, "strictly"),
        fraction=sum(row["met"] / row["of"] for row in records) / len(records), deviation=deviation, best=best, worst=worst,
        pass_k=sum(estimates.pass_at_k(k, sum(each), k) for each in marks.values()) / n,
        majority=sum(estimates.majority_at_k(answers[item], marks[item], k) for item in marks) / n,
        tokens=sum(tokens) / len(tokens), tokens_p95=quantiles(tokens, n=20)[-1] if len(tokens) > 1 else float(tokens[0]),
        truncated=1 - _share(records, "finished"), unclosed=1 - _share(records, "closed"),
        no_answer=sum(not row["answer"] for row in records) / len(records),
    )  # fmt: skip


def _share(records: Sequence[dict], key: str) -> float:
    return sum(bool(row[key]) for row in records) / len(records)


def split(records: Sequence[dict], key: str = "task") -> dict[str, list[dict]]:
    """The records apart by task, level or kind, in the order in which they come."""
    found: dict[str, list[dict]] = {}
    for row in records:
        found.setdefault(str(row[key]), []).append(row)
    return found


def table(runs: dict[str, Sequence[dict]]) -> str:
    """One line a run: accuracy with its interval, strict, constraints met, pass@k, majority, tokens, truncation, no answer."""
    width = max(map(len, [*runs, "run"]))
    head = "accuracy (95% interval)   n x k strict   met pass@k maj@k tokens   p95   cut no answer"
    lines = [f"{'run':{width}}  {head}"]
    for name, records in runs.items():
        s = summary(records)
        shown = f"{s.accuracy:.1%} ({s.interval[0] * 100:.1f}-{s.interval[1] * 100:.1f})"
        lines.append(
            f"{name:{width}}  {shown:21} {f'{s.n} x {s.repeats}':>7} {s.strict:6.1%} {s.fraction:5.0%} {s.pass_k:6.1%} "
            f"{s.majority:5.1%} "
            f"{s.tokens:6.0f} {s.tokens_p95:5.0f} {s.truncated:5.1%} {s.no_answer:9.1%}"
        )
    return "\n".join(lines)


@dataclass(frozen=True)
class Comparison:
    """Two models on the same items: how much better the first is, and the p-value of McNemar's test (None with repeats)."""

    difference: Difference
    p: float | None

    def __str__(self) -> str:
        return f"{self.difference}" + ("" if self.p is None else f", McNemar p = {self.p:.3g}")


def compare(first: Sequence[dict], second: Sequence[dict]) -> Comparison:
    """Compare two runs on the items that both answered: Newcombe's interval, or a bootstrap over items with repeats.

    Raises CookbookError when they share no item.
    """
    one, two = by_item(first), by_item(second)
    shared = [item for item in one if item in two]
    if not shared:
        raise CookbookError("the two runs share no item: give both the same tasks, n and seed")
    a, b = [one[item] for item in shared], [two[item] for item in shared]
    single = all(len(x) == len(y) == 1 for x, y in zip(a, b, strict=True))
    if not single:
        return Comparison(estimates.paired_means(a, b), None)
    marks = [x[0] for x in a], [y[0] for y in b]
    return Comparison(estimates.newcombe(*marks), estimates.mcnemar(*marks))


def rate(records: Sequence[dict], key: str = "correct") -> Rate:
    """The share of records with a mark, as a Rate: for runs of one repeat."""
    return Rate.of(row[key] for row in records)
