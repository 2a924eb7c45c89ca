"""The chat template made visible: which token was whose.

for piece in pieces(model.tokenizer, "Hello"):
    print(piece.role, piece.text)
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from phicookbook.chat import Message, as_messages

TEMPLATE = "template"
# Okabe and Ito's colours, light enough to read black on; underlining tells the template's tokens without colour.
COLOURS = {"system": "#CC79A7", "user": "#56B4E9", "assistant": "#E69F00", TEMPLATE: "#DDDDDD"}


@dataclass(frozen=True)
class Piece:
    """One token's text, and whose it is: a role, or "template" for the marks between the messages."""

    text: str
    role: str


def pieces(tokenizer, conversation: str | Sequence[Message], system: str = "", opens: bool = True) -> list[Piece]:
    """The tokens of a conversation under the tokenizer's chat template; `opens` adds the start of the next answer.

    A role is found by where the messages' own text stands in the templated text, so any template will do.
    """
    messages = as_messages(conversation, system)
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=opens)
    owners, place = [TEMPLATE] * len(text), 0
    for message in messages:
        start = text.find(message["content"].strip(), place)
        if start < 0:  # a template may drop a message, as some drop the system's
            continue
        place = start + len(message["content"].strip())
        owners[start:place] = [message["role"]] * (place - start)
    found = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    return [Piece(text[start:end], owners[start]) for start, end in found["offset_mapping"] if end > start]


def to_html(found: Sequence[Piece]) -> str:
    """The pieces as coloured boxes, one a token, with a legend; line breaks of the text are kept and shown."""
    legend = " ".join(_box(role, role) for role in dict.fromkeys(piece.role for piece in found))
    body = "".join(_box(piece.text, piece.role) + "<br>" * piece.text.count("\n") for piece in found)
    return f'<p>{legend}</p><p style="font-family: monospace; line-height: 1.9">{body}</p>'


def _box(text: str, role: str) -> str:
    shown = html.escape(text).replace("\n", "&#8629;").replace(" ", "&#183;")
    line = "underline" if role == TEMPLATE else "none"
    return (
        f'<span title="{role}" style="background: {COLOURS[role]}; color: black; padding: 1px 2px; margin: 1px; '
        f'border-radius: 3px; text-decoration: {line}">{shown}</span>'
    )
