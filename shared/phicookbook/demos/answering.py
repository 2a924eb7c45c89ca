"""Models of the demos: opened when a visitor first asks, once for all, and their answers while they are written.

for text, cost in stream(later("pocket").get(), "Hello"):
    print(text, cost)
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import cache
from threading import Lock

from phicookbook.chat import Message, Model

# Of Gradio's events that run a model: together they get two workers, which two cores can feed.
RUN = {"concurrency_id": "models", "concurrency_limit": 2}


class Later:
    """A model that is opened at the first `get()`; a model that is open already is handed out as it is."""

    def __init__(self, model: str | Model):
        self.name = model if isinstance(model, str) else model.name
        self._model = None if isinstance(model, str) else model
        self._lock = Lock()

    @property
    def is_open(self) -> bool:
        """Whether `get()` answers at once."""
        return self._model is not None

    def get(self) -> Model:
        """The open model. Raises CookbookError as `open_model` does; the next call tries again."""
        from phicookbook.models import open_model

        with self._lock:
            if self._model is None:
                self._model = open_model(self.name)
            return self._model


def later(model: str | Model) -> Later:
    """The one holder of a model's name in this process, so that tabs share a model; a new one for an open model."""
    return _holder(model) if isinstance(model, str) else Later(model)


@cache
def _holder(name: str) -> Later:
    return Later(name)


def waiting(model: Later) -> str:
    """What to say before the first word of an answer."""
    if model.is_open:
        return "reading the prompt ..."
    made = ", which is trained first where it is missing; that takes a few minutes" if model.name.startswith("pocket-") else ""
    return f"opening {model.name}{made} ..."


def stream(model: Model, conversation: str | Sequence[Message], system: str = "", **generation) -> Iterator[tuple[str, str]]:
    """(answer so far, a line with its words, tokens and milliseconds) while a model writes; the last pair is the whole.

    Closing the iterator stops the model. Tokens are told where the model's tokenizer is in this process.
    """
    text, started = "", time.perf_counter()
    pieces = model.stream(conversation, system, **generation)
    try:
        for piece in pieces:
            text += piece
            yield text, f"writing: {counted(model, text, started)}"
    finally:
        pieces.close()
    yield text.strip(), f"done: {counted(model, text, started)}"


def counted(model: Model, text: str, started: float) -> str:
    """Words, tokens and milliseconds of a text that a model began to write at `started` (time.perf_counter)."""
    tokenizer = getattr(model, "tokenizer", None)
    tokens = f"{len(tokenizer(text, add_special_tokens=False)['input_ids'])} tokens, " if tokenizer else ""
    return f"{len(text.split())} words, {tokens}{(time.perf_counter() - started) * 1000:.0f} ms"


def stops(button, costs: Sequence, events: Sequence) -> None:
    """Let a button end the events that write, and then say so in their lines of cost.

    These are two listeners, since a line that is set while an event still writes would be overwritten.
    """
    button.click(None, None, None, cancels=list(events), queue=False, api_visibility="private")
    work = stopped if len(costs) > 1 else lambda cost: stopped(cost)[0]
    button.click(work, list(costs), list(costs), queue=False, show_progress="hidden", api_visibility="private")


def stopped(*costs: str) -> list[str]:
    """The lines of cost after Stop: what was under way is called stopped."""
    return [
        cost if not cost or cost.startswith("done") else f"stopped: {cost.partition(': ')[2] or 'no word yet'}" for cost in costs
    ]
