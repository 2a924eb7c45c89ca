"""Rounds of practice: branches of a finished pocket are trained apart, a thread each, and their weights averaged.

practise(settings.POCKET_WEIGHTS, Path("out"))   # out/round-2/model

Matrices of this size are too small for two threads to share, so two branches at once read as many tokens as two cores can.
The mean of models that were trained on from the same weights is often better than each of them (arXiv:2203.05482): what one
branch unlearned by chance, the others kept. The model that a round begins with is one of those that are averaged.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from phicookbook import settings
from phicookbook.models import checksums
from phicookbook.pocket import package, practice
from phicookbook.pocket.recipe import Recipe, build
from phicookbook.pocket.train import train
from phicookbook.settings import CookbookError

BATCH_TOKENS = 2048


@dataclass(frozen=True)
class Plan:
    """How many rounds, how many branches in each, and how many tokens each branch reads in a round at which learning rate.

    The rate falls to nothing over each round.
    """

    rounds: int = 2
    branches: int = 2
    tokens: int = 2_000_000
    rate: float = 1.5e-3
    compiled: bool = False

    @property
    def one(self) -> dict:
        """One round as a model's record tells it."""
        return {"branches": self.branches, "tokens": self.tokens, "rate": self.rate}

    @property
    def command(self) -> str:
        """The command that runs this plan."""
        more = " --compile" if self.compiled else ""
        return (
            f"cookbook pocket practise --rounds {self.rounds} --branches {self.branches} --tokens {self.tokens} "
            f"--rate {self.rate:g}{more}"
        )


def practise(start: Path, out: Path, plan: Plan | None = None) -> Path:
    """Let the finished model in `start` practise; returns the folder of the last round's model.

    A run that was stopped goes on: a branch from its last checkpoint, at most a minute old. Raises CookbookError when
    `start` holds no finished pocket, or a branch fails.
    """
    plan = plan or Plan()
    for number in range(1, plan.rounds + 1):
        folder = out / f"round-{number}"
        if not (folder / "model").exists():
            print(f"round {number} of {plan.rounds}", flush=True)
            _round(start, folder, plan)
        elif _record(folder / "model")[0].get("rounds", [{}])[-1] != plan.one:
            raise CookbookError(f"{folder} holds a round with other settings: choose another --out or delete that folder")
        start = folder / "model"
    return start


def _round(start: Path, folder: Path, plan: Plan) -> None:
    """One round: survey, branches side by side, average. Its number goes on from the start's, so that it reads other text."""
    from transformers import AutoTokenizer

    told, recipe = _record(start)
    rounds = [*told.get("rounds", []), plan.one]
    number = len(rounds)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = AutoTokenizer.from_pretrained(start)
    if not (folder / "misread.json").exists():
        misread = practice.survey(build(recipe, start), tokenizer, f"{recipe.seed}/{number}")
        settings.write_text(folder / "misread.json", json.dumps(misread) + "\n")
    recipe = replace(recipe, learning_rate=plan.rate, decay_share=1.0, tokens=plan.tokens, batch_tokens=BATCH_TOKENS)
    seeds = [1000 * number + branch for branch in range(1, plan.branches + 1)]
    _train_all(start, folder, [replace(recipe, seed=seed) for seed in seeds], plan)
    model = average([start, *(folder / f"branch-{seed}" / "model" for seed in seeds)], recipe)
    _merge_logs(start, folder, seeds)
    whole = replace(recipe, tokens=told["tokens"] + plan.tokens * plan.branches)
    package.finish(model, tokenizer, whole, folder, plan.command, {"rounds": rounds, "before": told.get("before", told)})


def _record(start: Path) -> tuple[dict, Recipe]:
    """training.json of a finished model, and the recipe in it."""
    try:
        told = json.loads((start / "training.json").read_text(encoding="utf-8"))
        recipe = Recipe.from_dict(told["recipe"])
    except (OSError, ValueError, KeyError) as error:
        raise CookbookError(f"{start} holds no model that `cookbook pocket train` finished: give its folder `model`") from error
    checksums.verify(start)
    return told, recipe


def _train_all(start: Path, folder: Path, recipes: list[Recipe], plan: Plan) -> None:
    """Train each branch in a process of its own with its share of the threads; the first shows its bar, the others are silent."""
    threads = max(1, settings.threads() // len(recipes))
    environment = os.environ | {"PHI_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    running = []
    for recipe in recipes:
        out = folder / f"branch-{recipe.seed}"
        if not (out / "model").exists():
            words = [json.dumps(recipe.to_dict()), str(start), str(out), str(folder / "misread.json"), str(int(plan.compiled))]
            with (folder / f"branch-{recipe.seed}.txt").open("w", encoding="utf-8") as told:
                command = [sys.executable, "-m", "phicookbook.pocket.rounds", *words]
                running.append(
                    (out, subprocess.Popen(command, env=environment, stdout=told, stderr=None if not running else told))
                )
    try:
        codes = [(out, process.wait()) for out, process in running]
    except BaseException:  # at Ctrl-C the branches, which hear it too, finish their step and keep it
        for _, process in running:
            _ended(process)
        raise
    for out, code in codes:
        if code:
            raise CookbookError(
                f"the branch {out} ended with code {code}: see above or {out}.txt; the same command goes on from there"
            )


def _ended(process: subprocess.Popen) -> None:
    """Wait for a branch to end by itself for a while, then end it; its last checkpoint is at most a minute old."""
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait()


def average(folders: list[Path], recipe: Recipe):
    """A model whose weights are the means of those in the folders."""
    import torch
    from safetensors.torch import load_file

    states = [load_file(folder / "model.safetensors") for folder in folders]
    model = build(recipe, folders[0])
    means = {name: torch.stack([state[name].float() for state in states]).mean(0) for name in states[0]}
    model.load_state_dict(means, strict=False)  # the output layer is the embedding's and not stored
    return model


def _merge_logs(start: Path, folder: Path, seeds: list[int]) -> None:
    """The log of the round's start, and after it the branches' rows of like steps as one: tokens added, losses averaged."""
    before = package.read_log(start / "log.csv")
    branches = [package.read_log(folder / f"branch-{seed}" / "log.csv") for seed in seeds]
    rows = list(before)
    for together in zip(*branches, strict=False):
        row = {name: _mean([each[name] for each in together]) for name in before[0]}
        for name, join in (("step", max), ("tokens", sum), ("seconds", max)):
            value = float(before[-1][name]) + join(float(each[name]) for each in together)
            row[name] = f"{value:.1f}" if name == "seconds" else str(int(value))
        rows.append(row)
    with (folder / "log.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(before[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _mean(values: list[str]) -> str:
    known = [float(value) for value in values if value]
    return f"{sum(known) / len(known):.4f}" if known else ""


def _branch(words: list[str]) -> None:
    """The process of one branch."""
    recipe, start, out, misread, compiled = words
    taught = practice.Practice(json.loads(Path(misread).read_text(encoding="utf-8")))
    train(Recipe.from_dict(json.loads(recipe)), Path(out), bool(int(compiled)), start=Path(start), practice=taught)


if __name__ == "__main__":
    try:
        _branch(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
