"""Exercises that check themselves, with hints that go from vague to plain, and what a reader has done so far.

    from phicookbook.book import check
    check("4.1", my_answer)

The exercises of a chapter stand in `chapter_NN.py` beside this file, their solutions in cookbook/solutions.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from phicookbook import settings
from phicookbook.settings import CookbookError

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Exercise:
    """One exercise. `fault` says in a sentence what is wrong with an answer, "" when it is right."""

    id: str
    asks: str
    fault: Callable[[Any], str]
    hints: tuple[str, ...]


def load() -> dict[str, Exercise]:
    """Every exercise by id, in the book's order."""
    modules = [importlib.import_module(f"{__name__}.{path.stem}") for path in sorted(FOLDER.glob("chapter_*.py"))]
    return {exercise.id: exercise for module in modules for exercise in module.EXERCISES}


def check(id: str, answer: Any = ...) -> bool:
    """Print whether an answer is right, else what is wrong and the next hint; True when it is right.

    `...` stands for no answer yet and prints the question. Raises CookbookError for an unknown id.
    """
    known = load()
    if id not in known:
        raise CookbookError(f"no exercise is called {id!r}: choose one of {', '.join(known)}")
    exercise = known[id]
    if answer is ...:
        print(f"{id} is open. {exercise.asks}")
        return False
    told = _fault(exercise, answer)
    tries = _note(id, right=not told)
    if not told:
        print(f"{id} is right.")
        return True
    print(f"{id}, not yet: {told}")
    print(_hint(exercise, tries))
    return False


def _fault(exercise: Exercise, answer: Any) -> str:
    """What is wrong with an answer; an error that the reader's own code raises is part of the lesson."""
    try:
        return exercise.fault(answer)
    except Exception as error:
        return f"it stopped with {type(error).__name__}: {error}"


def _hint(exercise: Exercise, tries: int) -> str:
    """The hint after so many tries; after the last one, where the solution stands."""
    place = min(tries, len(exercise.hints))
    text = f"Hint {place} of {len(exercise.hints)}: {exercise.hints[place - 1]}"
    if tries > len(exercise.hints):
        chapter = int(exercise.id.split(".")[0])
        text += f"\nThe solution stands in cookbook/solutions/chapter_{chapter:02d}.py."
    return text


def progress_path() -> Path:
    """The one file that holds what a reader has done."""
    return settings.artifacts() / "progress.json"


def read_progress() -> dict[str, dict]:
    """Tries and day of success of each exercise that was tried; a damaged file is set aside, not lost."""
    path = progress_path()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not all(isinstance(entry["tries"], int) and isinstance(entry["done"], str) for entry in found.values()):
            raise ValueError("an entry is not tries and a day")
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        aside = path.with_suffix(".damaged.json")
        os.replace(path, aside)
        print(f"{path} could not be read ({error}): it is kept as {aside.name}, and counting starts anew")
        return {}
    return found


def _note(id: str, right: bool) -> int:
    """Write down one try; returns how many there were."""
    progress = read_progress()
    entry = progress.setdefault(id, {"tries": 0, "done": ""})
    entry["tries"] += 1
    if right and not entry["done"]:
        entry["done"] = date.today().isoformat()
    settings.write_text(progress_path(), json.dumps(progress, indent=1) + "\n")
    return entry["tries"]


def table() -> str:
    """What is done and what is open, one exercise a line."""
    progress, known = read_progress(), load()
    lines = []
    for id, exercise in known.items():
        entry = progress.get(id, {"tries": 0, "done": ""})
        state = f"done {entry['done']}" if entry["done"] else (f"tried {entry['tries']}x" if entry["tries"] else "open")
        lines.append(f"{id:4} {state:16} {exercise.asks}")
    done = sum(bool(progress.get(id, {}).get("done")) for id in known)
    return "\n".join([*lines, f"{done} of {len(known)} done"])
