"""The recordings: what each demo answered when it was really run, kept in a file and shown when the demo cannot.

html(read()["playground"], "playground", "Playground")
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from phicookbook import settings
from phicookbook.demos.page import harmless, shown
from phicookbook.settings import CookbookError

FILE = settings.DATASETS / "workshop" / "recorded.json"
MOST_BYTES = 2_000_000
AGAIN = "make it anew with `cookbook demo --record`"


@dataclass(frozen=True)
class Scene:
    """One thing that was asked of a demo and what came: answers as (who, text), and what else the demo shows.

    `table` is its rows with the head first; `traces` (model, text, the verifier's record) of the reasoning demo; `curve` the
    training and validation losses as [step, loss] and the number of steps.
    """

    asked: str
    answers: list[list[str]] = field(default_factory=list)
    table: list[list[str]] = field(default_factory=list)
    traces: list[list] = field(default_factory=list)
    curve: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Recording:
    """A demo's scenes with the day on which it ran and the models that answered."""

    on: str
    models: str
    scenes: tuple[Scene, ...]

    @property
    def day(self) -> str:
        """The date in words."""
        day = date.fromisoformat(self.on)
        return f"{day.day} {day:%B %Y}"


def read(path: Path | None = None) -> dict[str, Recording]:
    """The recordings by the demo's name. Raises CookbookError when the file is missing or cannot be read."""
    path = path or FILE
    if not path.exists():
        raise CookbookError(f"{path} is missing: {AGAIN}")
    try:
        found = json.loads(settings.read_text(path, MOST_BYTES))
        made = {name: _recording(**one) for name, one in found.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CookbookError(f"{path} is no file of recordings ({error}): {AGAIN}") from None
    return made


def _recording(on: str, models: str, scenes: list[dict]) -> Recording:
    date.fromisoformat(on)
    return Recording(on, models, tuple(Scene(**scene) for scene in scenes))


def write(found: dict[str, dict], path: Path | None = None) -> None:
    """Replace the file at once; `found` holds each Recording as a dict."""
    settings.write_text(path or FILE, json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def html(recording: Recording, name: str, title: str) -> str:
    """A recording as the page shows it, hidden until it is asked for; it says at the top that nothing runs."""
    scenes = "".join(_scene(scene) for scene in recording.scenes)
    return (
        f'<article class="recording" data-demo="{name}" data-day="{recording.day}" hidden>'
        f'<p class="recording-why" role="alert"></p>'
        f"<h2><strong>RECORDED</strong> {shown(title)}</h2><p>What this demo answered on <strong>{recording.day}</strong> with "
        f"{shown(recording.models)}. Nothing on this page is running now.</p>{scenes}</article>"
    )


def missing(name: str, title: str) -> str:
    """What stands in the place of a recording that was not made."""
    return (
        f'<article class="recording" data-demo="{name}" data-day="" hidden><p class="recording-why" role="alert"></p>'
        f"<h2>{shown(title)}: no recording</h2><p>{harmless(AGAIN[0].upper() + AGAIN[1:])}.</p></article>"
    )


def _scene(scene: Scene) -> str:
    from phicookbook.demos.reasoning import panel
    from phicookbook.demos.wizard_curve import curve

    parts = [f'<h3 class="asked">{shown(scene.asked)}</h3>']
    parts.append('<div class="answers">')
    parts += [f'<div class="answer"><h4>{shown(who)}</h4><p>{shown(text)}</p></div>' for who, text in scene.answers]
    parts += [f'<div class="answer">{panel(label, text, row)}</div>' for label, text, row in scene.traces]
    parts.append("</div>")
    if scene.curve:
        parts.append(curve(scene.curve["train"], scene.curve["valid"], scene.curve["steps"]))
    if scene.table:
        parts.append(_table(scene.table))
    return f'<section class="scene">{"".join(parts)}</section>'


def _table(rows: list[list[str]]) -> str:
    head = "".join(f'<th scope="col">{shown(cell)}</th>' for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{shown(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return (
        f'<div class="panel" tabindex="0" role="region" aria-label="Table of the recording"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
