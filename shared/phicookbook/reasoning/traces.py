"""Reading a thinking trace: its lines told apart as steps, checks, dead ends and turns, and coloured.

kinds("try a true\\na true: holds\\nchange a")   # [("step", "try a true"), ("check", "a true: holds"), ("back", "change a")]
"""

from __future__ import annotations

import html
import re

from phicookbook.chat import OPEN, split_thinking

KINDS = {
    "back": re.compile(
        r"^(?:change|back\b|wait\b|no,|hmm|let me try|instead|actually)|going back|try again|(?:that|this) (?:is|was) wrong",
        re.IGNORECASE,
    ),
    "fails": re.compile(r"\b(?:fails|no|not below|contradiction|left never|over)\b[^a-z]*\d*$", re.IGNORECASE),
    "check": re.compile(r"\b(?:holds|yes|checks?|verify|correct|left)\b|✓", re.IGNORECASE),
    "result": re.compile(r"^(?:so|therefore|thus|hence|the answer|best)\b", re.IGNORECASE),
}
# Okabe and Ito's palette, light enough to read black on; each kind has a letter too, for readers who see no colour.
COLOURS = {"step": "#FFFFFF", "check": "#CDEBDD", "fails": "#F7D9C4", "back": "#F9EDB8", "result": "#CFE5F3", "answer": "#CFE5F3"}


def kinds(thinking: str) -> list[tuple[str, str]]:
    """(kind, line) of each line that is not empty: "back", "fails", "check", "result", else "step"."""
    lines = [line for line in thinking.splitlines() if line.strip()]
    return [(next((kind for kind, said in KINDS.items() if said.search(line.strip())), "step"), line) for line in lines]


def counts(thinking: str) -> dict[str, int]:
    """How many lines of each kind a trace has."""
    found = dict.fromkeys(("step", *KINDS), 0)
    for kind, _ in kinds(thinking):
        found[kind] += 1
    return found


def coloured(reply: str) -> str:
    """A reply as HTML: thinking line by line in the colour of its kind, then the answer. Everything in it is escaped."""
    thinking, answer = split_thinking(reply)
    rows = [*kinds(thinking), *([("answer", answer)] if answer else [])]
    if OPEN in reply and not answer:
        rows.append(("fails", "(the thinking never closes: no answer)"))
    cells = [
        f'<div style="background:{COLOURS[kind]};color:black;padding:0 6px"><code '
        f'style="background:none;color:#3a3a3a">{kind:6}</code> '
        f"{html.escape(line)}</div>"
        for kind, line in rows
    ]
    return f'<div style="font-family:monospace;border:1px solid #bbb;max-width:52em">{"".join(cells)}</div>'
