"""The one training entry point: every fine-tuning in this book ends here, in TRL and PEFT.

result = finetune("pocket", rows, FinetuneSettings(**POCKET), Path("out"))
open_model(str(result.folder))
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from phicookbook.finetune import checkpoints, processes
from phicookbook.finetune import trainer as trainers
from phicookbook.finetune.data import row_fault
from phicookbook.finetune.reporting import News, reporter
from phicookbook.finetune.settings import FinetuneSettings
from phicookbook.models.artifacts import lock_of
from phicookbook.settings import CookbookError

RECORD = "run.json"


@dataclass(frozen=True)
class FinetuneResult:
    """What a run left: the folder, and steps, seconds, tokens read and the loss curve as (step, loss).

    `tokens` counts what the model read, padding included; `trained_tokens` the rows' own tokens times the epochs, which is
    what services charge for. `rate` is how many of the latter a second of training took in; a run that went on from a
    checkpoint counts what came after it, in `seconds` and `rate` alike.
    """

    folder: Path
    steps: int
    seconds: float
    tokens: int
    losses: list[tuple[int, float]] = field(default_factory=list)
    trained_tokens: int = 0
    rate: float = 0.0


def finetune(
    base: str,
    rows: Sequence[dict],
    settings: FinetuneSettings,
    out: Path,
    on_log: Callable[[int, int, float], None] | None = None,
    progress: bool = True,
    *,
    validation: Sequence[dict] = (),
    on_event: Callable[[dict], None] | None = None,
    keep_checkpoints: bool = False,
) -> FinetuneResult:
    """Train `base` on rows (conversations, or preferences for the method dpo) and write an adapter or a whole model to `out`.

    `on_log(step, steps, loss)` is called at each logging step. `on_event` gets a dict of `type`, `step`, `steps` and `epoch`: a
    "train" event adds train_loss, train_mean_token_accuracy and learning_rate, a "validation" event valid_loss and
    valid_mean_token_accuracy over all validation rows, and a "checkpoint" event the `folder` of an epoch's model beside its
    metrics. With `keep_checkpoints` those of the last three epochs stay (`checkpoints.checkpoints_of(out)`).

    `out` appears only when the run is done; a run that was killed leaves `out` with ".part" and the next one goes on from its
    last checkpoint, unless `resume_from_checkpoint` is false. Two runs to the same `out` wait for each other. Started in
    several processes by torchrun or Ray, it trains in all of them together. Raises CookbookError for bad or overlong rows, and
    for an `out` that holds anything but an earlier run's result.
    """
    check_out(out)
    _check_rows(rows, settings, "row")
    _check_rows(validation, settings, "validation row")
    if not rows:
        raise CookbookError("there are no rows to train on")
    out.parent.mkdir(parents=True, exist_ok=True)
    keep = partial(checkpoints.keep_epoch, out, base) if keep_checkpoints else None
    news = News(on_log, on_event, keep, partial(checkpoints.checkpoints_of, out) if keep else list)
    trainers.hush()
    with processes.first_only(lock_of(out)):
        return _run(base, rows, validation, settings, out, reporter(news, progress))


def check_out(out: Path) -> None:
    """Raise CookbookError when a run may not take the place of what stands there: an earlier result may go, nothing else."""
    if out.exists() and not (out.is_dir() and ((out / RECORD).exists() or not any(out.iterdir()))):
        raise CookbookError(f"{out} exists and is no result of an earlier run, and a run takes its place: give another output")


def _check_rows(rows: Sequence[dict], settings: FinetuneSettings, what: str) -> None:
    for number, row in enumerate(rows, start=1):
        if fault := row_fault(row, settings.method):
            raise CookbookError(f"{what} {number}: {fault}")


def _run(base: str, rows, validation, settings: FinetuneSettings, out: Path, callback) -> FinetuneResult:
    part = out.with_name(out.name + ".part")
    with processes.first_alone() as first:
        if first:
            _forget_other_run(out, part, base, [*rows, "validated by", *validation] if validation else rows, settings)
        last = checkpoints.last_whole(part)
    trainer, row_tokens = trainers.make(base, rows, validation, settings, part, callback)
    began, started = int(last.rpartition("-")[2]) if last else 0, time.perf_counter()
    trainer.train(resume_from_checkpoint=last)
    seconds = time.perf_counter() - started
    losses = [(entry["step"], entry["loss"]) for entry in trainer.state.log_history if "loss" in entry]
    read, trained = int(trainer.state.num_input_tokens_seen), round(row_tokens * (trainer.state.epoch or 0))
    steps = trainer.state.global_step
    rate = trained * (steps - began) / max(steps, 1) / seconds
    result = FinetuneResult(out, steps, seconds, read, losses, trained, rate)
    if first:
        _keep(trainer, base, settings, result, part)
    processes.wait()
    return result


def _forget_other_run(out: Path, part: Path, base: str, rows: Sequence, settings: FinetuneSettings) -> None:
    """Start afresh unless `part` holds the same run, with the same base, settings and rows, and is to go on."""
    import hashlib

    told = settings.to_dict()
    goes_on = told.pop("resume_from_checkpoint")
    text = json.dumps([base, told, list(rows)], sort_keys=True)
    key = hashlib.sha256(text.encode("utf-8")).hexdigest()
    marker = part / "run.key"
    if not goes_on or not marker.exists() or marker.read_text() != key:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(checkpoints.folder_of(out), ignore_errors=True)
        part.mkdir(parents=True)
        marker.write_text(key)


def _keep(trainer, base: str, settings: FinetuneSettings, result: FinetuneResult, part: Path) -> None:
    """Write the finished model beside its run record and let it take its place in one step."""
    done = part / "finished"
    if settings.apply_lora and settings.merge_lora_weights:
        trainer.model.merge_and_unload().save_pretrained(str(done))
        trainer.processing_class.save_pretrained(str(done))
    else:
        trainer.save_model(str(done))
    checkpoints.name_base(done, base)
    record = {
        "base": base, "settings": settings.to_dict(), "steps": result.steps, "seconds": round(result.seconds, 2),
        "tokens": result.tokens, "trained_tokens": result.trained_tokens, "tokens_a_second": round(result.rate, 1),
        "losses": result.losses,
    }  # fmt: skip
    (done / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    old = part / "replaced"  # moved aside first, so that nobody opens a folder that is half deleted
    if result.folder.exists():
        os.replace(result.folder, old)
    os.replace(done, result.folder)
    shutil.rmtree(part, ignore_errors=True)
