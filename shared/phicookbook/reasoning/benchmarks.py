"""Loaders for the real files of public benchmarks, and the grader of every item.

    found = read("gsm8k", Path("test.jsonl"))
    grade(found[0], "72").correct

Formats: gsm8k, math500, aime (JSONL), gpqa (CSV), humaneval (JSONL), tsplib, dimacs, natural-plan (JSON). Reading a file
never executes anything in it. Code answers are run by `phicookbook.reasoning.sandbox`, math is compared by math-verify.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from phicookbook.reasoning import shapes, tasks
from phicookbook.reasoning.item import Item, Score
from phicookbook.settings import CookbookError, read_text

MOST_BYTES = 200_000_000
NUMBER_FORM = "Put the final answer, a number, in \\boxed{}."
MATH_FORM = "Put the final answer in \\boxed{}."
CHOICE_FORM = "End with a line 'Answer: X', where X is the letter of the right choice."
CODE_FORM = "Give the whole function in one Python code block."


def read(form: str, path: Path | str) -> list[Item]:
    """The items of a benchmark file.

    Raises CookbookError with file, line and reason for a file that is missing or malformed, and for an unknown format.
    """
    if form not in FORMATS:
        near = difflib.get_close_matches(form, FORMATS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise CookbookError(f"no benchmark format is called {form!r}: {hint}there are {', '.join(FORMATS)}")
    path = Path(path)
    text = read_text(path, MOST_BYTES)
    found = []
    for where, make in _jsonl(JSONL[form], path, text) if form in JSONL else OTHERS[form](path, text):
        try:
            found.append(make())
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            reason = f"it has no {error}" if isinstance(error, KeyError) else str(error)
            raise CookbookError(f"{path}, {where}: no item of {form}: {reason}") from None
    if not found:
        raise CookbookError(f"{path} holds no items")
    return found


Rows = Iterator[tuple[str, Callable[[], Item]]]


def _jsonl(make: Callable[[dict, int], Item], path: Path, text: str) -> Rows:
    """Rows of JSON lines, or of a JSON list, with a function that makes an item of one row."""
    lines = text.split("\n")
    if text.lstrip().startswith("["):
        lines = [json.dumps(row) for row in _parsed(path, text)]
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield f"line {number}", lambda line=line, number=number: make(json.loads(line), number)


def _parsed(path: Path, text: str):
    try:
        return json.loads(text)
    except ValueError as error:
        raise CookbookError(f"{path} is not JSON: {error}") from None


def _text(row: dict, key: str) -> str:
    value = row[key]
    if not isinstance(value, (str, int, float)) or not str(value).strip():
        raise ValueError(f"{key} is {value!r}, not a text")
    return str(value)


def _gsm8k(row: dict, number: int) -> Item:
    worked, mark, answer = _text(row, "answer").rpartition("####")
    if not mark or shapes.number(answer) is None:
        raise ValueError("the answer does not end with '#### NUMBER'")
    return Item(f"gsm8k-{number}", "gsm8k", _text(row, "question"), answer.strip().replace(",", ""), "number", NUMBER_FORM)


def _aime(row: dict, number: int) -> Item:
    low = {key.lower(): value for key, value in row.items()}
    question, answer = _text(low, "problem" if "problem" in low else "question"), _text(low, "answer")
    if not answer.strip().isdecimal() or int(answer) > 999:
        raise ValueError(f"the answer {answer!r} is no whole number from 0 to 999")
    return Item(f"aime-{low.get('id', number)}", "aime", question, str(int(answer)), "number", NUMBER_FORM)


def _math500(row: dict, number: int) -> Item:
    level = row.get("level") if isinstance(row.get("level"), int) else 0
    id = f"math500-{row.get('unique_id', number)}"
    return Item(id, "math500", _text(row, "problem"), _text(row, "answer"), "text", MATH_FORM, level, str(row.get("subject", "")))


def _humaneval(row: dict, number: int) -> Item:
    data = {key: _text(row, key) for key in ("prompt", "entry_point", "test")}
    if not data["entry_point"].isidentifier():
        raise ValueError(f"entry_point is {data['entry_point']!r}, not a function's name")
    answer = f"```python\n{data['prompt']}{row.get('canonical_solution', '')}\n```"
    ask = f"Complete this Python function.\n\n```python\n{data['prompt']}```"
    return Item(str(row.get("task_id", f"humaneval-{number}")), "humaneval", ask, answer, "code", CODE_FORM, data=data)


def _gpqa(path: Path, text: str) -> Rows:
    """Rows of GPQA's CSV. The four choices are shuffled by the question's own text, so that the right one has no fixed place."""

    def make(row: dict, number: int) -> Item:
        right = _text(row, "Correct Answer").strip()
        choices = [right, *(_text(row, f"Incorrect Answer {n}").strip() for n in (1, 2, 3))]
        question = _text(row, "Question").strip()
        random.Random(question).shuffle(choices)
        letter = "ABCD"[choices.index(right)]
        shown = "\n".join(f"({name}) {choice}" for name, choice in zip("ABCD", choices, strict=True))
        return Item(f"gpqa-{row.get('Record ID') or number}", "gpqa", f"{question}\n\n{shown}", letter, "choice", CHOICE_FORM)

    for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=1):
        yield f"row {number}", lambda row=row, number=number: make(row, number)


def _natural_plan(path: Path, text: str) -> Rows:
    """Rows of natural-plan's calendar_scheduling.json; the plan that the file gives is the right one."""
    rows = _parsed(path, text)
    if not isinstance(rows, dict):
        raise CookbookError(f"{path} is no JSON object of examples, as natural-plan writes it")

    def make(name: str, row: dict) -> Item:
        found = shapes.slots(_text(row, "golden_plan"))
        if len(found) != 1:
            raise ValueError("golden_plan names no single day and time")
        level = int(row.get("num_people", 0))
        return Item(name, "natural-plan", _text(row, "prompt_0shot"), found[0].text, "slot", "", level)

    for name, row in rows.items():
        yield f"entry {name}", lambda name=name, row=row: make(name, row)


def _dimacs(path: Path, text: str) -> Rows:
    """One formula in DIMACS CNF. At most MOST_TABLE variables, for then a claim of no solution can be judged too."""

    def make() -> Item:
        numbers, n, count = [], None, 0
        for place, line in enumerate(text.splitlines(), start=1):
            words = line.split()
            if not words or words[0] in ("c", "%"):
                continue
            if words[0] == "p":
                if len(words) != 4 or words[1] != "cnf":
                    raise ValueError(f"line {place}: {line.strip()!r} is not 'p cnf VARIABLES CLAUSES'")
                n, count = int(words[2]), int(words[3])
            elif n is None:
                raise ValueError(f"line {place}: a clause stands before 'p cnf'")
            else:
                numbers += [int(word) for word in words]
        if n is None or not 1 <= n <= tasks.module("sat").MOST_TABLE:
            raise ValueError(f"{n} variables: from 1 to {tasks.module('sat').MOST_TABLE} can be judged")
        clauses: list[list[int]] = [[]]
        for value in numbers:
            if abs(value) > n:
                raise ValueError(f"a literal is {value}, but there are {n} variables")
            clauses[-1].append(value) if value else clauses.append([])
        clauses = [clause for clause in clauses if clause]
        if len(clauses) < count:
            raise ValueError(f"{count} clauses are promised and {len(clauses)} are there")
        return tasks.module("sat").make(clauses[:count], n)

    yield "the formula", make


def _tsplib(path: Path, text: str) -> Rows:
    from phicookbook.reasoning.tsplib import distances

    yield "the graph", lambda: tasks.module("tsp").make(*distances(text))


JSONL: dict[str, Callable[[dict, int], Item]] = {"gsm8k": _gsm8k, "math500": _math500, "aime": _aime, "humaneval": _humaneval}
OTHERS: dict[str, Callable[[Path, str], Rows]] = {
    "gpqa": _gpqa, "tsplib": _tsplib, "dimacs": _dimacs, "natural-plan": _natural_plan,
}  # fmt: skip
FORMATS = (*JSONL, *OTHERS)


def grade(item: Item, answer: str) -> Score:
    """The verdict on an extracted answer to any item, of our tasks or of a file; an empty answer is wrong."""
    if item.task in tasks.TASKS:
        return tasks.score(item, answer)
    if not answer:
        return Score.of_bool(False)
    if item.shape == "number":
        value = shapes.number(answer)
        return Score.of_bool(value is not None and value == shapes.number(item.answer))
    if item.shape == "code":
        from phicookbook.reasoning.sandbox import passes

        return Score.of_bool(passes(answer, item.data["test"], item.data["entry_point"], item.data["prompt"]))
    if item.shape == "text":
        return Score.of_bool(same_math(item.answer, answer))
    return Score.of_bool(answer == item.answer)


def same_math(right: str, answer: str) -> bool:
    """Whether two mathematical expressions mean the same, by math-verify; an answer over 400 characters is wrong."""
    import logging
    import threading

    from math_verify import parse, verify

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    if len(answer) > 400:
        return False
    seconds = 5 if threading.current_thread() is threading.main_thread() else None  # its timer works on the main thread alone
    gold, given = (parse(f"\\boxed{{{text}}}", parsing_timeout=seconds) for text in (right, answer))
    return bool(gold and given) and bool(verify(gold, given, timeout_seconds=seconds))
