"""The one training entry point: every fine-tuning in this book ends here, in TRL and PEFT.

result = finetune("pocket", rows, FinetuneSettings(), Path("out"))
open_model(str(result.folder))
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from phicookbook import settings as book_settings
from phicookbook.finetune.data import fault_of
from phicookbook.finetune.settings import FinetuneSettings
from phicookbook.models.artifacts import lock_of
from phicookbook.models.local import open_folder
from phicookbook.settings import CookbookError

TARGETS = ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]


@dataclass(frozen=True)
class FinetuneResult:
    """What a run left: the folder, and steps, seconds, trained tokens and the loss curve as (step, loss)."""

    folder: Path
    steps: int
    seconds: float
    tokens: int
    losses: list[tuple[int, float]] = field(default_factory=list)


def finetune(
    base: str,
    rows: Sequence[dict],
    settings: FinetuneSettings,
    out: Path,
    on_log: Callable[[int, int, float], None] | None = None,
    progress: bool = True,
) -> FinetuneResult:
    """Train `base` on chat rows and write an adapter (LoRA) or a whole model to `out`.

    `on_log(step, steps, loss)` is called at each logging step. `out` appears only when the run is done;
    a run that was killed leaves `out` with ".part" and the next one goes on from its last checkpoint.
    Two runs to the same `out` wait for each other (`lock_of`). Raises CookbookError for bad or overlong rows.
    """
    for number, row in enumerate(rows, start=1):
        if fault := fault_of(row.get("messages", [])):
            raise CookbookError(f"row {number}: {fault}")
    if not rows:
        raise CookbookError("there are no rows to train on")
    part = out.with_name(out.name + ".part")
    out.parent.mkdir(parents=True, exist_ok=True)
    with lock_of(out):
        return _run(base, rows, settings, out, part, _reporter(on_log, progress))


def _run(base: str, rows: Sequence[dict], settings: FinetuneSettings, out: Path, part: Path, reporter) -> FinetuneResult:
    _forget_other_run(part, base, rows, settings)
    trainer = _trainer(base, rows, settings, part, reporter)
    started = time.perf_counter()
    trainer.train(resume_from_checkpoint=_last_checkpoint(part))
    seconds = time.perf_counter() - started
    losses = [(entry["step"], entry["loss"]) for entry in trainer.state.log_history if "loss" in entry]
    tokens = int(trainer.state.num_input_tokens_seen)
    result = FinetuneResult(out, trainer.state.global_step, seconds, tokens, losses)
    _keep(trainer, base, settings, result, part)
    return result


def _forget_other_run(part: Path, base: str, rows: Sequence[dict], settings: FinetuneSettings) -> None:
    """Start afresh unless `part` holds the same run: same base, settings and rows."""
    import hashlib

    text = json.dumps([base, settings.to_dict(), list(rows)], sort_keys=True)
    key = hashlib.sha256(text.encode("utf-8")).hexdigest()
    marker = part / "run.key"
    if not marker.exists() or marker.read_text() != key:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        marker.write_text(key)


def _last_checkpoint(part: Path) -> str | None:
    from transformers.trainer_utils import get_last_checkpoint

    return get_last_checkpoint(str(part))


def _trainer(base: str, rows: Sequence[dict], settings: FinetuneSettings, part: Path, callback):
    """A TRL trainer whose loss is on the assistant's tokens alone."""
    import warnings

    import datasets
    from huggingface_hub import constants
    from peft import LoraConfig
    from transformers.trainer_callback import PrinterCallback
    from trl import SFTTrainer

    warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*", category=FutureWarning)  # peft's, not ours
    datasets.disable_progress_bars()
    constants.HF_HUB_DISABLE_TELEMETRY = True  # TRL reports every run to the hub unless it is told not to
    opened = open_base(base)
    _check_lengths(rows, opened.tokenizer, settings.max_seq_length)
    lora = LoraConfig(
        r=settings.lora_r, lora_alpha=settings.lora_alpha, lora_dropout=settings.lora_dropout,
        target_modules=_targets(opened.model), task_type="CAUSAL_LM",
    )  # fmt: skip
    marked = _marks_answers(opened.tokenizer)
    trainer = SFTTrainer(
        model=opened.model,
        args=_arguments(settings, part, marked, experts=hasattr(opened.model.config, "router_aux_loss_coef")),
        train_dataset=datasets.Dataset.from_list([{"messages": r["messages"]} for r in rows] if marked else _split(rows)),
        processing_class=opened.tokenizer,
        peft_config=lora if settings.apply_lora else None,
        callbacks=[callback],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _targets(model) -> list[str]:
    """The matrices that LoRA goes beside: Phi-3's by name, in another architecture every plain one but the output layer.

    A router of experts is a kind of linear layer too, but returns more than a product, so it stays as it is.
    """
    from torch.nn import Linear

    kinds = {name.rsplit(".", 1)[-1]: type(module) for name, module in model.named_modules()}
    if set(TARGETS) <= set(kinds):
        return TARGETS
    return sorted(name for name, kind in kinds.items() if kind is Linear and name != "lm_head")


def _marks_answers(tokenizer) -> bool:
    """Whether TRL knows this chat template well enough to tell the assistant's tokens from the others."""
    from trl.chat_template_utils import get_training_chat_template

    try:
        get_training_chat_template(tokenizer)
    except ValueError:
        return False
    return True


def _split(rows: Sequence[dict]) -> list[dict]:
    """A row for each answer, with all before it as its prompt: the same targets for a template that TRL does not know."""
    return [
        {"prompt": row["messages"][:place], "completion": [message]}
        for row in rows
        for place, message in enumerate(row["messages"])
        if message["role"] == "assistant"
    ]


def _check_lengths(rows: Sequence[dict], tokenizer, most: int) -> None:
    """Raise CookbookError for a row that TRL would cut, for then the end of its answer is never learnt."""
    for number, row in enumerate(rows, start=1):
        text = tokenizer.apply_chat_template(row["messages"], tokenize=False)
        length = len(tokenizer(text, add_special_tokens=False)["input_ids"])
        if length > most:
            raise CookbookError(
                f"row {number} has {length} tokens, more than max_seq_length {most}: shorten it or raise the limit"
            )


def open_base(base: str):
    """The model to start from: pocket, a folder or a hub id; raises CookbookError for one whose weights are elsewhere."""
    if base.startswith(("http://", "https://")):
        raise CookbookError(f"{base} lends its answers, not its weights: fine-tune pocket, a folder or a hub id")
    return open_folder(book_settings.POCKET_WEIGHTS if base == "pocket" else base, base)


def _arguments(settings: FinetuneSettings, part: Path, assistant_only: bool, experts: bool):
    """The settings under TRL's names. A mixture of experts trains without the loss that balances its router, which TRL 1.x
    cannot compute for Phi-3.5-MoE."""
    from trl import SFTConfig

    passed_on = (
        "num_train_epochs", "max_steps", "per_device_train_batch_size", "gradient_accumulation_steps", "learning_rate",
        "lr_scheduler_type", "warmup_steps", "weight_decay", "max_grad_norm", "logging_steps", "save_steps",
        "save_total_limit", "seed",
    )  # fmt: skip
    return SFTConfig(
        output_dir=str(part),
        **{name: getattr(settings, name) for name in passed_on},
        router_aux_loss_coef=0.0 if experts else None,
        max_length=settings.max_seq_length,
        assistant_only_loss=assistant_only,
        bf16=False,
        report_to="none",
        disable_tqdm=True,
        include_num_input_tokens_seen="all",
        dataloader_pin_memory=False,
        activation_checkpointing=False,
    )


def _reporter(on_log, progress: bool):
    """A trainer callback with one progress bar and the caller's live curve."""
    from tqdm.auto import tqdm
    from transformers import TrainerCallback

    class Reporter(TrainerCallback):
        bar = None

        def on_train_begin(self, args, state, control, **kwargs):
            self.bar = tqdm(total=state.max_steps, initial=state.global_step, desc="fine-tuning", disable=not progress)

        def on_step_end(self, args, state, control, **kwargs):
            self.bar.update(1)

        def on_log(self, args, state, control, logs=None, **kwargs):
            if logs and "loss" in logs:
                self.bar.set_postfix(loss=f"{logs['loss']:.3f}")
                if on_log:
                    on_log(state.global_step, state.max_steps, logs["loss"])

        def on_train_end(self, args, state, control, **kwargs):
            self.bar.close()

    return Reporter()


def _keep(trainer, base: str, settings: FinetuneSettings, result: FinetuneResult, part: Path) -> None:
    """Write the finished model beside its run record and let it take its place in one step."""
    done = part / "finished"
    trainer.save_model(str(done))
    adapter = done / "adapter_config.json"
    if adapter.exists():
        values = json.loads(adapter.read_text(encoding="utf-8"))
        values["base_model_name_or_path"] = base
        adapter.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    record = {
        "base": base, "settings": settings.to_dict(), "steps": result.steps, "seconds": round(result.seconds, 2),
        "tokens": result.tokens, "losses": result.losses,
    }  # fmt: skip
    (done / "run.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    for leftover in ("training_args.bin", "README.md"):  # a pickle, and a card of blanks that names this machine's folders
        (done / leftover).unlink(missing_ok=True)
    old = part / "replaced"  # moved aside first, so that nobody opens a folder that is half deleted
    if result.folder.exists():
        os.replace(result.folder, old)
    os.replace(done, result.folder)
    shutil.rmtree(part, ignore_errors=True)
