"""The same question written under the right chat template and under wrong ones.

prompts = {name: write(messages) for name, write in writers(model.tokenizer).items()}
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from phicookbook.chat import Message

Writer = Callable[[Sequence[Message]], str]


def writers(tokenizer) -> dict[str, Writer]:
    """Functions from messages to what the model reads: the tokenizer's own template first, then mistakes that people make."""

    def templated(messages: Sequence[Message]) -> str:
        return tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)

    def unopened(messages: Sequence[Message]) -> str:
        text = tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=False)
        return text.removesuffix(tokenizer.eos_token or "")  # Phi-3's template ends the document here

    def swapped(messages: Sequence[Message]) -> str:
        other = {"user": "assistant", "assistant": "user"}
        return templated([{**m, "role": other.get(m["role"], m["role"])} for m in messages])

    return {
        "its own template": templated,
        "answer not opened": unopened,
        "user and assistant swapped": swapped,
        "another family's marks": chatml,
        "roles as plain words": plain_words,
        "no template": lambda messages: "\n".join(m["content"] for m in messages),
    }


def chatml(messages: Sequence[Message]) -> str:
    """ChatML, which other families are trained on; to a tokenizer that does not know its marks they are plain text."""
    turns = [f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages]
    return "".join(turns) + "<|im_start|>assistant\n"


def plain_words(messages: Sequence[Message]) -> str:
    """User: ... Assistant: ..., as one would type it."""
    return "\n".join(f"{m['role'].capitalize()}: {m['content']}" for m in messages) + "\nAssistant:"
