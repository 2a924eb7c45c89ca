"""What a demo tells about its work: a line that a screen reader announces, with everything in it escaped.

telling.line("Checking the file")
"""

from __future__ import annotations

import html

from phicookbook.chat import NoAnswer
from phicookbook.demos.page import harmless

GONE = "data-gone"  # marks the sentence of a service or model that does not answer any more
STYLE = "white-space:pre-wrap;overflow-wrap:anywhere;padding:2px 0"


def line(text: str, wrong: bool = False) -> str:
    """HTML of a sentence or of several lines; one that is wrong is announced at once and marked by words, not by colour."""
    if not text:
        return ""
    role, begin = ("alert", "<strong>Please look: </strong>") if wrong else ("status", "")
    return harmless(f'<div role="{role}" style="{STYLE}">{begin}{html.escape(text)}</div>')


def mistake(error: Exception) -> str:
    """HTML of what went wrong; a program can tell by GONE that whatever should have answered is gone."""
    told = line(str(error), wrong=True)
    return told.replace("<div ", f"<div {GONE} ", 1) if isinstance(error, NoAnswer) else told


def bar(share: float, text: str) -> str:
    """HTML of a progress bar with its text; `share` is 0 to 1."""
    percent, told = round(100 * min(max(share, 0.0), 1.0)), html.escape(text)
    shown = f'<progress max="100" value="{percent}" aria-label="{told}" style="width:100%"></progress>'
    return harmless(f'<div role="status" style="{STYLE}">{shown}{told}</div>')


def stops(button, events: list, status, text: str = "Stopped.") -> None:
    """Let a button end events and then say so: in two listeners, since an event that still writes would overwrite the line."""
    button.click(None, None, None, cancels=events, queue=False)
    button.click(lambda: line(text), None, status, queue=False, show_progress="hidden")
