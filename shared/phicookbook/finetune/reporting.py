"""What a run tells while it works: a progress bar, the loss curve, events with metrics, checkpoints as they appear.

trainer = trl.SFTTrainer(..., callbacks=[reporter(News(on_log, on_event))])
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from phicookbook.finetune import checkpoints

# A trainer's names and ours, which are those of the metrics in OpenAI's checkpoints.
TRAIN = {
    "loss": "train_loss", "mean_token_accuracy": "train_mean_token_accuracy", "learning_rate": "learning_rate",
    "rewards/accuracies": "train_reward_accuracy", "rewards/margins": "train_reward_margin",
}  # fmt: skip
VALID = {
    "eval_loss": "valid_loss", "eval_mean_token_accuracy": "valid_mean_token_accuracy",
    "eval_rewards/accuracies": "valid_reward_accuracy", "eval_rewards/margins": "valid_reward_margin",
}  # fmt: skip


def metrics_in(logs: dict) -> dict[str, float]:
    """The metrics of a trainer's log entry under our names; {} for an entry of another kind."""
    names = VALID if "eval_loss" in logs else TRAIN if "loss" in logs else {}
    return {ours: float(logs[theirs]) for theirs, ours in names.items() if theirs in logs}


class News:
    """Who is told what: `keep(checkpoint, metrics)` copies an epoch's checkpoint, `kept()` lists those that stand."""

    def __init__(
        self,
        on_log: Callable | None = None,
        on_event: Callable | None = None,
        keep: Callable[[Path, dict], Path] | None = None,
        kept: Callable[[], list[Path]] = list,
    ):
        self.on_log, self.on_event, self.keep, self.kept = on_log, on_event, keep, kept
        self.last: dict[str, float] = {}

    def tell(self, type: str, state, **more) -> None:
        """Pass an event on."""
        if self.on_event:
            self.on_event(
                {"type": type, "step": state.global_step, "steps": state.max_steps, "epoch": state.epoch or 0.0, **more}
            )

    def begin(self, state, processes: int) -> None:
        """The run starts, or goes on: what stands from before is told again."""
        self.tell("start", state, pid=os.getpid(), processes=processes)
        for folder in self.kept():
            self.tell("checkpoint", state, **checkpoints.metrics_of(folder), folder=folder)

    def log(self, state, logs: dict) -> None:
        """A log entry of the trainer."""
        found = metrics_in(logs)
        self.last |= found
        if "train_loss" in found and self.on_log:
            self.on_log(state.global_step, state.max_steps, logs["loss"])
        if found:
            self.tell("validation" if "valid_loss" in found else "train", state, **found)

    def save(self, state, saved: Path, epoch_ends: bool) -> None:
        """The trainer has written a checkpoint; an epoch's stays as a model."""
        checkpoints.mark_whole(saved)
        if self.keep and epoch_ends:
            measured = {name: value for name, value in self.last.items() if name != "learning_rate"}
            folder = self.keep(saved, {"step": state.global_step, "steps": state.max_steps, "epoch": state.epoch, **measured})
            self.tell("checkpoint", state, **checkpoints.metrics_of(folder), folder=folder)


def reporter(news: News | None = None, progress: bool = True):
    """A trainer callback that shows a bar and tells the news, in the first process alone."""
    from tqdm.auto import tqdm
    from transformers import TrainerCallback

    news = news or News()

    class Reporter(TrainerCallback):
        ends = False  # whether the save that comes is an epoch's

        def on_train_begin(self, args, state, control, **kwargs):
            quiet = not (progress and state.is_world_process_zero)
            self.bar = tqdm(total=state.max_steps, initial=state.global_step, desc="fine-tuning", disable=quiet)
            if state.is_world_process_zero:
                news.begin(state, args.world_size)

        def on_step_end(self, args, state, control, **kwargs):
            self.bar.update(1)

        def on_epoch_end(self, args, state, control, **kwargs):
            if news.keep:
                self.ends = control.should_log = control.should_save = True

        def on_log(self, args, state, control, logs=None, **kwargs):
            if logs and "loss" in logs:
                self.bar.set_postfix(loss=f"{logs['loss']:.3f}")
            if state.is_world_process_zero:
                news.log(state, logs or {})

        def on_save(self, args, state, control, **kwargs):
            ends, self.ends = self.ends, False
            if state.is_world_process_zero:
                news.save(state, Path(args.output_dir) / f"checkpoint-{state.global_step}", ends)

        def on_train_end(self, args, state, control, **kwargs):
            self.bar.close()

    return Reporter()
