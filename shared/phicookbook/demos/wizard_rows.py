"""The wizard's data: an upload or the book's headlines as JSON lines, checked by the service's rules, shown, and split.

    rows = read(Path("train.jsonl"), "supervised")
    train, validation = split(rows, 0.1, seed=42)

An upload is read as text and parsed as JSON; nothing in it is executed, and the wizard keeps no copy on disk.
"""

from __future__ import annotations

import html
import json
import random
from dataclasses import dataclass
from pathlib import Path

from phicookbook.demos import telling
from phicookbook.serverless.validation import LEAST_ROWS, check
from phicookbook.settings import CookbookError

MOST_BYTES = 5_000_000
MOST_ROWS = 6_000  # of the book's headlines: chapter 04's number
PREVIEW, LONGEST = 5, 240  # rows that are shown, and characters of a message
TRAINING_NAME, VALIDATION_NAME = "train.jsonl", "validation.jsonl"


@dataclass(frozen=True)
class Rows:
    """Lines of JSON, each a row, under a file's name."""

    name: str
    lines: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def content(self) -> bytes:
        """What is uploaded to the service."""
        return "".join(line + "\n" for line in self.lines).encode("utf-8")


def read(path: Path | str | None, method: str, least: int = LEAST_ROWS) -> Rows:
    """The rows of an uploaded file.

    Raises CookbookError when there is none, when it has more than MOST_BYTES bytes, and for every bad line in the service's
    own sentences.
    """
    if not path or not Path(path).is_file():
        raise CookbookError("There is no file yet: choose a JSONL file with one conversation a line.")
    path = Path(path)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise CookbookError(f"The file has {size:,} bytes; at most {MOST_BYTES:,} are taken here. Send fewer rows.")
    check(path, method, least)
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    return Rows(path.name, tuple(line.strip() for line in lines if line.strip()))


def headline_rows(count: int, method: str) -> Rows:
    """The first `count` headlines of the book's training set under the security firm's policy, for either method.

    A preference holds the firm's one word against the base model's way of explaining itself.
    """
    from phicookbook.corpora import headline_data, headlines

    chosen = headline_data.draw("train", count)
    if method == "dpo":
        rows = [
            {
                "input": {"messages": [{"role": "user", "content": headlines.prompt(h.text)}]},
                "preferred_output": [{"role": "assistant", "content": headlines.policy(h)}],
                "non_preferred_output": [{"role": "assistant", "content": headlines.explanation(h)}],
            }
            for h in chosen
        ]
    else:
        rows = [headline_data.row(h) for h in chosen]
    return Rows(f"headlines-{count}.jsonl", tuple(json.dumps(row, ensure_ascii=False) for row in rows))


def split(rows: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """(training rows, validation rows): a share drawn by seed, one row at least. No service does that by itself.

    Raises CookbookError when too few rows are left to train on.
    """
    count = max(1, round(len(rows) * share))
    left = len(rows) - count
    if left < LEAST_ROWS:
        raise CookbookError(
            f"A split of {share:.0%} leaves {left} rows to train on, and {LEAST_ROWS} are needed: take a smaller share, "
            f"a file to validate on, or no validation."
        )
    held = set(random.Random(seed).sample(range(len(rows)), count))
    parts = ([line for place, line in enumerate(rows.lines) if (place in held) is out] for out in (False, True))
    return tuple(Rows(name, tuple(part)) for name, part in zip((TRAINING_NAME, VALIDATION_NAME), parts, strict=True))


def preview(rows: Rows) -> str:
    """HTML of the first rows as a table of who says what; text is shown to the letter and cut when it is long."""
    shown = "".join(
        f'<tr><th scope="row">{place}</th><td>{"<br>".join(_cell(*said) for said in _said(json.loads(line)))}</td></tr>'
        for place, line in enumerate(rows.lines[:PREVIEW], start=1)
    )
    head = f"{html.escape(rows.name)}: {len(rows):,} rows, {len(rows.content):,} bytes. The first {min(PREVIEW, len(rows))}:"
    return telling.harmless(
        f'<p>{head}</p><div style="overflow-x:auto" tabindex="0" role="region" aria-label="First rows"><table><tbody '
        f'style="overflow-wrap:anywhere;vertical-align:top">{shown}</tbody></table></div>'
    )


def _said(row: dict) -> list[tuple[str, str]]:
    """(who, what) of a row of either method."""
    if "input" in row:
        found = [(m["role"], m["content"]) for m in row["input"]["messages"]]
        return [*found, ("preferred", row["preferred_output"][0]["content"]), ("not", row["non_preferred_output"][0]["content"])]
    return [(m["role"], m["content"]) for m in row["messages"]]


def _cell(who: str, what: str) -> str:
    cut = what if len(what) <= LONGEST else what[:LONGEST] + " ..."
    return f"<strong>{html.escape(who)}:</strong> {html.escape(cut)}"
