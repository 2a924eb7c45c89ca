"""Reinforcement with verifiable rewards: TRL's GRPO over a task's own verifier.

    reinforce("out/sft", items("sat", 500, seed=7, level=4, split="train"), Path("out/plus"), Reinforcement(steps=30))

Watch two curves: the share of groups without any spread (they teach nothing) and the entropy (near 0 the model tries
nothing new).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from phicookbook.corpora.arithmetic import REASONING_PROMPT
from phicookbook.models import checksums
from phicookbook.models.artifacts import lock_of
from phicookbook.models.local import open_folder
from phicookbook.reasoning.extract import flexible
from phicookbook.reasoning.item import Item
from phicookbook.reasoning.rewards import reward, well_formed
from phicookbook.reasoning.tasks import score

WATCHED = (
    "reward",
    "reward_std",
    "completions/mean_length",
    "completions/clipped_ratio",
    "frac_reward_zero_std",
    "entropy",
    "kl",
)


@dataclass(frozen=True)
class Reinforcement:
    """Knobs of one run: `prompts` x `group` answers a step. The report used 64 x 8, 90 steps, 5e-8, KL 0.001; a model a thousand
    times smaller takes a larger rate, but at 3e-4 a first trial collapsed."""

    steps: int = 30
    prompts: int = 16
    group: int = 8
    learning_rate: float = 3e-5
    kl: float = 0.001
    temperature: float = 0.8
    budget: int = 448
    save_steps: int = 5
    seed: int = 42


def rewards_of(budget: int):
    """A reward function as TRL calls it: replies as chat messages, their token ids, and the items' JSON as a column."""

    def outcome(completions, completion_ids, item, **_) -> list[float]:
        found = []
        for messages, ids, text in zip(completions, completion_ids, item, strict=True):
            reply, one = messages[0]["content"], Item(**json.loads(text))
            right = score(one, flexible(reply, one.shape)).correct
            found.append(reward(right, len(ids) / budget, len(ids) < budget, well_formed(reply), reply))
        return found

    return outcome


def reinforce(base: str, chosen: Sequence[Item], out: Path, setting: Reinforcement, progress: bool = True) -> list[dict]:
    """Train the model in folder `base` on items and write it to `out`; returns the log, one dict a step with WATCHED.

    `out` appears whole when the run is done; a run that was killed goes on from its last whole checkpoint in `out` with ".part",
    unless the base, its weights, the items or the setting are others.
    """
    import torch

    part = out.with_name(out.name + ".part")
    out.parent.mkdir(parents=True, exist_ok=True)
    with lock_of(out):
        weights = [checksums.sha256(path) for path in sorted(Path(base).glob("*.safetensors"))]
        key = json.dumps([str(base), weights, asdict(setting), [item.id for item in chosen]])
        marker = part / "run.key"
        if not marker.exists() or marker.read_text(encoding="utf-8") != key:
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            marker.write_text(key, encoding="utf-8")
        torch.manual_seed(setting.seed)
        last, state = last_whole(part)
        if last and state["global_step"] >= setting.steps:  # resumed at its end, TRL would take one more step
            trainer = _trainer(last, chosen, part, setting, progress)
            history = state["log_history"]
        else:
            trainer = _trainer(base, chosen, part, setting, progress)
            trainer.train(resume_from_checkpoint=last)
            history = trainer.state.log_history
        log = [{"step": e["step"], **{k: e[k] for k in WATCHED if k in e}} for e in history if "reward" in e]
        done = part / "finished"
        trainer.save_model(str(done))
        (done / "training_args.bin").unlink(missing_ok=True)
        (done / "reinforce.json").write_text(
            json.dumps({"base": Path(base).name, "setting": asdict(setting), "log": log}, indent=1) + "\n"
        )
        if out.exists():
            os.replace(out, part / "replaced")
        os.replace(done, out)
        shutil.rmtree(part, ignore_errors=True)
    return log


def last_whole(part: Path) -> tuple[str | None, dict]:
    """(folder, state) of the newest checkpoint that was written to its end, (None, {}) when there is none; others are deleted.

    The trainer writes its state last, and deletes older checkpoints only after that: one whose state is missing or cut off
    was being written when the run was killed, and the one before it still stands.
    """
    found = {int(path.name.removeprefix("checkpoint-")): path for path in part.glob("checkpoint-*")}
    for step in sorted(found, reverse=True):
        try:
            return str(found[step]), json.loads((found[step] / "trainer_state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            shutil.rmtree(found[step], ignore_errors=True)
    return None, {}


def _trainer(base: str, chosen: Sequence[Item], part: Path, setting: Reinforcement, progress: bool):
    import datasets
    import torch
    from huggingface_hub import constants
    from transformers.trainer_callback import PrinterCallback
    from trl import GRPOConfig, GRPOTrainer

    constants.HF_HUB_DISABLE_TELEMETRY = True
    datasets.disable_progress_bars()
    opened = open_folder(base, "base")
    rows = [
        {
            "prompt": [{"role": "system", "content": REASONING_PROMPT}, {"role": "user", "content": item.prompt}],
            "item": json.dumps(item.to_dict()),
        }
        for item in chosen
    ]
    arguments = GRPOConfig(
        output_dir=str(part), max_steps=setting.steps, learning_rate=setting.learning_rate,
        lr_scheduler_type="constant_with_warmup", warmup_steps=2, beta=setting.kl, num_generations=setting.group,
        per_device_train_batch_size=setting.group,
        gradient_accumulation_steps=setting.prompts, max_completion_length=setting.budget, temperature=setting.temperature,
        logging_steps=1, save_steps=setting.save_steps, save_total_limit=1, seed=setting.seed, report_to="none",
        disable_tqdm=True, bf16=False, activation_checkpointing=False, use_cpu=not torch.cuda.is_available(),
        dataloader_pin_memory=False,
    )  # fmt: skip
    trainer = GRPOTrainer(
        model=opened.model, reward_funcs=[rewards_of(setting.budget)], args=arguments, processing_class=opened.tokenizer,
        train_dataset=datasets.Dataset.from_list(rows), callbacks=[_bar(progress)],
    )  # fmt: skip
    trainer.remove_callback(PrinterCallback)
    return trainer


def _bar(progress: bool):
    """A progress bar with the figures to watch."""
    from tqdm.auto import tqdm
    from transformers import TrainerCallback

    class Bar(TrainerCallback):
        bar = None

        def on_train_begin(self, args, state, control, **kwargs):
            self.bar = tqdm(total=state.max_steps, initial=state.global_step, desc="reinforcement", disable=not progress)

        def on_log(self, args, state, control, logs=None, **kwargs):
            if logs and "reward" in logs:
                shown = {
                    "reward": "reward",
                    "tokens": "completions/mean_length",
                    "no spread": "frac_reward_zero_std",
                    "entropy": "entropy",
                }
                self.bar.set_postfix({name: f"{float(logs[key]):.3g}" for name, key in shown.items() if key in logs})

        def on_step_end(self, args, state, control, **kwargs):
            self.bar.update(1)

        def on_train_end(self, args, state, control, **kwargs):
            self.bar.close()

    return Bar()
