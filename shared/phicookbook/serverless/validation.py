"""A training file, checked before a job may wait for a processor: every bad line, with its number and its remedy.

    rows = check(Path("train.jsonl"), "supervised")   # how many; raises CookbookError that tells what is wrong

Files are read line by line, so that one of hundreds of megabytes needs no memory. What a row must be is said in
`phicookbook.finetune.data`; here the rules of the service are added: ten rows at least, and weights.
"""

from __future__ import annotations

import json
from pathlib import Path

from phicookbook.finetune.data import MOST_TOLD, row_fault
from phicookbook.settings import CookbookError

LEAST_ROWS = 10
LONGEST_LINE = 1_000_000


def check(path: Path, method: str = "supervised", least: int = LEAST_ROWS) -> int:
    """How many rows a file has; raises CookbookError with up to twenty bad lines, each with its number and remedy."""
    rows, bad, told = 0, 0, []
    with path.open("rb") as lines:
        for number, line in enumerate(_lines(lines), start=1):
            if not line.strip(b"\xef\xbb\xbf \t\r\n" if number == 1 else None):
                continue
            rows += 1
            if fault := _fault(line, method, first=number == 1):
                bad += 1
                told += [f"line {number}: {fault}"] if bad <= MOST_TOLD else []
    if bad:
        more = [f"and {bad - MOST_TOLD} more"] if bad > MOST_TOLD else []
        raise CookbookError("\n".join([f"The file has {bad} bad line{'s' if bad > 1 else ''}:", *told, *more]))
    if rows < least:
        raise CookbookError(f"The file has {rows} rows, at least {least} are needed: add more examples.")
    return rows


def _lines(file):
    """Lines of a binary file; one that does not end is cut, for it is no training row either way."""
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
        yield line


def _fault(line: bytes, method: str, first: bool) -> str:
    if len(line) > LONGEST_LINE:
        return f"longer than {LONGEST_LINE:,} bytes: write one conversation a line"
    try:
        text = line.decode("utf-8-sig" if first else "utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8 (byte {error.start}): save the file as UTF-8"
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"not JSON ({error}): write one object a line, with double quotes and no trailing comma"
    return row_fault(row, method) or _weight_fault(row)


def _weight_fault(row: dict) -> str:
    """A weight of 0 leaves an answer out of what is learnt; something must be left to learn."""
    messages = row.get("messages", [])
    for place, message in enumerate(messages):
        weight = message.get("weight", 1)
        if isinstance(weight, bool) or weight not in (0, 1):
            return f"message {place} has the weight {weight!r}: give 0 for an answer that is not to be learnt, else 1"
        if "weight" in message and message["role"] != "assistant":
            return f"message {place} is no answer and has a weight: leave it out"
    answers = [message for message in messages if message["role"] == "assistant"]
    if answers and not any(message.get("weight", 1) for message in answers):
        return "every answer has the weight 0: nothing is left to learn"
    return ""
