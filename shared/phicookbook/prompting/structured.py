"""Answers that a program can read: a schema for the wanted fields, and what can be saved of text that misses it.

repair("Sure: {'city': 'Rome', }")   # {"city": "Rome"}
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

from phicookbook.corpora import extraction

TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}
BOUNDS = {str: {"maxLength": 40}, int: {"minimum": -99_999, "maximum": 99_999}, float: {"minimum": -99_999, "maximum": 99_999}}
CLOSERS = {"{": "}", "[": "]"}


def schema(types: dict[str, type]) -> dict:
    """A JSON schema that asks for exactly these fields, in their order, each of its type or null.

    Lengths and amounts are bounded, so that an answer must come to an end. Raises KeyError for a type that is no str, int,
    float or bool.
    """
    told = {name: {"type": [TYPES[kind], "null"], **BOUNDS.get(kind, {})} for name, kind in types.items()}
    return {"type": "object", "properties": told, "required": list(types), "additionalProperties": False}


def types_of(kind: str, names: Sequence[str]) -> dict[str, type]:
    """The types of some fields of one of the extraction grammar's records, whether or not a text tells their values."""
    fields = extraction.RECORDS[kind][2]
    return {name: type(fields[name][0](random.Random(0))) for name in names}


def one_of(options: Sequence[str]) -> dict:
    """A JSON schema whose only valid answers are these texts."""
    return {"enum": list(options)}


def valid(found: dict | None, under: dict) -> bool:
    """Whether an object satisfies a JSON schema."""
    import jsonschema

    return found is not None and jsonschema.Draft202012Validator(under).is_valid(found)


def repair(text: str) -> dict | None:
    """The first object in a text that is nearly JSON, or None: words around it are left out, what was not closed is closed.

    json5 reads single quotes, bare keys and trailing commas. A value that may have been cut off is left out, never guessed.
    """
    start = text.find("{")
    if start < 0:
        return None
    body, closed = _balanced(text[start:])
    if not closed and body[-1].isalnum():  # it may have been cut within a number or a word
        body = body[: max(body.rfind(","), 0)]
    while body:
        value = _read(body if closed else body + _closers(body))
        if isinstance(value, dict) and (value or closed):
            return value
        if closed:
            return None
        body = body[: max(body.rfind(","), 0)]
    return None


def _read(text: str):
    """The value that JSON, or else JSON5, finds in a text; None when it is neither."""
    import json5

    for loads in (json.loads, json5.loads):
        try:
            return loads(text)
        except ValueError:
            continue
    return None


def _balanced(text: str) -> tuple[str, bool]:
    """The text up to the brace that closes its first one, and whether there is such a brace."""
    for place, open_ones in enumerate(_open_after(text)):
        if not open_ones:
            return text[: place + 1], True
    return text, False


def _closers(text: str) -> str:
    """What closes the braces and brackets that are still open at the end."""
    *_, open_ones = _open_after(text)
    return "".join(CLOSERS[mark] for mark in reversed(open_ones))


def _open_after(text: str):
    """After each character, the braces and brackets that are open, quoted ones not counted."""
    open_ones, quote, skip = "", "", False
    for mark in text:
        if skip:
            skip = False
        elif quote:
            skip = mark == "\\"
            quote = "" if mark == quote else quote
        elif mark in "\"'":
            quote = mark
        elif mark in CLOSERS:
            open_ones += mark
        elif mark in CLOSERS.values():
            open_ones = open_ones[:-1]
        yield open_ones


def fields_right(found: dict | None, wanted: dict) -> list[bool]:
    """Whether each wanted field has its value."""
    return [found is not None and name in found and found[name] == value for name, value in wanted.items()]
