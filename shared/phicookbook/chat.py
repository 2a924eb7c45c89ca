"""What goes into a model and what comes out: messages, replies, thinking blocks, the protocol of every model.

split_thinking("<think>\\n2 + 2\\n</think>\\n4")   # ("2 + 2", "4")
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from phicookbook.settings import CookbookError

Message = dict[str, str]
ROLES = ("system", "user", "assistant")
OPEN, CLOSE = "<think>", "</think>"


class NoAnswer(CookbookError):
    """What should answer cannot be reached, or has failed."""


@dataclass(frozen=True)
class Reply:
    """One answer of a model.

    `text` is all that it wrote, `thinking` what stood in a thinking block, `answer` the rest.
    `tokens` counts what it generated, `prompt_tokens` what it read, `seconds` is wall time,
    `finished` tells whether it ended by itself and was not cut at the token limit.
    """

    text: str
    thinking: str
    answer: str
    tokens: int = 0
    prompt_tokens: int = 0
    seconds: float = 0.0
    finished: bool = True

    @classmethod
    def from_text(cls, text: str, **measured) -> Reply:
        """A reply with thinking and answer told apart."""
        thinking, answer = split_thinking(text)
        return cls(text, thinking, answer, **measured)


def split_thinking(text: str) -> tuple[str, str]:
    """(thinking, answer) of a model's text; a block that is never closed leaves an empty answer."""
    if OPEN not in text:
        return "", text.strip()
    before, _, rest = text.partition(OPEN)
    thinking, closed, answer = rest.rpartition(CLOSE)
    if not closed:
        return rest.strip(), ""
    return thinking.strip(), (before + answer).strip()


def parse_json(text: str) -> dict | None:
    """The JSON object that a text is, or None."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def as_messages(conversation: str | Sequence[Message], system: str = "") -> list[Message]:
    """A list of messages from a user's text or from messages; `system` goes in front.

    Raises CookbookError for an empty conversation, an unknown role or content that is not text.
    """
    if isinstance(conversation, str):
        conversation = [{"role": "user", "content": conversation}]
    head = [{"role": "system", "content": system}] if system else []
    messages = [*head, *conversation]
    if not messages:
        raise CookbookError("the conversation is empty: give a text or a list of messages")
    for place, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise CookbookError(f"message {place} has no role out of {', '.join(ROLES)}: {message!r}")
        if not isinstance(message.get("content"), str):
            raise CookbookError(f"message {place} has no text as content: {message!r}")
    return [{"role": m["role"], "content": m["content"]} for m in messages]


class Model(Protocol):
    """What every backend offers; chapters know nothing else."""

    name: str

    def chat(self, conversation: str | Sequence[Message], system: str = "", **generation) -> Reply:
        """One answer to a text or a conversation; see `chat_many` for the generation settings."""
        return self.chat_many([conversation], system, **generation)[0]

    def chat_many(self, conversations: Sequence, system: str = "", **generation) -> list[Reply]:
        """Answers to many conversations, in their order."""

    def stream(self, conversation: str | Sequence[Message], system: str = "", **generation) -> Iterator[str]:
        """The answer piece by piece as it is written."""
