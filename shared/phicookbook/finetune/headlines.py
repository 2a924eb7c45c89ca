"""The book's fine-tuning case: headlines labelled by a security firm's policy, in one word.

make(Path("tuned"))
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from phicookbook.corpora import headline_data, headlines
from phicookbook.corpora.headlines import Headline
from phicookbook.finetune.settings import POCKET, FinetuneSettings
from phicookbook.finetune.train import FinetuneResult, finetune
from phicookbook.models import artifacts
from phicookbook.statistics import Rate

ROWS = 6_000
TUNING = FinetuneSettings(**POCKET)


def make(folder: Path, rows: int = ROWS, **options) -> FinetuneResult:
    """Train pocket on the first `rows` headlines of the training set and write the adapter to `folder`."""
    chosen = headline_data.draw("train", rows)
    return finetune("pocket", [headline_data.row(h) for h in chosen], TUNING, folder, **options)


def tuning_for(base: str) -> FinetuneSettings:
    """Settings of the case: pocket's own, or gentler ones with smaller batches for a model of billions of weights."""
    if base == "pocket":
        return TUNING
    return replace(TUNING, learning_rate=2e-4, per_device_train_batch_size=4, gradient_accumulation_steps=8)


def stretched(tuning: FinetuneSettings, rows: int, least: int = 1_000) -> FinetuneSettings:
    """The settings with as many epochs as it takes to see at least `least` rows, repeats counted."""
    return replace(tuning, num_train_epochs=max(1, round(least / rows)), logging_steps=10_000, save_steps=10_000)


def answers(model, chosen: list[Headline], progress: str = "") -> list:
    """The model's replies to the headline question about each headline."""
    return model.chat_many([headlines.prompt(h.text) for h in chosen], max_new_tokens=48, progress=progress)


def labelled(replies: list, chosen: list[Headline], label=headlines.policy) -> list[bool]:
    """For each reply, whether its first label word is the right one; `label` says what is right."""
    return [headlines.label_of(r.text) == label(h) for r, h in zip(replies, chosen, strict=True)]


def worded(replies: list, chosen: list[Headline]) -> list[bool]:
    """For each reply, whether it is the right label, that one word and nothing else, which is what the firm wants."""
    return [r.finished and r.text == headlines.policy(h) for r, h in zip(replies, chosen, strict=True)]


def score(replies: list, chosen: list[Headline], label=headlines.policy) -> Rate:
    """Share of replies whose first label word is the right one; `label` says what is right."""
    return Rate.of(labelled(replies, chosen, label))


def exact(replies: list, chosen: list[Headline]) -> Rate:
    """Share of replies that are the right label, that one word and nothing else."""
    return Rate.of(worded(replies, chosen))


def one_word(replies: list) -> Rate:
    """Share of replies that are exactly one label and end by themselves."""
    return Rate.of(r.finished and r.text in headlines.LABELS for r in replies)


def folder_of(rows: int, base: str = "pocket", tuning: FinetuneSettings | None = None) -> Path:
    """Where a run of the case keeps its model: a folder for each base, number of rows and settings.

    pocket's run with the case's own rows and settings is the artifact pocket-headlines.
    """
    name = "pocket" if base == "pocket" else Path(base).name
    if base == "pocket" and rows == ROWS and tuning in (None, TUNING):
        return artifacts.path_of("pocket-headlines")
    key = hashlib.sha256(json.dumps([base, (tuning or tuning_for(base)).to_dict()]).encode("utf-8")).hexdigest()[:6]
    return artifacts.path_of(f"{name}-headlines-{rows}-{key}")
