"""Supervised fine-tuning on thinking traces: rows from a teacher that is a program or a model, and the one training entry point.

rows = taught(items("sat", 6_000, seed=1, level=4, split="train"))
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from phicookbook.chat import CLOSE, OPEN, Reply
from phicookbook.corpora.arithmetic import REASONING_PROMPT
from phicookbook.reasoning.item import Item
from phicookbook.reasoning.tasks import module, score

# Settings of a fine-tuning for traces, under Azure's names. Every weight of pocket is trained: a new way of thinking is more
# than an adapter of a small model holds.
SETTINGS = {
    "apply_lora": False, "learning_rate": 1.5e-3, "per_device_train_batch_size": 8, "warmup_steps": 30, "max_seq_length": 640,
    "packing": True, "lr_scheduler_type": "cosine", "logging_steps": 10, "save_steps": 50, "save_total_limit": 1,
}  # fmt: skip


def row(item: Item, thinking: str, answer: str, system: str = REASONING_PROMPT) -> dict:
    """A chat row: the reasoning system prompt, the bare question, thinking and answer."""
    reply = f"{OPEN}\n{thinking}\n{CLOSE}\n{answer}" if thinking else answer
    messages = [{"role": "user", "content": item.prompt}, {"role": "assistant", "content": reply}]
    return {"messages": [*([{"role": "system", "content": system}] if system else []), *messages]}


def taught(chosen: Sequence[Item], seed: int = 0) -> list[dict]:
    """Rows with the thinking of the tasks' own teachers. Items that a teacher cannot do in few enough steps are left out."""
    rows = []
    for item in chosen:
        try:
            thinking, answer = module(item.task).teach(item, random.Random(f"{seed}/{item.id}"))
        except ValueError:
            continue
        rows.append(row(item, thinking, answer))
    return rows


def without_steps(one: dict) -> dict:
    """A row with its answer alone, and without the system prompt that asks for thinking."""
    *_, question, reply = one["messages"]
    return {"messages": [question, {"role": "assistant", "content": reply["content"].partition(CLOSE)[2].strip()}]}


def hasty(rows: Sequence[dict], patience: float, seed: int = 0) -> list[dict]:
    """The rows of a teacher who goes on after a failed try with probability `patience` only, and else answers that try.

    People and models that write traces have such habits, and fine-tuning copies them with the rest. Traces without a line
    that turns back as 3-SAT's do ("change c") stay as they are, those of all other tasks among them.
    """
    rng, found = random.Random(seed), []
    for one in rows:
        *before, reply = one["messages"]
        lines = reply["content"].partition(CLOSE)[0].splitlines()[1:]
        tries = ""
        for place, line in enumerate(lines):
            tries = line.removeprefix("try ") if line.startswith("try ") else tries
            if tries and line.startswith("change ") and rng.random() > patience:
                cut = "\n".join(lines[:place])
                reply = {"role": "assistant", "content": f"{OPEN}\n{cut}\n{CLOSE}\n{tries}"}
                break
        found.append({"messages": [*before, reply]})
    return found


def taught_by(model, chosen: Sequence[Item], system: str = REASONING_PROMPT, **generation) -> list[dict]:
    """Rows with the thinking and the answer of a model, an endpoint for example, which is told the form of the answer."""
    replies = model.chat_many([f"{item.prompt}\n\n{item.form}" for item in chosen], system, **generation)
    return verified(chosen, replies)


def verified(chosen: Sequence[Item], replies: Sequence[Reply]) -> list[dict]:
    """Rows of a model's replies to items: only those that think, end and are right. An answer is the model's own, since an item
    may have several right ones."""
    from phicookbook.reasoning.extract import flexible

    return [
        row(item, reply.thinking, reply.answer.strip())
        for item, reply in zip(chosen, replies, strict=True)
        if reply.finished and reply.thinking and score(item, flexible(reply.text, item.shape)).correct
    ]


def step_accuracy(model, rows: Sequence[dict]) -> tuple[int, int]:
    """(right, all) lines of the rows' thinking: a line is right when each of its tokens is the model's first choice after
    all that stands before it in the row. Reinforcement has little to build on until nearly every step is right.
    """
    import torch

    right = total = 0
    for one in rows:
        head = model.tokenizer.apply_chat_template(one["messages"][:-1], tokenize=False, add_generation_prompt=True)
        thinking = one["messages"][-1]["content"].partition(CLOSE)[0] + CLOSE
        spans = [
            model.tokenizer(text, add_special_tokens=False)["input_ids"] for text in (head, *thinking.splitlines(keepends=True))
        ]
        ids = [token for span in spans for token in span]
        with torch.inference_mode():
            best = model.model(torch.tensor([ids], device=model.model.device)).logits[0].argmax(-1).tolist()
        at = len(spans[0])
        for span in spans[1:]:
            right += all(best[at + i - 1] == token for i, token in enumerate(span))
            total += 1
            at += len(span)
    return right, total
