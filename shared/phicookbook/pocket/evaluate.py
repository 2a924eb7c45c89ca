"""Measure what pocket can do, on data that no training seed can have produced, against fixed bars.

print(table(abilities(open_model())))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from phicookbook import corpora
from phicookbook.chat import parse_json, split_thinking
from phicookbook.corpora import Sample, headlines
from phicookbook.pocket.mixture import encode
from phicookbook.statistics import Rate

SEED = 20_261


@dataclass(frozen=True)
class Ability:
    """One row of the table: what was measured, the rate, and the bar it should reach (None: only told)."""

    name: str
    rate: Rate
    bar: float | None = None

    @property
    def reached(self) -> bool:
        """Whether the measured rate is at least the bar."""
        return self.bar is None or self.rate.value >= self.bar


def is_right(sample: Sample, text: str) -> bool:
    """Whether a model's text gives the sample's answer: exact match after the thinking, the label for headlines."""
    if sample.kind in ("explain", "lexicon"):
        return headlines.label_of(text) == sample.meta["sentiment"]
    return split_thinking(text)[1] == split_thinking(sample.answer)[1]


def answers(model, samples: list[Sample], title: str = "", progress: bool = True) -> list[str]:
    """The model's texts for the prompts of some samples."""
    replies = model.chat_many([s.prompt for s in samples], max_new_tokens=224, progress=title if progress else "")
    return [reply.text for reply in replies]


def marks(model, samples: list[Sample], progress: str = "") -> list[bool]:
    """Whether a model answers each sample rightly; `progress` is the title of a bar, "" for none."""
    texts = answers(model, samples, progress, bool(progress))
    return [is_right(s, t) for s, t in zip(samples, texts, strict=True)]


def answer_loss(model, samples: list[Sample], rows: int = 16) -> float:
    """Mean loss of a LocalModel, in nats, over the tokens of the samples' answers and their ends; `rows` samples at a time."""
    encoded = [encode(model.tokenizer, sample) for sample in samples]
    return sum(row_losses(model.model, encoded, rows)) / sum(sum(weights) for _, weights in encoded)


def row_losses(
    model, encoded: Sequence[tuple[list[int], list[float]]], rows: int, progress: Callable[[Iterable], Iterable] = iter
) -> list[float]:
    """A transformers model's loss on each row of ids and weights, in nats: the sum over its tokens, each times its weight.

    `rows` of like length at a time; `progress` wraps these batches, as tqdm does.
    """
    import torch

    found = [0.0] * len(encoded)
    order = sorted(range(len(encoded)), key=lambda place: len(encoded[place][0]))
    for start in progress(range(0, len(order), rows)):
        places = order[start : start + rows]
        width = len(encoded[places[-1]][0])
        padded = [[[*row, *[0] * (width - len(row))] for row in encoded[place]] for place in places]
        ids = torch.tensor([ids for ids, _ in padded], device=model.device)
        weights = torch.tensor([weights for _, weights in padded], device=model.device)[:, 1:]
        with torch.inference_mode():
            losses = token_losses(model, ids, weights).sum(1)
        for place, loss in zip(places, losses.tolist(), strict=True):
            found[place] = loss
    return found


def token_losses(model, ids, weights):
    """Loss of a transformers model on each next token times its weight, in nats: (rows, width - 1) for `ids` of (rows, width).

    Padding stands on the right, so causal attention never sees it and no mask is needed. The output layer, up to half of the
    work, runs only where a target has weight.
    """
    import torch

    states = model.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state
    wanted = weights > 0
    logits = model.lm_head(states[wanted]).float()
    losses = torch.zeros_like(weights)
    losses[wanted] = torch.nn.functional.cross_entropy(logits, ids[:, 1:][wanted], reduction="none") * weights[wanted]
    return losses


def abilities(model, n: int = 300, seed: int = SEED, progress: bool = True) -> list[Ability]:
    """Every row of the abilities table; `n` test samples a row, greedy decoding."""

    def measure(title: str, task: str, keep=None, kind: str = "") -> Rate:
        return Rate.of(marks(model, corpora.samples(task, n, seed, kind=kind, keep=keep), title if progress else ""))

    rows = [
        Ability("headlines: sentiment", measure("headlines", "headlines", kind="explain"), 0.97),
        Ability("hand-written headlines: sentiment", by_hand(model, progress=progress), 0.85),
        Ability("context: answerable", measure("context", "context", kind="answerable"), 0.90),
        Ability("context: two facts", measure("two facts", "context", kind="two_facts")),
        Ability("context: unanswerable declined", measure("declined", "context", kind="unanswerable"), 0.80),
        Ability("labels from 4-8 examples", measure("labels", "labels", lambda s: s.meta["shots"] >= 4), 0.90),
        *_json_rows(model, n, seed, progress),
        Ability("three-digit addition in steps", measure("in steps", "arithmetic", _in_steps, "add3"), 0.95),
        Ability("three-digit addition directly", measure("directly", "arithmetic", lambda s: not _in_steps(s), "add3")),
        Ability("titles", measure("titles", "titles", kind="title"), 0.90),
        Ability("tags", measure("tags", "titles", kind="tags"), 0.90),
    ]
    for task in ("tickets", "styles", "vitals", "arithmetic", "puzzles", "copying", "dialogues"):
        rows.append(Ability(f"{task}: all kinds", measure(task, task)))
    return rows


def by_hand(model, progress: bool = True) -> Rate:
    """Sentiment on the headlines written by hand, whose event phrases no grammar contains."""
    written = headlines.by_hand()
    replies = model.chat_many([headlines.prompt(h.text) for h in written], progress="by hand" if progress else "")
    return Rate.of(headlines.label_of(r.text) == h.sentiment for h, r in zip(written, replies, strict=True))


def _in_steps(sample: Sample) -> bool:
    return sample.messages[0]["role"] == "system"


def _json_rows(model, n: int, seed: int, progress: bool) -> list[Ability]:
    chosen = corpora.samples("json", n, seed)
    parsed = [parse_json(text) for text in answers(model, chosen, "json", progress)]
    fields = [
        found is not None and found.get(name, "missing") == value
        for sample, found in zip(chosen, parsed, strict=True)
        for name, value in sample.meta["fields"].items()
    ]
    return [
        Ability("JSON: valid", Rate.of(found is not None for found in parsed), 0.98),
        Ability("JSON: fields right", Rate.of(fields), 0.90),
    ]


def table(rows: list[Ability]) -> str:
    """The abilities as a Markdown table with intervals and bars."""
    lines = ["| ability | measured (95% interval) | bar | |", "|---|---|---|---|"]
    for row in rows:
        bar, mark = ("-", "") if row.bar is None else (f"{row.bar:.0%}", "reached" if row.reached else "**short**")
        lines.append(f"| {row.name} | {row.rate} | {bar} | {mark} |")
    return "\n".join(lines)


def report(rows: list[Ability], n: int, seconds: float) -> str:
    """The table with what it takes to read it: command, n, seed, decoding, threads, seconds."""
    import torch

    return (
        "# What pocket can do\n\n"
        f"Command: `cookbook pocket evaluate -n {n}`. {n} test samples a row from seed {SEED}, which the hash of their "
        "prompt keeps out of every training run; all hand-written headlines. Greedy decoding; 95% Wilson intervals; "
        f"{torch.get_num_threads()} threads, {seconds:.0f} s. Rows without a bar are told for what they are.\n\n"
        f"{table(rows)}\n"
    )
