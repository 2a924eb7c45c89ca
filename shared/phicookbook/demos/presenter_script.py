"""The presenter's script: steps with their minutes, what to say, the next click and what the room sees, from a YAML file.

steps = read(Path("datasets/workshop/script.yaml")).steps
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from pathlib import Path

from phicookbook import settings
from phicookbook.demos.workshop import TABS
from phicookbook.settings import CookbookError

FILE = settings.DATASETS / "workshop" / "script.yaml"
MOST_BYTES = 200_000
MOST_MINUTES = 600


@dataclass(frozen=True)
class Step:
    """One step: the demo whose tab it opens, its minutes, and three texts for the presenter."""

    demo: str
    minutes: float
    say: str
    click: str
    sees: str


@dataclass(frozen=True)
class Script:
    """A talk's title and its steps."""

    title: str
    steps: tuple[Step, ...]

    @property
    def minutes(self) -> float:
        """The minutes of all steps."""
        return sum(step.minutes for step in self.steps)

    def only(self, demo: str) -> Script:
        """The steps of one demo, all for "". Raises CookbookError when there is none."""
        steps = tuple(step for step in self.steps if demo in ("", step.demo))
        if not steps:
            raise CookbookError(f"the script has no step for {demo!r}: leave the name away, or give another script with --script")
        return replace(self, steps=steps)


def read(path: Path | None = None) -> Script:
    """The script in a file, the book's own by default. Raises CookbookError that names the file and the step."""
    import yaml

    path = path or FILE
    try:
        found = yaml.safe_load(settings.read_text(path, MOST_BYTES))
    except yaml.YAMLError as error:
        raise CookbookError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict) or not isinstance(found.get("steps"), list) or not found["steps"]:
        raise CookbookError(f"{path} has no steps: write `title:` and under `steps:` a list, as {FILE.name} of the book does")
    if not isinstance(title := found.get("title", ""), str) or not title.strip():
        raise CookbookError(f"{path} has no title: write `title:` and a text on the first line")
    steps = tuple(_step(row, f"{path}: step {place}") for place, row in enumerate(found["steps"], start=1))
    return Script(title.strip(), steps)


def _step(row, where: str) -> Step:
    names = [field.name for field in fields(Step)]
    if not isinstance(row, dict):
        raise CookbookError(f"{where} is no step: write {', '.join(names)}, each with its value")
    if unknown := [str(name) for name in row if name not in names]:
        raise CookbookError(f"{where} has {', '.join(unknown)}, which is not read: write {', '.join(names)}")
    if row.get("demo") not in (tabs := [name for name, _ in TABS]):
        raise CookbookError(f"{where}: no tab is called {row.get('demo')!r}: choose {', '.join(tabs)}")
    minutes = row.get("minutes")
    is_number = isinstance(minutes, int | float) and not isinstance(minutes, bool) and math.isfinite(minutes)
    if not is_number or not 0 < minutes <= MOST_MINUTES:
        raise CookbookError(f"{where}: minutes is {minutes!r}: give a number above 0 and at most {MOST_MINUTES}")
    texts = {name: row.get(name) for name in ("say", "click", "sees")}
    for name, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise CookbookError(f"{where} has no text under {name!r}: write one")
    return Step(row["demo"], float(minutes), **{name: " ".join(text.split()) for name, text in texts.items()})
