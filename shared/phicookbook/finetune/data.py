"""Fine-tuning data: JSONL with one chat conversation a line, or one preference, as fine-tuning services take it.

rows = read_jsonl(Path("train.jsonl"))            # [{"messages": [...]}, ...]
rows = read_jsonl(Path("pairs.jsonl"), "dpo")     # [{"input": ..., "preferred_output": ..., "non_preferred_output": ...}, ...]
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from phicookbook import settings
from phicookbook.chat import ROLES
from phicookbook.settings import CookbookError, read_text

MOST_TOLD = 20


def chat_rows(pairs: Iterable[tuple[str, str]]) -> list[dict]:
    """Rows of one user and one assistant message from (prompt, answer) pairs."""
    return [
        {"messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]} for prompt, answer in pairs
    ]


def write_jsonl(path: Path, rows: Iterable[dict]) -> None:
    """Write rows as compact JSON lines; the file appears whole or not at all."""
    settings.write_text(path, "".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n" for r in rows))


def read_jsonl(path: Path | str, method: str = "supervised") -> list[dict]:
    """Rows of a JSONL file of conversations, or of preferences when the method is "dpo", with or without a byte-order mark.

    Raises CookbookError that lists up to twenty bad lines, each with its number, what is wrong, and the remedy.
    """
    path = Path(path)
    text = read_text(path)
    rows, faults = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        row, fault = _read_line(line, method)
        if fault:
            faults.append(f"  line {number}: {fault}")
        else:
            rows.append(row)
    if faults:
        more = [f"  and {len(faults) - MOST_TOLD} more"] if len(faults) > MOST_TOLD else []
        head = f"{path} has {len(faults)} bad line{'s' if len(faults) > 1 else ''}:"
        raise CookbookError("\n".join([head, *faults[:MOST_TOLD], *more]))
    if not rows:
        raise CookbookError(f"{path} holds no rows: give one JSON {'preference' if method == 'dpo' else 'conversation'} a line")
    return rows


def _read_line(line: str, method: str) -> tuple[dict, str]:
    try:
        row = json.loads(line)
    except ValueError as error:
        return {}, f"not JSON ({error}): write one object a line, with double quotes and no trailing comma"
    return row, row_fault(row, method)


def row_fault(row, method: str = "supervised") -> str:
    """What is wrong with a training row for that method, "" when nothing is."""
    if method == "dpo":
        return _preference_fault(row)
    if not isinstance(row, dict) or not isinstance(row.get("messages"), list):
        return 'no list "messages": write {"messages": [{"role": ..., "content": ...}, ...]}'
    return fault_of(row["messages"])


def _preference_fault(row) -> str:
    """The preference format of OpenAI's API: one prompt, and two answers of which the first is the better one."""
    given = row.get("input") if isinstance(row, dict) else None
    if not isinstance(given, dict) or not isinstance(given.get("messages"), list):
        return 'no "input" with a list "messages": write {"input": {"messages": [...]}, "preferred_output": [...], ...}'
    for name in ("preferred_output", "non_preferred_output"):
        answer = row.get(name)
        if not isinstance(answer, list) or len(answer) != 1:
            return f'"{name}" is no list of one message: write [{{"role": "assistant", "content": ...}}]'
        if fault := fault_of([*given["messages"], *answer]):
            return f'"input" with "{name}": {fault}'
    if given["messages"][-1].get("role") == "assistant":
        return "the input ends with the assistant's message: end it with the user's"
    return ""


def fault_of(messages: Sequence) -> str:
    """What is wrong with the messages of a training row, "" when nothing is."""
    for place, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            return f"message {place} has no role out of {', '.join(ROLES)}"
        if not isinstance(message.get("content"), str) or not message["content"].strip():
            return f"message {place} has no content: write a text"
    if not messages or messages[-1]["role"] != "assistant":
        return "the last message is not the assistant's: end with the answer to learn"
    if not any(message["role"] == "user" for message in messages):
        return "there is no user message: write the question before the answer"
    return ""
