"""The settings of a fine-tuning run, under the names that Azure's managed fine-tuning uses.

    FinetuneSettings(learning_rate=1e-3, lora_r=8)

Names follow Azure's chat-completion fine-tuning component (finetune_acft_hf_nlp in the public
azureml-assets repository). The defaults here are for pocket: a model over a thousand times smaller
than Phi-3-mini takes ten times its learning rate.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from numbers import Integral, Real

from phicookbook.settings import CookbookError

COUNTS = (
    "lora_r", "lora_alpha", "per_device_train_batch_size", "gradient_accumulation_steps", "max_seq_length",
    "logging_steps", "save_steps",
)  # fmt: skip


@dataclass(frozen=True)
class FinetuneSettings:
    """Knobs of one run; `max_steps` -1 means that `num_train_epochs` decides."""

    apply_lora: bool = True
    lora_r: int = 64
    lora_alpha: int = 128
    lora_dropout: float = 0.0
    num_train_epochs: float = 1.0
    max_steps: int = -1
    per_device_train_batch_size: int = 16
    gradient_accumulation_steps: int = 1
    learning_rate: float = 2e-3
    lr_scheduler_type: str = "linear"
    warmup_steps: int = 10
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    max_seq_length: int = 384
    logging_steps: int = 15
    save_steps: int = 50
    save_total_limit: int = 2
    seed: int = 42

    def __post_init__(self):
        rules = {
            **dict.fromkeys(COUNTS, ("a whole number from 1 up", lambda value: isinstance(value, Integral) and value >= 1)),
            "lora_dropout": ("a number from 0 to below 1", lambda value: 0 <= value < 1),
            "num_train_epochs": ("a number above 0", lambda value: value > 0),
            "learning_rate": ("a number above 0", lambda value: value > 0),
        }
        given = [(name, getattr(self, name), rule, good) for name, (rule, good) in rules.items()]
        wrong = [f"{name} is {v!r}, give {rule}" for name, v, rule, good in given if not (isinstance(v, Real) and good(v))]
        if wrong:
            raise CookbookError("; ".join(wrong))

    def to_dict(self) -> dict:
        """The settings as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> FinetuneSettings:
        """Settings from plain values; raises CookbookError for a name that does not exist."""
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise CookbookError(f"no fine-tuning setting is called {', '.join(sorted(unknown))}")
        return cls(**values)
