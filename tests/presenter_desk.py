"""What a presenter does at the desk in the tests: press keys, open tabs, fill boxes, wait for a recording.

press(visit, "n", "f"); taken_over(visit, "finetuning", "does not answer")
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event

from chromium import Visit
from service_client import PATIENCE

from phicookbook.demos import presenter_recorded

# Seconds until a recording has to stand there. `make bench` asks for the five that a room forgives, on a machine that does
# nothing else; the tests ask only that it comes, and hold what the desk waits for to less than five by its own constants.
WITHIN = float(os.environ.get("DEMO_SECONDS", PATIENCE))
MUTE = "Contoso says nothing"


class Mute:
    """pocket, which keeps silent about one headline until it is let go."""

    name = "pocket"

    def __init__(self, model):
        self.model, self.tokenizer, self.speaks = model, model.tokenizer, Event()

    def stream(self, conversation, system="", **generation):
        if MUTE in conversation:
            self.speaks.wait(PATIENCE)
        yield from self.model.stream(conversation, system, **generation)


def press(visit: Visit, *keys: str) -> None:
    for key in keys:
        visit.page.keyboard.press(key)


def selected(visit: Visit, name: str) -> None:
    visit.page.locator(f"#tab-{name}-button[aria-selected=true]").wait_for()


def to_tab(visit: Visit, name: str) -> None:
    visit.page.locator(f"#tab-{name}-button").click()
    selected(visit, name)


def enter(visit: Visit, name: str) -> None:
    """The button of that name, with the keyboard."""
    visit.page.get_by_role("button", name=name, exact=True).press("Enter")


def has_begun(visit: Visit, label: str, word: str) -> None:
    """Wait until the visible box of a label begins with a word."""
    visit.page.wait_for_function(
        "([label, word]) => [...document.querySelectorAll('label')].some(l => l.innerText.trim() === label "
        "&& l.offsetParent && l.querySelector('input, textarea').value.startsWith(word))",
        arg=[label, word],
    )


def picture(visit: Visit, name: str) -> None:
    if folder := os.environ.get("DEMO_PICTURES"):
        visit.page.screenshot(path=str(Path(folder) / f"presenter-{name}.png"))


def taken_over(visit: Visit, name: str, why: str) -> None:
    """Wait for the recording, for WITHIN seconds and no more; it says why it came and that it is recorded."""
    shown = visit.page.locator(f".recording[data-demo={name}]:visible")
    shown.wait_for(timeout=WITHIN * 1000)
    for what in ("h2", "[role=alert]", "#desk h2"):  # whoever looks sees it, wherever the page stood
        visit.page.wait_for_function(
            "what => [...document.querySelectorAll(what)].some(e => e.offsetParent && e.innerText.trim() "
            "&& e.getBoundingClientRect().top >= 0 && e.getBoundingClientRect().bottom < innerHeight)",
            arg=what if what.startswith("#") else f".recording[data-demo={name}] {what}",
        )
    told = shown.locator("[role=alert]").inner_text()
    assert why in told and "What you see now is recorded" in told and presenter_recorded.read()[name].day in told


def walk(page, *labels: str) -> None:
    for label in labels:
        page.get_by_role("button", name=label, exact=True).click()
