"""Train pocket from scratch, or go on where a killed run stopped.

train(Recipe(), Path("out"))
"""

from __future__ import annotations

import csv
import json
import os
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from phicookbook import corpora, settings
from phicookbook.pocket import mixture
from phicookbook.pocket.evaluate import token_losses
from phicookbook.pocket.recipe import Recipe, build, optimizers, precision
from phicookbook.settings import CookbookError

CHECKPOINT_SECONDS = 60
LOG_STEPS = 20
TOKENIZER_SAMPLES = 24_000


def train(recipe: Recipe, out: Path, compiled: bool = False, command: str = "", start: Path | None = None, practice=None) -> Path:
    """Train to the recipe's tokens and write the finished model to `out`; returns `out`.

    `start` is the folder of a finished model to begin with instead of fresh weights; with `practice`, a
    `phicookbook.pocket.practice.Practice`, that is what it is taught.

    `out/checkpoint.pt` is replaced atomically about once a minute; a run that finds it goes on from
    there. `compiled` runs the layers through torch.compile, a fifth faster where a C++ compiler is
    installed; `command` is what the model's record names as its origin. Raises CookbookError when the
    folder holds a run of another recipe.
    """
    import torch

    torch.set_num_threads(settings.threads())
    out.mkdir(parents=True, exist_ok=True)
    _check_same_recipe(recipe, out)
    tokenizer = _tokenizer(recipe, out, start)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = build(recipe, start).to(device)
    if compiled:
        model.model.compile(dynamic=True)
    steppers = optimizers(model, recipe)
    state = _load(out, model, steppers, device)
    _loop(recipe, out, tokenizer, model, steppers, state, practice)
    from phicookbook.pocket import package

    package.finish(model, tokenizer, recipe, out, command or package.command(recipe, compiled))
    return out


def _check_same_recipe(recipe: Recipe, out: Path) -> None:
    """Refuse to mix two recipes in one folder; only the number of tokens may change."""
    path = out / "recipe.json"
    if path.exists():
        old = Recipe.from_dict(json.loads(path.read_text(encoding="utf-8"))).to_dict()
        differing = [k for k, v in recipe.to_dict().items() if old[k] != v and k != "tokens"]
        if differing:
            raise CookbookError(
                f"{out} holds a run with another {', '.join(differing)}: choose another --out or delete that folder"
            )
    settings.write_text(path, json.dumps(recipe.to_dict(), indent=2) + "\n")


def _tokenizer(recipe: Recipe, out: Path, start: Path | None = None):
    """The tokenizer of `start`, or the one in `out`, learned from the mixture when it is not there yet."""
    from transformers import AutoTokenizer

    from phicookbook.pocket.tokenizer import train_tokenizer

    if start:
        return AutoTokenizer.from_pretrained(start)
    folder = out / "tokenizer"
    if not (folder / "tokenizer.json").exists():
        print(f"learning {recipe.vocabulary} tokens from {TOKENIZER_SAMPLES:,} samples", flush=True)
        part = out / "tokenizer.part"
        train_tokenizer(tokenizer_texts(recipe.seed), recipe.vocabulary).save_pretrained(part)
        os.replace(part, folder)
    return AutoTokenizer.from_pretrained(folder)


def tokenizer_texts(seed: int):
    """The texts that the vocabulary is learned from: the last part of the mixture, headlines doubled for their many words."""
    import random

    rng = random.Random(f"tokenizer/{seed}")
    mix = mixture.shares(1.0)
    mix["headlines"] *= 2
    for task in rng.choices(list(mix), mix.values(), k=TOKENIZER_SAMPLES):
        yield "\n".join(m["content"] for m in corpora.draw(task, rng).messages)


def _load(out: Path, model, steppers, device: str) -> dict:
    """Progress so far: from the checkpoint when there is one, else from nothing."""
    import torch

    path = out / "checkpoint.pt"
    if not path.exists():
        (out / "log.csv").unlink(missing_ok=True)  # a run that was killed before its first checkpoint
        return {"step": 0, "tokens": 0, "seconds": 0.0}
    saved = torch.load(path, map_location=device, weights_only=True)
    model.load_state_dict(saved["model"])
    for stepper, old in zip(steppers, saved["optimizers"], strict=True):
        stepper.load_state_dict(old)
    _drop_rows_after(out / "log.csv", saved["progress"]["step"])
    print(f"going on from step {saved['progress']['step']}", flush=True)
    return saved["progress"]


def _save(out: Path, model, steppers, state: dict) -> None:
    import torch

    part = out / "checkpoint.part"
    content = {"model": model.state_dict(), "optimizers": [s.state_dict() for s in steppers], "progress": state}
    torch.save(content, part)
    os.replace(part, out / "checkpoint.pt")


def _loop(recipe: Recipe, out: Path, tokenizer, model, steppers, state: dict, practice=None) -> None:
    """The training loop: one bar, one log, a checkpoint a minute and one at Ctrl-C, always between two steps."""
    from tqdm.auto import tqdm

    bar = tqdm(total=recipe.tokens, initial=state["tokens"], unit="tok", unit_scale=True, mininterval=2)
    saved = started = time.monotonic()
    before, losses = state["seconds"], {}
    with bar, _interrupt_asked() as asked:
        while state["tokens"] < recipe.tokens and not asked:
            progress = state["tokens"] / recipe.tokens
            for stepper in steppers:
                for group in stepper.param_groups:
                    group["lr"] = recipe.rate_at(progress, state["step"])
            parts = mixture.batch(tokenizer, recipe.seed, state["step"], progress, recipe.batch_tokens, recipe.noise, practice)
            seen = _step(model, steppers, parts, losses)
            now = time.monotonic()
            state.update(step=state["step"] + 1, tokens=state["tokens"] + seen, seconds=before + now - started)
            bar.update(seen)
            if state["step"] % LOG_STEPS == 0 or state["tokens"] >= recipe.tokens:
                means = _log(out / "log.csv", state, losses)
                bar.set_postfix(loss=f"{means['all']:.3f}", step=state["step"])
                losses.clear()
            if now - saved > CHECKPOINT_SECONDS:
                _save(out, model, steppers, state)
                saved = now
        _save(out, model, steppers, state)
        if asked:
            raise KeyboardInterrupt


@contextmanager
def _interrupt_asked():
    """A list that Ctrl-C fills, so that the step at hand is finished first; a second Ctrl-C ends at once."""
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    old = signal.getsignal(signal.SIGINT)

    def note(number, frame):
        asked.append(number)
        signal.signal(signal.SIGINT, old)

    signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, old)


def _step(model, steppers, parts, losses: dict) -> int:
    """One optimizer step over the micro-batches; returns the tokens seen, collects the loss of each task."""
    import torch

    scale = 1.0 / sum(weight for part in parts for row in part.weights for weight in row)
    seen = 0
    for part in parts:
        token_losses, weights = _forward(model, part)
        (token_losses.sum() * scale).backward()
        seen += part.tokens
        for task, loss, weight in zip(part.tasks, token_losses.detach().sum(1).tolist(), weights.sum(1).tolist(), strict=True):
            for name in ("all", task):
                total = losses.setdefault(name, [0.0, 0.0])
                total[0] += loss
                total[1] += weight
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for stepper in steppers:
        stepper.step()
        stepper.zero_grad(set_to_none=True)
    return seen


def _forward(model, part: mixture.MicroBatch):
    """Weighted next-token losses and weights of a micro-batch, both of shape (rows, width - 1)."""
    import torch

    ids = torch.tensor(part.ids, device=model.device)
    weights = torch.tensor(part.weights, device=model.device)[:, 1:]
    kind = precision(model.device)
    with torch.autocast(model.device.type, kind, enabled=kind != torch.float32):
        return token_losses(model, ids, weights), weights


def _log(path: Path, state: dict, losses: dict) -> dict[str, float]:
    """Append one row to the log: step, tokens, seconds, loss of each task."""
    means = {name: total / max(weight, 1e-9) for name, (total, weight) in losses.items()}
    columns = ["step", "tokens", "seconds", "all", *mixture.SHARES]
    row = {**state, "seconds": round(state["seconds"], 1), **{k: round(v, 4) for k, v in means.items()}}
    new = not path.exists() or path.stat().st_size == 0
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)
    return means


def _drop_rows_after(path: Path, step: int) -> None:
    """Forget log rows that a killed run wrote after its last checkpoint."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    if lines:
        head, *rows = lines
        kept = [row for row in rows if row.split(",")[0].isdigit() and int(row.split(",")[0]) <= step]
        settings.write_text(path, "\n".join([head, *kept]) + "\n")
