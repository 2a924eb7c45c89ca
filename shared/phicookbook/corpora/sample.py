"""One training or test conversation, the unit that every grammar writes.

    Sample("vitals", [{"role": "user", "content": "..."}, {"role": "assistant", "content": "No alert."}])
"""

from __future__ import annotations

from dataclasses import dataclass, field

Message = dict[str, str]


@dataclass(frozen=True)
class Sample:
    """A conversation that ends with the assistant's right answer.

    `task` names the ability, `kind` the variety within it, and `meta` holds what a
    verifier needs beyond the text (for example the label or the JSON fields).
    """

    task: str
    messages: list[Message]
    kind: str = ""
    meta: dict = field(default_factory=dict)

    @property
    def prompt(self) -> list[Message]:
        """The messages before the answer."""
        return self.messages[:-1]

    @property
    def answer(self) -> str:
        """The text of the assistant's last message."""
        return self.messages[-1]["content"]


def conversation(user: str, assistant: str, system: str = "") -> list[Message]:
    """Messages of one turn, with a system message when one is given."""
    head = [{"role": "system", "content": system}] if system else []
    return [*head, {"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
