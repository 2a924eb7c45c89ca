"""Checkpoints of a run: those to go on from after a stop, and those of the last epochs that open as models.

keep_epoch(Path("out"), "pocket", Path("out.part/checkpoint-12"), {"step": 12, "epoch": 1.0})
open_model(str(checkpoints_of(Path("out"))[-1]))
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

KEPT = 3
WHOLE = "complete"
LEFT_OUT = ("training_args.bin", "README.md")  # a pickle, and a card of blanks that names this machine's folders
STATE = ("optimizer", "scheduler", "rng_state", "scaler", "trainer_state", "training_args", "README", WHOLE)


def folder_of(out: Path) -> Path:
    """The folder beside `out` that holds the checkpoints of its epochs."""
    return out.with_name(out.name + ".checkpoints")


def checkpoints_of(out: Path) -> list[Path]:
    """The checkpoints of a run's last epochs, oldest first, each a folder that `open_model` opens."""
    found = [path for path in folder_of(out).glob("step-*") if path.name.removeprefix("step-").isdecimal()]
    return sorted(found, key=lambda path: int(path.name.removeprefix("step-")))


def metrics_of(checkpoint: Path) -> dict:
    """What was measured when a checkpoint of `checkpoints_of` was made."""
    return json.loads((checkpoint / "metrics.json").read_text(encoding="utf-8"))


def keep_epoch(out: Path, base: str, saved: Path, metrics: dict) -> Path:
    """Copy the model of a trainer's checkpoint to where it stays, whole or not at all, and let go of the oldest.

    One that stands already is left as it is: somebody may be using it.
    """
    kept = folder_of(out) / f"step-{metrics['step']}"
    if not kept.exists():
        part = kept.with_name(kept.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for path in saved.iterdir():
            if path.is_file() and not path.name.startswith(STATE):
                shutil.copyfile(path, part / path.name)
        name_base(part, base)
        (part / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
        os.replace(part, kept)
    for old in checkpoints_of(out)[:-KEPT]:
        gone = old.with_name(old.name + ".gone")  # renamed first, so that nobody opens a folder that is half deleted
        os.replace(old, gone)
        shutil.rmtree(gone, ignore_errors=True)
    return kept


def name_base(folder: Path, base: str) -> None:
    """Let an adapter name its base as the caller did, and not by a path of this machine."""
    adapter = folder / "adapter_config.json"
    if adapter.exists():
        values = json.loads(adapter.read_text(encoding="utf-8"))
        values["base_model_name_or_path"] = base
        adapter.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    for leftover in LEFT_OUT:
        (folder / leftover).unlink(missing_ok=True)


def mark_whole(checkpoint: Path) -> None:
    """Note that all of a trainer's checkpoint is written: a run that was killed while it wrote one has no such note."""
    (checkpoint / WHOLE).touch()


def last_whole(part: Path) -> str | None:
    """The newest checkpoint to go on from, None when there is none; those that were never finished are deleted."""
    found = {int(path.name.removeprefix("checkpoint-")): path for path in part.glob("checkpoint-*")}
    for step in sorted(found, reverse=True):
        if (found[step] / WHOLE).exists():
            return str(found[step])
        shutil.rmtree(found[step], ignore_errors=True)
    return None
