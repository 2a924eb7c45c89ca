"""What the presenter's desk looks like: the script with its buttons, the preflight's rows and the recordings, as HTML.

desk(script)

The page's own program, `web/presenter.js`, shows one step at a time and needs no server for it, so the desk goes on working when
the server behind the page does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from phicookbook.demos.page import harmless, shown
from phicookbook.demos.presenter_script import Script, Step
from phicookbook.doctor import Row

WEB = Path(__file__).with_name("web")
# What a button does, its letter on the keyboard, and its text.
DOES = (
    ("previous", "P", "Back"), ("next", "N", "Next step"), ("clock", "S", "Start clock"),
    ("recorded", "F", "Recording"), ("reset", "R", "Reset demos"), ("large", "L", "Large type"),
    ("fold", "H", "Hide script"), ("keys", "K", "Keys on"),
)  # fmt: skip
TOGGLES = ("recorded", "large", "fold", "keys")


def head() -> dict[str, str]:
    """The style and the program to launch the page with."""
    css, js = ((WEB / f"presenter.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return {"css": css, "head": f"<script>{js}</script>"}


def desk(script: Script, titles: dict[str, str]) -> str:
    """The script beside the tabs: clocks, buttons, each step, and the list of all; `titles` are the tabs' by the demo's name."""
    count = len(script.steps)
    steps = "".join(_step(step, place, count, titles) for place, step in enumerate(script.steps, start=1))
    rows = "".join(_in_list(step, place, titles) for place, step in enumerate(script.steps, start=1))
    return harmless(
        f'<section id="desk" aria-label="Presenter\'s desk" data-total="{script.minutes:g}"><h2>{shown(script.title)}</h2>'
        f'<div class="desk-clocks"><p>This step <span role="timer" id="desk-step-left"></span></p>'
        f'<p>The whole <span role="timer" id="desk-total-left"></span></p></div>'
        f'<div class="desk-buttons">{"".join(_button(*each) for each in DOES)}</div><p id="desk-said" role="status"></p>'
        f'<div class="desk-script">{steps}<h3>All steps</h3><ol class="desk-list">{rows}</ol></div></section>'
    )


def _button(does: str, key: str, text: str) -> str:
    pressed = ' aria-pressed="false"' if does in TOGGLES else ""
    return (
        f'<button type="button" data-do="{does}" aria-keyshortcuts="{key}"{pressed}><span>{text}</span> '
        f'<kbd aria-hidden="true">{key}</kbd></button>'
    )


def _step(step: Step, place: int, count: int, titles: dict[str, str]) -> str:
    parts = (("Say", step.say), ("Click next", step.click), ("The room sees", step.sees))
    body = "".join(f'<h4>{name}</h4><p class="desk-{name.split()[0].lower()}">{shown(text)}</p>' for name, text in parts)
    return (
        f'<article class="desk-step" data-demo="{step.demo}" data-minutes="{step.minutes:g}" hidden>'
        f"<h3>Step {place} of {count}: {shown(titles[step.demo])}</h3>{body}</article>"
    )


def _in_list(step: Step, place: int, titles: dict[str, str]) -> str:
    return (
        f'<li><button type="button" data-do="go" data-step="{place - 1}">{place}. {shown(titles[step.demo])}, '
        f"{step.minutes:g} min</button></li>"
    )


def rows(found: Sequence[Row], told: str = "") -> str:
    """The preflight as a table: what is missing first, each row marked by a word and by colour; `told` is a line above it."""
    bad = sum(not row.good for row in found)
    verdict = f"{bad} of {len(found)} rows need a look: the show can start all the same." if bad else "Everything is ready."
    body = "".join(
        f'<tr class="{"ready" if row.good else "missing"}"><td><strong>{"✓ ready" if row.good else "✗ look"}</strong></td>'
        f'<th scope="row">{shown(row.name)}</th><td>{shown(row.found)}</td><td>{"" if row.good else shown(row.remedy)}</td></tr>'
        for row in sorted(found, key=lambda row: row.good)
    )
    names = "".join(f'<th scope="col">{name}</th>' for name in ("", "what", "found", "what to do"))
    return harmless(
        f'<p role="status" class="preflight-verdict">{shown(told) or verdict}</p><div class="preflight" tabindex="0" '
        f'role="region" aria-label="Preflight"><table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table></div>'
    )
