"""Turn a finished training run into the folder that ships: weights, tokenizer, curve, log, checksums.

finish(model, tokenizer, Recipe(), Path("out"), command(Recipe()))   # writes out/model
"""

from __future__ import annotations

import csv
import json
import platform
import shutil
from pathlib import Path

from phicookbook.models import checksums
from phicookbook.pocket.recipe import Recipe, config


def finish(model, tokenizer, recipe: Recipe, out: Path, command: str, more: dict | None = None) -> Path:
    """Write `out/model` with half-precision weights and all that explains them; returns that folder.

    `command` is what the model's record names as its origin, `more` what else the record tells.
    """
    import torch
    from transformers import GenerationConfig

    folder, part = out / "model", out / "model.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    half = type(model)(config(recipe)).to(torch.float16)
    half.load_state_dict(model.state_dict())
    half.generation_config = GenerationConfig(eos_token_id=[0, 4], pad_token_id=0)
    half.save_pretrained(part)
    tokenizer.save_pretrained(part)
    shutil.copy(out / "log.csv", part / "log.csv")
    _write_summary(part, model, recipe, command, more or {})
    plot(part / "log.csv", part / "curve.png")
    checksums.write(part, checksums.DECIDING)
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    print(f"finished: {folder}", flush=True)
    return folder


def command(recipe: Recipe, compiled: bool = False) -> str:
    """The command that trains pocket itself by a recipe."""
    return f"cookbook pocket train --tokens {recipe.tokens} --seed {recipe.seed}{' --compile' if compiled else ''}"


def _write_summary(folder: Path, model, recipe: Recipe, command: str, more: dict) -> None:
    """training.json: the recipe, the command, what it cost, and on what."""
    import torch

    last = read_log(folder / "log.csv")[-1]
    summary = {
        "command": command,
        "recipe": recipe.to_dict(),
        "parameters": sum(p.numel() for p in model.parameters()),
        "steps": int(last["step"]),
        "tokens": int(last["tokens"]),
        "seconds": round(float(last["seconds"])),
        "threads": torch.get_num_threads(),
        "machine": f"{platform.machine()}, {'CUDA' if torch.cuda.is_available() else 'CPU'}, torch {torch.__version__}",
        **more,
    }
    (folder / "training.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


def read_log(path: Path) -> list[dict[str, str]]:
    """Rows of a training log."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def plot(log: Path, picture: Path) -> None:
    """Draw the loss of every task over the tokens seen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = read_log(log)
    figure = Figure(figsize=(9, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    tasks = [name for name in rows[0] if name not in ("step", "tokens", "seconds", "all")]
    styles = ["-", "--", ":", "-."]
    for place, name in enumerate(tasks):
        points = [(int(r["tokens"]) / 1e6, float(r[name])) for r in rows if r[name]]
        smooth = _running_mean([loss for _, loss in points])
        axes.plot([x for x, _ in points], smooth, styles[place % 4], color=f"C{place % 10}", label=name, linewidth=1.4)
    axes.set(title="Training pocket: loss per answer token", xlabel="million tokens seen", ylabel="loss (nats)", yscale="log")
    axes.legend(ncols=2, fontsize=8)
    axes.grid(alpha=0.3)
    figure.savefig(picture, dpi=110)


def _running_mean(values: list[float], keep: float = 0.9) -> list[float]:
    """Exponential running mean."""
    smooth, mean = [], values[0] if values else 0.0
    for value in values:
        mean = keep * mean + (1 - keep) * value
        smooth.append(mean)
    return smooth
