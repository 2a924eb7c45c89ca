"""What a run tells while it works: a progress bar, the loss curve, events with metrics, checkpoints as they appear.

trainer = trl.SFTTrainer(..., callbacks=[reporter(on_log, on_event, keep)])
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


def reporter(
    on_log: Callable | None = None,
    on_event: Callable | None = None,
    keep: Callable[[Path, dict], Path] | None = None,
    kept: Callable[[], list[Path]] = list,
    progress: bool = True,
):
    """A trainer callback; `keep(checkpoint, metrics)` copies an epoch's checkpoint, `kept()` lists those that stand."""
    from tqdm.auto import tqdm
    from transformers import TrainerCallback

    class Reporter(TrainerCallback):
        bar = None
        last: dict = {}
        ends = False  # whether the save that comes is an epoch's

        def tell(self, type: str, state, **more):
            if on_event and state.is_world_process_zero:
                on_event({"type": type, "step": state.global_step, "steps": state.max_steps, "epoch": state.epoch or 0.0, **more})

        def on_train_begin(self, args, state, control, **kwargs):
            quiet = not (progress and state.is_world_process_zero)
            self.bar = tqdm(total=state.max_steps, initial=state.global_step, desc="fine-tuning", disable=quiet)
            self.tell("start", state, pid=os.getpid(), processes=args.world_size)
            for folder in kept():
                self.announce(state, folder)

        def on_step_end(self, args, state, control, **kwargs):
            self.bar.update(1)

        def on_epoch_end(self, args, state, control, **kwargs):
            if keep:
                self.ends = control.should_log = control.should_save = True

        def on_log(self, args, state, control, logs=None, **kwargs):
            found = metrics_in(logs or {})
            self.last = {**self.last, **found}
            if "train_loss" in found:
                self.bar.set_postfix(loss=f"{logs['loss']:.3f}")
                if on_log and state.is_world_process_zero:
                    on_log(state.global_step, state.max_steps, logs["loss"])
            if found:
                self.tell("validation" if "valid_loss" in found else "train", state, **found)

        def on_save(self, args, state, control, **kwargs):
            if not state.is_world_process_zero:
                return
            saved = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            checkpoints.mark_whole(saved)
            if self.ends:
                self.ends = False
                measured = {k: v for k, v in self.last.items() if k != "learning_rate"}
                facts = {"step": state.global_step, "steps": state.max_steps, "epoch": state.epoch, **measured}
                self.announce(state, keep(saved, facts))

        def announce(self, state, folder: Path):
            self.tell("checkpoint", state, **checkpoints.metrics_of(folder), folder=folder)

        def on_train_end(self, args, state, control, **kwargs):
            self.bar.close()

    return Reporter()
