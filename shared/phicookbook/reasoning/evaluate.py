"""Evaluation: a model, some items, records on disk as they come, and a report with intervals.

    run = evaluate(open_model(), items("sat", 96, level=4), Path("sat.jsonl"), repeats=4, temperature=0.8)
    print(report(run))

Answers are generated in batches of prompts of like length. A run that was killed goes on and asks nothing twice. A draw
depends on the run's seed and on the items of its batch, so a run that is not stopped repeats.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from phicookbook import settings
from phicookbook.chat import OPEN, Reply
from phicookbook.corpora.arithmetic import REASONING_PROMPT
from phicookbook.reasoning import extract
from phicookbook.reasoning.benchmarks import grade
from phicookbook.reasoning.item import Item
from phicookbook.reasoning.records import Records
from phicookbook.statistics import Rate

BATCH, BATCH_OVER_NETWORK = 64, 16  # an endpoint gains nothing from large ones, and may die in the middle of one
SYSTEM = (
    "Think through the problem step by step inside <think> and </think>: plan, work out each step, check it, and go back where "
    "a check "
    "fails. Then give the final answer in the form that the question asks for."
)


@dataclass(frozen=True)
class Protocol:
    """How a model is asked. `instruct` adds to each question the sentence on the form of the answer; models that learned
    one fixed form go without. `budget` is tokens for thinking and answer together; `force` closes a thinking that reaches it
    and asks for the answer; `least` makes a model that stops earlier think on (budget forcing, arXiv:2501.19393)."""

    system: str = REASONING_PROMPT
    instruct: bool = False
    budget: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    force: bool = False
    least: int = 0
    seed: int = 42


def protocol_for(name: str, **changes) -> Protocol:
    """The protocol of a model by its name: pocket and its descendants as they were trained, others with instructions in words and
    the sampling of the Phi-4-reasoning report (temperature 0.8, top-k 50, top-p 0.95; arXiv:2504.21318)."""
    if Path(name).name.startswith("pocket"):
        base: dict = {}
    else:
        base = {"system": SYSTEM, "instruct": True, "budget": 4_096, "temperature": 0.8, "top_p": 0.95, "top_k": 50}
    return Protocol(**base | {"seed": settings.seed()} | changes)


def evaluate(
    model,
    chosen: Sequence[Item],
    out: Path,
    protocol: Protocol | None = None,
    repeats: int = 1,
    progress: str = "evaluate",
    answer: Callable[[list[list]], Iterable[tuple[int, list[Reply]]]] | None = None,
) -> list[dict]:
    """Records of `repeats` answers to each item, in the items' order; those in `out` already are not asked again.

    `answer` takes batches of (item, repeat) pairs and yields (number of the batch, replies) in any order; without it this process
    answers. Raises CookbookError when `out` belongs to a run with other settings.
    """
    protocol = protocol or protocol_for(model.name)
    size = BATCH if hasattr(model, "complete_many") else BATCH_OVER_NETWORK
    head = {"model": model.name, "repeats": repeats, "items": len(chosen), "protocol": asdict(protocol)}
    with Records(out, head) as records:
        batches = batches_of([(i, r) for i in chosen for r in range(repeats) if (i.id, r) not in records.done], size)
        answered = answer(batches) if answer else ((n, ask(model, batch, protocol)) for n, batch in enumerate(batches))
        with _Bar(progress, len(chosen) * repeats, records.done.values()) as bar:
            for number, replies in answered:
                for (item, repeat), reply in zip(batches[number], replies, strict=True):
                    records.add(record(item, repeat, reply))
                    bar.add(records.done[item.id, repeat])
        return [records.done[item.id, r] for item in chosen for r in range(repeats)]


def batches_of(pairs: list[tuple[Item, int]], size: int = BATCH) -> list[list[tuple[Item, int]]]:
    """The pairs cut into batches of at most `size`, like lengths together, so that little is padded."""
    order = sorted(pairs, key=lambda pair: (len(pair[0].prompt), pair[0].id, pair[1]))
    return [order[at : at + size] for at in range(0, len(order), size)]


def ask(model, batch: Sequence[tuple[Item, int]], protocol: Protocol) -> list[Reply]:
    """Replies to one batch under a protocol. Sampled draws follow the seed and the batch's first pair."""
    from phicookbook.reasoning.budget import think

    prompts = [question(item, protocol) for item, _ in batch]
    sampling = draws(protocol, *batch[0])
    if protocol.force or protocol.least:
        return think(model, prompts, protocol.system, protocol.budget, protocol.least, protocol.force, sampling)
    return model.chat_many(prompts, protocol.system, max_new_tokens=protocol.budget, **sampling)


def question(item: Item, protocol: Protocol) -> str:
    """What a model is asked: the item's prompt, with the form of its answer where the protocol says so."""
    return item.prompt + (f"\n\n{item.form}" if protocol.instruct and item.form else "")


def draws(protocol: Protocol, item: Item, repeat: int) -> dict:
    """The sampling settings of a batch that begins with an item's repeat."""
    first = f"{protocol.seed}/{item.id}/{repeat}"
    return {
        "temperature": protocol.temperature, "top_p": protocol.top_p, "top_k": protocol.top_k,
        "seed": zlib.crc32(first.encode("utf-8")) % 2**31,
    }  # fmt: skip


def record(item: Item, repeat: int, reply: Reply) -> dict:
    """What is kept of one answer: the text, what was extracted by both rules, the verdicts and the tokens."""
    strict, flexible = extract.strict(reply.text, item.shape), extract.flexible(reply.text, item.shape)
    verdict = grade(item, flexible)
    return {
        "item": item.id, "task": item.task, "level": item.level, "kind": item.kind, "repeat": repeat, "text": reply.text,
        "answer": flexible, "strict": strict, "correct": verdict.correct, "met": verdict.met, "of": verdict.of,
        "strictly": bool(strict) and (verdict.correct if strict == flexible else grade(item, strict).correct),
        "tokens": reply.tokens, "prompt_tokens": reply.prompt_tokens, "seconds": round(reply.seconds, 4),
        "finished": reply.finished, "closed": OPEN not in reply.text or bool(extract.final(reply.text)),
    }  # fmt: skip


class _Bar:
    """A progress bar with the accuracy so far and its interval."""

    def __init__(self, title: str, total: int, done: Iterable[dict]):
        from tqdm.auto import tqdm

        done = list(done)
        self.right, self.n = sum(row["correct"] for row in done), len(done)
        self.bar = tqdm(total=total, initial=len(done), desc=title, disable=not title)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *error) -> None:
        self.bar.close()

    def add(self, row: dict) -> None:
        """Count a record."""
        self.right, self.n = self.right + row["correct"], self.n + 1
        self.bar.update(1)
        if self.n % 16 == 0 or self.n == self.bar.total:
            self.bar.set_postfix_str(str(Rate(self.right, self.n)))
