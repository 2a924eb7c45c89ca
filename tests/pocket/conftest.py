"""A model and a tokenizer so small that a test trains them in a second."""

from __future__ import annotations

import random

import pytest

from phicookbook import corpora
from phicookbook.pocket.recipe import Recipe
from phicookbook.pocket.tokenizer import train_tokenizer


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    """A recipe of 30 thousand weights and about nine steps."""
    return Recipe(
        hidden=32, layers=1, heads=2, kv_heads=1, feed_forward=64, vocabulary=512, context=512,
        tokens=9_000, batch_tokens=1_024, warmup_steps=3, seed=3,
    )  # fmt: skip


@pytest.fixture(scope="session")
def tokenizer(recipe):
    """A tokenizer of 512 entries, learned from a few samples of every task."""
    rng = random.Random(0)
    drawn = [corpora.draw(task, rng) for task in corpora.TASKS for _ in range(30)]
    return train_tokenizer(("\n".join(m["content"] for m in sample.messages) for sample in drawn), recipe.vocabulary)
