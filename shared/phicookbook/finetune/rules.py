"""What a fine-tuning setting may be, told in sentences: ranges, names, and settings that contradict each other.

wrong_values({"lora_r": 0})   # ["lora_r is 0, give a whole number from 1 up"]
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from numbers import Integral, Real
from typing import Any

COUNT = ("a whole number from 1 up", lambda v: isinstance(v, Integral) and v >= 1)
LIMIT = ("a whole number from 1 up, or -1", lambda v: isinstance(v, Integral) and (v >= 1 or v == -1))
WHOLE = ("a whole number from 0 up", lambda v: isinstance(v, Integral) and v >= 0)
ABOVE = ("a number above 0", lambda v: v > 0)
FROM_0 = ("a number from 0 up", lambda v: v >= 0)
BELOW_1 = ("a number from 0 to below 1", lambda v: 0 <= v < 1)
OPTIMIZERS = ("adamw_torch", "adamw_torch_fused", "adafactor", "sgd", "adagrad", "rmsprop")
SCHEDULERS = ("linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup", "inverse_sqrt")

COUNTS = (
    "lora_r", "lora_alpha", "per_device_train_batch_size", "per_device_eval_batch_size", "gradient_accumulation_steps",
    "logging_steps", "eval_steps", "early_stopping_patience", "batch_size", "num_nodes_finetune",
    "number_of_gpu_to_use_finetuning",
)  # fmt: skip
LIMITS = ("max_steps", "max_seq_length", "save_steps", "save_total_limit", "eval_accumulation_steps")
NUMBERS: dict[str, tuple[str, Callable]] = {
    **{name: COUNT for name in COUNTS},
    **{name: LIMIT for name in LIMITS},
    **{name: WHOLE for name in ("seed", "warmup_steps", "dataloader_num_workers")},
    **{name: ABOVE for name in ("num_train_epochs", "learning_rate", "adam_epsilon")},
    **{name: FROM_0 for name in ("weight_decay", "max_grad_norm", "early_stopping_threshold")},
    **{name: BELOW_1 for name in ("lora_dropout", "adam_beta1", "adam_beta2", "evaluation_steps_interval")},
    "beta": ("a number above 0 and up to 2", lambda v: 0 < v <= 2),
}
CHOICES: dict[str, tuple] = {
    "precision": (32, 16),
    "optim": OPTIMIZERS,
    "lr_scheduler_type": SCHEDULERS,
    "evaluation_strategy": ("epoch", "steps", "no"),
    "logging_strategy": ("steps", "epoch", "no"),
    "deepspeed_stage": (2, 3),
    "method": ("supervised", "dpo"),
    "metric_for_best_model": ("loss", "mean_token_accuracy"),
}
SWITCHES = (
    "apply_lora", "merge_lora_weights", "auto_find_batch_size", "enable_full_determinism", "ignore_mismatched_sizes",
    "resume_from_checkpoint", "apply_early_stopping", "apply_deepspeed", "apply_ort", "pad_to_max_length", "packing",
    "load_in_4bit",
)  # fmt: skip
AZURE_ONLY = ("apply_deepspeed", "apply_ort", "ignore_mismatched_sizes")  # what Azure's own engine does and ours does not
TEXTS = ("deepspeed", "shm_size_finetune", "instance_type_finetune")


def wrong_values(values: dict[str, Any]) -> list[str]:
    """One sentence for each value that is out of its range."""
    told = []
    for name, value in values.items():
        if name in NUMBERS:
            rule, good = NUMBERS[name]
            right = isinstance(value, Real) and not isinstance(value, bool) and bool(good(value))
        elif name in CHOICES:
            rule, right = f"one of {', '.join(map(str, CHOICES[name]))}", value in CHOICES[name]
        else:
            kind, rule = (bool, "true or false") if name in SWITCHES else (str, "a text")
            right = isinstance(value, kind)
        if not right:
            told.append(f"{name} is {value!r}, give {rule}")
    return told


def contradictions(s) -> list[str]:
    """One sentence for each pair of settings that cannot both be meant."""
    pairs = (
        (s.load_in_4bit and not s.apply_lora, "load_in_4bit needs apply_lora: weights of four bits are read, not trained"),
        (s.load_in_4bit and s.merge_lora_weights, "load_in_4bit keeps an adapter: set merge_lora_weights to false"),
        (s.method == "dpo" and s.packing, "packing is for supervised rows: switch it off for dpo"),
        (s.method != "dpo" and s.beta != 0.1, "beta belongs to dpo: set method to dpo, or leave beta out"),
        (s.packing and s.pad_to_max_length, "packing leaves nothing to pad: switch pad_to_max_length off"),
        (
            s.apply_early_stopping and s.evaluation_strategy == "no",
            "apply_early_stopping looks at evaluations: set evaluation_strategy to epoch or steps",
        ),
        (
            s.evaluation_steps_interval > 0 and s.evaluation_strategy != "steps",
            "evaluation_steps_interval counts steps: set evaluation_strategy to steps",
        ),
        (bool(s.deepspeed) and not s.apply_deepspeed, "deepspeed names a file: set apply_deepspeed to true as well"),
        (s.apply_deepspeed and s.apply_ort, "apply_deepspeed and apply_ort are two engines: choose one"),
    )
    return [told for wrong, told in pairs if wrong]


def unknown_names(names: Iterable[str], known: Iterable[str], what: str = "fine-tuning setting") -> str:
    """A sentence for names that do not exist, each with the nearest one that does; "" when there are none."""
    known = list(known)
    told = []
    for name in sorted({str(name) for name in names} - set(known)):
        near = difflib.get_close_matches(name, known, n=1)
        told.append(f"{name} (did you mean {near[0]}?)" if near else name)
    return f"no {what} is called {', '.join(told)}" if told else ""


def as_number(value: Any, default: Any) -> Any:
    """A number that came as text, as a number; everything else as it is."""
    if not isinstance(value, str) or isinstance(default, str):
        return value
    if isinstance(default, bool):
        return {"true": True, "false": False}.get(value.strip().lower(), value)
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value
