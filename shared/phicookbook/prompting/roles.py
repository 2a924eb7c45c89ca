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
MARK = "\ue000"  # of Unicode's private use area: no template and no message has it
# Okabe and Ito's colours, light enough to read black on; underlining tells the template's tokens without colour.
COLOURS = {"system": "#CC79A7", "user": "#56B4E9", "assistant": "#E69F00", TEMPLATE: "#DDDDDD"}


@dataclass(frozen=True)
class Piece:
    """One token's text, and whose it is: a role, or "template" for the marks between the messages."""

    text: str
    role: str


def pieces(tokenizer, conversation: str | Sequence[Message], system: str = "", opens: bool = True) -> list[Piece]:
    """The tokens of a conversation under the tokenizer's chat template; `opens` adds the start of the next answer.

    The template is written once more with marks of our own in the messages' place, which tells where they stand in any
    template; a message that the template drops has no tokens.
    """
    messages = as_messages(conversation, system)
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=opens)
    marked = [{"role": m["role"], "content": f"{MARK}{i}{MARK}"} for i, m in enumerate(messages)]
    outline = tokenizer.apply_chat_template(marked, tokenize=False, add_generation_prompt=opens)
    owners: list[str] = []
    for place, part in enumerate(outline.split(MARK)):  # template, number, template, number, ..., template
        message = messages[int(part)] if place % 2 else None
        owners += [message["role"]] * len(_as_written(text, message, len(owners))) if message else [TEMPLATE] * len(part)
    found = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    spans = dict.fromkeys(span for span in found["offset_mapping"] if span[1] > span[0])  # tokens of one character are one box
    return [Piece(text[start:end], owners[start]) for start, end in spans]


def _as_written(text: str, message: Message, start: int) -> str:
    """The message's text as it stands at `start`: some templates strip it."""
    content = message["content"]
    return content if text.startswith(content, start) else content.strip()


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
