"""The settings of a fine-tuning run, under the names and with the defaults of Azure's managed fine-tuning.

    FinetuneSettings()                                # Azure's defaults
    FinetuneSettings(**POCKET | {"lora_r": 8})        # what suits the bundled model, and one change
    print(changes(settings))                          # what differs from Azure's defaults

Names and defaults are those of Azure's chat-completion fine-tuning component (`finetune_acft_hf_nlp`, spec.yaml 0.0.81,
in the public azureml-assets repository). The last group is ours, under the names of OpenAI's API and of the libraries.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from phicookbook.finetune import rules
from phicookbook.settings import CookbookError

# pocket is over a thousand times smaller than Phi-3-mini: it takes a hundred times Azure's learning rate.
POCKET: dict[str, Any] = {
    "apply_lora": True, "merge_lora_weights": False, "lora_r": 64, "per_device_train_batch_size": 16,
    "per_device_eval_batch_size": 64, "optim": "adamw_torch_fused", "learning_rate": 2e-3, "warmup_steps": 10,
    "max_seq_length": 384, "logging_steps": 15, "save_steps": 50, "save_total_limit": 2, "resume_from_checkpoint": True,
}  # fmt: skip


# How the talk's notebook groups the knobs that a reader turns first.
TRAINING = (
    "num_train_epochs", "per_device_train_batch_size", "per_device_eval_batch_size", "apply_lora", "lora_r", "lora_alpha",
    "lora_dropout", "merge_lora_weights", "max_seq_length", "precision", "seed",
)  # fmt: skip
OPTIMISATION = (
    "learning_rate", "lr_scheduler_type", "warmup_steps", "weight_decay", "optim", "adam_beta1", "adam_beta2", "adam_epsilon",
    "max_grad_norm", "gradient_accumulation_steps",
)  # fmt: skip
OWN = ("method", "beta", "packing", "save_steps", "load_in_4bit")


@dataclass(frozen=True)
class FinetuneSettings:
    """Knobs of one run. -1 means no limit of its own: `max_steps` leaves it to `num_train_epochs`, `max_seq_length` to the model.

    Raises CookbookError that names every value out of its range and every pair that contradicts itself.
    """

    # the core 26
    apply_lora: bool = False
    merge_lora_weights: bool = True
    lora_alpha: int = 128
    lora_r: int = 8
    lora_dropout: float = 0.0
    num_train_epochs: float = 1
    max_steps: int = -1
    per_device_train_batch_size: int = 1
    per_device_eval_batch_size: int = 1
    auto_find_batch_size: bool = False
    optim: str = "adamw_torch"
    learning_rate: float = 2e-5
    warmup_steps: int = 0
    weight_decay: float = 0.0
    adam_beta1: float = 0.9
    adam_beta2: float = 0.999
    adam_epsilon: float = 1e-8
    gradient_accumulation_steps: int = 1
    eval_accumulation_steps: int = -1
    lr_scheduler_type: str = "linear"
    precision: int = 32
    seed: int = 42
    enable_full_determinism: bool = False
    dataloader_num_workers: int = 0
    ignore_mismatched_sizes: bool = False
    max_grad_norm: float = 1.0
    # the further 15
    evaluation_strategy: str = "epoch"
    evaluation_steps_interval: float = 0.0
    eval_steps: int = 500
    logging_strategy: str = "steps"
    logging_steps: int = 10
    metric_for_best_model: str = "loss"
    resume_from_checkpoint: bool = False
    save_total_limit: int = -1
    apply_early_stopping: bool = False
    early_stopping_patience: int = 1
    early_stopping_threshold: float = 0.0
    apply_deepspeed: bool = False
    deepspeed: str = ""
    deepspeed_stage: int = 2
    apply_ort: bool = False
    # preprocessing
    batch_size: int = 1000
    pad_to_max_length: bool = False
    max_seq_length: int = -1
    # compute
    num_nodes_finetune: int = 1
    number_of_gpu_to_use_finetuning: int = 1
    shm_size_finetune: str = "5g"
    instance_type_finetune: str = ""
    # ours: the method and beta of OpenAI's API; packing and save_steps of TRL (-1: once an epoch); 4 bits of transformers
    method: str = "supervised"
    beta: float = 0.1
    packing: bool = False
    save_steps: int = -1
    load_in_4bit: bool = False

    def __post_init__(self):
        if told := rules.wrong_values(asdict(self)) or rules.contradictions(self):
            raise CookbookError("; ".join(told))

    def to_dict(self) -> dict:
        """The settings as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> FinetuneSettings:
        """Settings from plain values, numbers as text too ("2e-5", as YAML and Azure's own jobs write them).

        Raises CookbookError for a name that does not exist, with the nearest one that does.
        """
        defaults = {field.name: field.default for field in fields(cls)}
        if told := rules.unknown_names(values, defaults):
            raise CookbookError(told)
        return cls(**{name: rules.as_number(value, defaults[name]) for name, value in values.items()})

    @classmethod
    def azure_names(cls) -> list[str]:
        """The names that Azure's component knows: all but the last group."""
        return [field.name for field in fields(cls) if field.name not in OWN]

    @property
    def processes(self) -> int:
        """How many processes train together."""
        return self.num_nodes_finetune * self.number_of_gpu_to_use_finetuning


def changes(settings: FinetuneSettings, base: FinetuneSettings | None = None) -> dict[str, tuple[Any, Any]]:
    """{name: (value in `base`, value in `settings`)} of what differs; `base` is Azure's defaults unless it is given."""
    base = base or FinetuneSettings()
    pairs = {field.name: (getattr(base, field.name), getattr(settings, field.name)) for field in fields(settings)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
