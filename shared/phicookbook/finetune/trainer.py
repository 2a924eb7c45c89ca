"""TRL's trainers for the two methods, set up from our settings: supervised rows and preferences.

trainer = make("pocket", rows, validation, FinetuneSettings(**POCKET), Path("out.part"), reporter())
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from phicookbook import settings as book_settings
from phicookbook.finetune.head import answers_only
from phicookbook.finetune.rules import AZURE_ONLY
from phicookbook.finetune.settings import FinetuneSettings
from phicookbook.models.local import hush_bitsandbytes, open_folder
from phicookbook.settings import CookbookError

TARGETS = ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]
# What both of TRL's configurations take under the name that Azure gives it.
PASSED_ON = (
    "num_train_epochs", "max_steps", "per_device_train_batch_size", "per_device_eval_batch_size", "auto_find_batch_size",
    "optim", "learning_rate", "warmup_steps", "weight_decay", "adam_beta1", "adam_beta2", "adam_epsilon",
    "gradient_accumulation_steps", "lr_scheduler_type", "seed", "dataloader_num_workers",
    "max_grad_norm", "logging_strategy", "logging_steps",
)  # fmt: skip


def open_base(base: str, in_4bit: bool = False):
    """The model to start from: pocket, a folder or a hub id, its weights in four bits for QLoRA.

    Raises CookbookError for one whose weights are elsewhere.
    """
    if base.startswith(("http://", "https://")):
        raise CookbookError(f"{base} lends its answers, not its weights: fine-tune pocket, a folder or a hub id")
    return open_folder(book_settings.bundled().get(base, base), base, in_4bit)


def check_machine(settings: FinetuneSettings) -> None:
    """Raise CookbookError for a setting that this machine cannot serve, with what to do instead."""
    import importlib.util

    if settings.load_in_4bit and not importlib.util.find_spec("bitsandbytes"):
        raise CookbookError(
            "load_in_4bit (QLoRA) needs the package bitsandbytes, which is not installed: run `pip install bitsandbytes`, "
            "or set load_in_4bit to false, which trains the same adapter on unquantized weights"
        )
    for name in AZURE_ONLY:
        if getattr(settings, name):
            raise CookbookError(f"{name} works in Azure ML's own fine-tuning alone: use --on azureml, or leave it out")


def make(base: str, rows: Sequence[dict], validation: Sequence[dict], settings: FinetuneSettings, part: Path, callback):
    """A trainer whose loss is on the assistant's tokens alone, and the tokens of one epoch, padding left out.

    Raises CookbookError for a row that is longer than the model or `max_seq_length` allows.
    """
    check_machine(settings)
    opened = open_base(base, settings.load_in_4bit)
    longest = settings.max_seq_length if settings.max_seq_length > 0 else opened.context
    tokens = check_lengths(rows, opened.tokenizer, longest, "row", settings.batch_size)
    check_lengths(validation, opened.tokenizer, longest, "validation row", settings.batch_size)
    build = _preference_trainer if settings.method == "dpo" else _supervised_trainer
    trainer = build(opened, rows, validation, settings, part, callback, longest)
    _remove_printer(trainer)
    return trainer, tokens


def hush() -> None:
    """Keep libraries from printing bars and warnings of their own, and from reporting to the hub as TRL does unless told not to.

    To be called before the first import of peft.
    """
    import warnings

    hush_bitsandbytes()
    import datasets
    from huggingface_hub import constants

    warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*", category=FutureWarning)  # peft's, not ours
    datasets.disable_progress_bars()
    constants.HF_HUB_DISABLE_TELEMETRY = True


def _remove_printer(trainer) -> None:
    from transformers.trainer_callback import PrinterCallback

    trainer.remove_callback(PrinterCallback)


def _supervised_trainer(opened, rows, validation, settings, part, callback, longest):
    import datasets
    from trl import SFTConfig, SFTTrainer

    marked = _marks_answers(opened.tokenizer) and not any(_has_weights(row) for row in [*rows, *validation])
    shaped = [[{"messages": _plain(r["messages"])} for r in some] if marked else split(some) for some in (rows, validation)]
    train, valid = (datasets.Dataset.from_list(some) if some else None for some in shaped)
    config = SFTConfig(
        **_arguments(settings, part, longest, bool(validation), _experts(opened.model)),
        assistant_only_loss=marked,
        packing=settings.packing,
        eval_packing=False,
        pad_to_multiple_of=longest if settings.pad_to_max_length else None,
    )
    made = SFTTrainer(
        model=opened.model, args=config, train_dataset=train, eval_dataset=valid, processing_class=opened.tokenizer,
        peft_config=_lora(opened.model, settings), callbacks=_callbacks(settings, validation, callback),
    )  # fmt: skip
    if settings.packing:  # both change nothing but the order of rounding; without packing a run is as it always was
        answers_only(opened.model)
    return made


def _preference_trainer(opened, rows, validation, settings, part, callback, longest):
    """DPO (Rafailov and others 2023, arXiv:2305.18290); with LoRA the base without its adapter is the reference."""
    import copy

    import datasets
    from trl import DPOConfig, DPOTrainer

    train, valid = (datasets.Dataset.from_list(preferences(some)) if some else None for some in (rows, validation))
    arguments = _arguments(settings, part, longest, bool(validation), _experts(opened.model))
    return DPOTrainer(
        model=opened.model, ref_model=None if settings.apply_lora else copy.deepcopy(opened.model),
        args=DPOConfig(**arguments, beta=settings.beta), train_dataset=train, eval_dataset=valid,
        processing_class=opened.tokenizer, peft_config=_lora(opened.model, settings),
        callbacks=_callbacks(settings, validation, callback),
    )  # fmt: skip


def _callbacks(settings: FinetuneSettings, validation, callback) -> list:
    from transformers import EarlyStoppingCallback

    if not settings.apply_early_stopping:
        return [callback]
    if not validation:
        raise CookbookError("apply_early_stopping looks at evaluations: give validation rows, or switch it off")
    return [callback, EarlyStoppingCallback(settings.early_stopping_patience, settings.early_stopping_threshold)]


def _arguments(settings: FinetuneSettings, part: Path, longest: int, validated: bool, experts: bool) -> dict:
    """The settings under TRL's names. A mixture of experts trains without the loss that balances its router, which TRL 1.x
    cannot compute for Phi-3.5-MoE."""
    import torch

    limit = settings.save_total_limit
    each_epoch = settings.save_steps < 1
    saves = {"save_strategy": "epoch"} if each_epoch else {"save_strategy": "steps", "save_steps": settings.save_steps}
    return dict(
        output_dir=str(part),
        **{name: getattr(settings, name) for name in PASSED_ON},
        **saves | (_evaluation(settings) if validated else {}),
        save_total_limit=max(2, limit) if limit > 0 else None,  # a kill may leave the newest one half-written
        router_aux_loss_coef=0.0 if experts else None,
        max_length=longest,
        full_determinism=settings.enable_full_determinism,
        bf16=settings.precision == 16,
        use_cpu=not torch.cuda.is_available(),  # said aloud: several processes on CPUs find each other only then
        report_to="none",
        disable_tqdm=True,
        include_num_input_tokens_seen="all",
        dataloader_pin_memory=False,
        activation_checkpointing=False,
    )


def _evaluation(settings: FinetuneSettings) -> dict:
    """When to evaluate; a share below 1 of the whole run is how transformers takes an interval."""
    share = settings.evaluation_steps_interval / settings.num_train_epochs
    chosen = {
        "eval_strategy": settings.evaluation_strategy,
        "eval_steps": share if share > 0 else settings.eval_steps,
        "eval_accumulation_steps": settings.eval_accumulation_steps if settings.eval_accumulation_steps > 0 else None,
    }
    if settings.apply_early_stopping:  # both must come at the same steps for the best one to be loaded in the end
        best = f"eval_{settings.metric_for_best_model}"
        chosen |= {"load_best_model_at_end": True, "metric_for_best_model": best, "save_strategy": settings.evaluation_strategy}
        chosen |= {"save_steps": chosen["eval_steps"]} if settings.evaluation_strategy == "steps" else {}
    return chosen


def _lora(model, settings: FinetuneSettings):
    from peft import LoraConfig

    if not settings.apply_lora:
        return None
    return LoraConfig(
        r=settings.lora_r, lora_alpha=settings.lora_alpha, lora_dropout=settings.lora_dropout,
        target_modules=targets(model), task_type="CAUSAL_LM",
    )  # fmt: skip


def targets(model) -> list[str]:
    """The matrices that LoRA goes beside: Phi-3's by name, in another architecture every plain one but the output layer.

    A router of experts is a kind of linear layer too, but returns more than a product, so it stays as it is.
    """
    from torch.nn import Linear

    kinds = {name.rsplit(".", 1)[-1]: type(module) for name, module in model.named_modules()}
    if set(TARGETS) <= set(kinds):
        return TARGETS
    return sorted(name for name, kind in kinds.items() if kind is Linear and name != "lm_head")


def _experts(model) -> bool:
    return hasattr(model.config, "router_aux_loss_coef")


def _marks_answers(tokenizer) -> bool:
    """Whether TRL knows this chat template well enough to tell the assistant's tokens from the others."""
    from trl.chat_template_utils import get_training_chat_template

    try:
        get_training_chat_template(tokenizer)
    except ValueError:
        return False
    return True


def _has_weights(row: dict) -> bool:
    """Whether a row leaves some of its answers out of the loss, as OpenAI's and Azure's `weight` 0 says."""
    return any(message.get("weight", 1) == 0 for message in row["messages"])


def _plain(messages: Sequence[dict]) -> list[dict]:
    return [{"role": message["role"], "content": message["content"]} for message in messages]


def split(rows: Sequence[dict]) -> list[dict]:
    """A row for each answer that is to be learnt, with all before it as its prompt: for a template that TRL does not know, and
    for answers of weight 0."""
    return [
        {"prompt": _plain(row["messages"][:place]), "completion": _plain([message])}
        for row in rows
        for place, message in enumerate(row["messages"])
        if message["role"] == "assistant" and message.get("weight", 1) != 0
    ]


def preferences(rows: Sequence[dict]) -> list[dict]:
    """Rows of OpenAI's preference format under TRL's names."""
    return [
        {
            "prompt": _plain(row["input"]["messages"]),
            "chosen": _plain(row["preferred_output"]),
            "rejected": _plain(row["non_preferred_output"]),
        }
        for row in rows
    ]


def conversations(row: dict) -> list[list[dict]]:
    """The conversations that a row holds: one, or two when it is a preference."""
    if "messages" in row:
        return [_plain(row["messages"])]
    return [_plain([*row["input"]["messages"], *row[name]]) for name in ("preferred_output", "non_preferred_output")]


def check_lengths(rows: Sequence[dict], tokenizer, most: int, what: str = "row", at_once: int = 1000) -> int:
    """The tokens of all rows; raises CookbookError for a row that TRL would cut: the end of its answer would never be learnt."""
    total = 0
    for start in range(0, len(rows), at_once):
        talks = [(n, talk) for n, row in enumerate(rows[start : start + at_once], start + 1) for talk in conversations(row)]
        texts = tokenizer.apply_chat_template([talk for _, talk in talks], tokenize=False)
        for (number, _), ids in zip(talks, tokenizer(texts, add_special_tokens=False)["input_ids"], strict=True):
            if len(ids) > most:
                raise CookbookError(
                    f"{what} {number} has {len(ids)} tokens, more than max_seq_length {most}: shorten it or raise the limit"
                )
            total += len(ids)
    return total
