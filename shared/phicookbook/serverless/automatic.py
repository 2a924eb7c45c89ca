"""The three knobs of the serverless service, and the rule behind each "auto".

    chosen = choose({"n_epochs": "auto"}, rows=6_000)   # {"batch_size": 16, "learning_rate_multiplier": 1.0, "n_epochs": 1}
    tuning = settings_for("pocket", "supervised", chosen, seed=42)

OpenAI's service picks a batch of about 0.2% of the rows; a small model on a CPU learns better from more, smaller steps, so
the rule here starts a little higher and stops at 32. Everything else of a run is decided by the service: that is the point.
"""

from __future__ import annotations

import math
from typing import Any

from phicookbook.finetune.settings import POCKET, FinetuneSettings

# A run sees at least this many rows, repeats counted, so that ten rows are not two steps.
LEAST_SEEN = 1_000
MOST_EPOCHS = 50
# The batch and the rates that a multiplier of 1 belongs to: pocket's own rate, and one that suits LoRA on billions of weights.
USUAL_BATCH = 16
USUAL_RATE = 2e-4
# A preference moves a model by its difference from where it stood, which wants far smaller steps.
DPO_SHARE = 0.05
BETA = 0.1


def choose(given: dict[str, Any], rows: int, method: str = "supervised") -> dict[str, Any]:
    """The knobs with every "auto" replaced by a number.

    batch_size: the power of two at or below rows/300, from 4 to 32. n_epochs: as many as show LEAST_SEEN rows, at most 50.
    learning_rate_multiplier: the square root of batch_size/16, since a larger batch allows a larger step
    (Krizhevsky, arXiv:1404.5997). DPO adds beta 0.1 (Rafailov et al., arXiv:2305.18290).
    """

    def of(name: str, rule: float) -> float:
        value = given.get(name)
        return rule if value in (None, "auto") else value

    batch = of("batch_size", min(32, max(4, 2 ** int(math.log2(max(1, rows / 300))))))
    chosen = {
        "batch_size": batch,
        "learning_rate_multiplier": of("learning_rate_multiplier", round(math.sqrt(batch / USUAL_BATCH), 3)),
        "n_epochs": of("n_epochs", min(MOST_EPOCHS, max(1, round(LEAST_SEEN / rows)))),
    }
    return chosen | ({"beta": of("beta", BETA)} if method == "dpo" else {})


def settings_for(base: str, method: str, chosen: dict[str, Any], seed: int, steps: int) -> FinetuneSettings:
    """All settings of a run of `steps` steps from the three knobs: serverless is managed with three knobs showing."""
    rate = (POCKET["learning_rate"] if base == "pocket" else USUAL_RATE) * chosen["learning_rate_multiplier"]
    batch, most = int(chosen["batch_size"]), 16 if base == "pocket" else 4
    share = max(1, -(-batch // most))  # a batch that memory does not hold is gathered from smaller ones
    values = POCKET | {
        "per_device_train_batch_size": -(-batch // share),
        "gradient_accumulation_steps": share,
        "learning_rate": rate * (DPO_SHARE if method == "dpo" else 1.0),
        "num_train_epochs": chosen["n_epochs"],
        "max_seq_length": -1,
        "logging_steps": max(1, min(15, steps // 10)),
        "warmup_steps": min(10, steps // 10),
        "evaluation_strategy": "epoch",
        "method": method,
        "seed": seed,
    }
    return FinetuneSettings(**values | ({"beta": chosen["beta"]} if method == "dpo" else {}))
