"""Claims: what the book says, the bound that makes it true, and the ledger of what was measured.

The sentences and bounds stand in datasets/claims.yaml; a chapter calls `claim(id, measured)`, and
`cookbook run` fails when one that should hold does not.

    claim("headlines.tuned-validation", Rate(1995, 2000))
"""

from __future__ import annotations

import json
import operator
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from phicookbook import settings
from phicookbook.settings import CookbookError
from phicookbook.statistics import Difference, Rate

COMPARISONS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "==": operator.eq}
BOUND = re.compile(r"^(>=|<=|>|<|==)\s*(-?\d+(?:\.\d+)?)$")


@dataclass(frozen=True)
class Claim:
    """One row of claims.yaml. `should_hold` False marks a negative that the book tells and keeps."""

    id: str
    chapter: str
    says: str
    bound: str
    unit: str = "share"
    published: str = ""
    source: str = ""
    should_hold: bool = True

    def holds(self, measured: float) -> bool:
        """Whether a measured value satisfies the bound."""
        sign, limit = BOUND.match(self.bound).groups()
        return COMPARISONS[sign](measured, float(limit))

    def verdict(self, holds: bool) -> str:
        """The outcome in words; a bar that was missed before and is kept does not fail the book."""
        return "holds" if holds else "DOES NOT HOLD" if self.should_hold else "negative, kept"

    def show(self, value: float) -> str:
        """A value in the claim's unit."""
        return f"{value:.1%}" if self.unit == "share" else f"{value:g} {self.unit}"

    def show_bound(self) -> str:
        """The bound in the claim's unit."""
        sign, limit = BOUND.match(self.bound).groups()
        return f"{sign} {self.show(float(limit))}"

    def show_record(self, record: dict) -> str:
        """What a record of the ledger holds: the value, with its interval and n where it has them."""
        value = self.show(record["measured"])
        if record["interval"]:
            low, high = record["interval"]
            value += f" ({self.show(low)} to {self.show(high)}, n={record['n']})"
        return value


def load(path: Path | None = None) -> dict[str, Claim]:
    """Every claim by id. Raises CookbookError for a row that is malformed or an id that stands twice."""
    import yaml

    path = path or settings.DATASETS / "claims.yaml"
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))["claims"]
    except FileNotFoundError:
        raise CookbookError(f"{path} does not exist") from None
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise CookbookError(f"{path} is not a YAML file with a list of claims: {error}") from None
    if not isinstance(rows, list):
        raise CookbookError(f"{path} is not a YAML file with a list of claims: claims is {rows!r}")
    found: dict[str, Claim] = {}
    for place, row in enumerate(rows, start=1):
        try:
            entry = Claim(**row)
        except TypeError as error:
            raise CookbookError(f"{path}, claim {place}: {error}") from None
        if not BOUND.match(str(entry.bound)):
            raise CookbookError(f"{path}, {entry.id}: the bound {entry.bound!r} is no comparison such as '>= 0.9'")
        if entry.id in found:
            raise CookbookError(f"{path}, {entry.id}: this id stands twice")
        found[entry.id] = entry
    return found


def claim(
    id: str, measured: float | Rate | Difference, n: int | None = None, interval: tuple[float, float] | None = None
) -> bool:
    """Hold a measured value against its claim, print the verdict, and write it into the ledger.

    A Rate or a Difference brings its own n and interval. Returns whether the claim holds; raises CookbookError for
    an id that claims.yaml does not know.
    """
    known = load()
    if id not in known:
        raise CookbookError(f"no claim is called {id!r}: add it to datasets/claims.yaml")
    entry = known[id]
    if isinstance(measured, (Rate, Difference)):
        n, interval, measured = measured.n, measured.interval, measured.value
    holds = bool(entry.holds(measured))  # numpy has a bool of its own, which JSON does not know
    record = {
        "id": id, "chapter": entry.chapter, "measured": measured, "n": n, "interval": interval, "bound": entry.bound,
        "holds": holds, "model": settings.model(), "seed": settings.seed(), "threads": settings.threads(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }  # fmt: skip
    settings.write_text(ledger_path(id), json.dumps(record, indent=1) + "\n")
    print(f"{entry.verdict(holds)}: {entry.says} [{entry.show(measured)}, bound {entry.show_bound()}]")
    return holds


def ledger_path(id: str) -> Path:
    """Where the record of a claim is kept: one small file each, so that chapters in parallel never collide."""
    return settings.artifacts() / "ledger" / f"{id}.json"


def read_ledger() -> dict[str, dict]:
    """The last record of each claim that was measured on this machine.

    Raises CookbookError that names a record which cannot be read.
    """
    found = {}
    for path in sorted((settings.artifacts() / "ledger").glob("*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            found[record["id"]] = record
        except FileNotFoundError:  # another run is just measuring it anew
            continue
        except (ValueError, KeyError, TypeError):
            raise CookbookError(f"{path} is damaged: delete it and run the chapter again") from None
    return found


def forget(chapter: str) -> None:
    """Drop a chapter's records, so that an old success never stands for a claim that was not measured."""
    for entry in load().values():
        if entry.chapter == chapter:
            ledger_path(entry.id).unlink(missing_ok=True)


def failures(chapters: list[str]) -> list[str]:
    """One sentence for each claim of these chapters that should hold and does not, or was not measured."""
    ledger, told = read_ledger(), []
    for entry in load().values():
        if entry.chapter not in chapters or not entry.should_hold:
            continue
        record = ledger.get(entry.id)
        if record is None:
            told.append(f"{entry.chapter}: the claim {entry.id} was not measured (bound {entry.show_bound()})")
        elif not record["holds"]:
            told.append(
                f"{entry.chapter}: the claim {entry.id} does not hold: measured {entry.show(record['measured'])}, "
                f"bound {entry.show_bound()}"
            )
    return told


def _of(chapters: Sequence[str]) -> dict[str, Claim]:
    """The claims of some chapters, of all when none is named."""
    return {id: entry for id, entry in load().items() if not chapters or entry.chapter in chapters}


def table(chapters: Sequence[str] = ()) -> str:
    """The claims of some chapters (none named: of all) with what was measured, as text for a terminal."""
    ledger, lines = read_ledger(), []
    for entry in _of(chapters).values():
        record = ledger.get(entry.id)
        if record is None:
            verdict, value = "not measured", "-"
        else:
            verdict = entry.verdict(record["holds"])
            value = entry.show_record(record)
        lines.append((entry.id, value, entry.show_bound(), verdict))
    widths = [max(len(line[i]) for line in [*lines, HEAD]) for i in range(4)]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in [HEAD, *lines]]
    return "\n".join("  ".join(cells).rstrip() for cells in padded)


def summary(chapters: Sequence[str] = ()) -> str:
    """How many claims of some chapters (none named: of all) hold, and what the others mean."""
    records, told = read_ledger(), _of(chapters)
    held = sum(record["holds"] for id, record in records.items() if id in told)
    kept = sum(not entry.should_hold and id in records and not records[id]["holds"] for id, entry in told.items())
    return (
        f"{held} claims hold, {kept} negative, kept: bars that were set before and are missed, as in the committed book. Only a "
        "claim that should hold and does not fails the run."
    )


HEAD = ("claim", "measured", "bound", "")
