"""The small trainings behind chapter 08's comparisons: arms that differ in one thing, over several seeds, recorded line by line.

    cookbook reasoning study steps direct --seeds 1 2 3
    over_runs(accuracies(read(), "steps", "sat"), accuracies(read(), "direct", "sat"))

A line that is in the file is not run again, so a study that was stopped goes on.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from phicookbook import settings
from phicookbook.models import find, open_model
from phicookbook.reasoning import curate, sft
from phicookbook.reasoning.evaluate import Protocol, evaluate
from phicookbook.reasoning.item import Item
from phicookbook.reasoning.reinforce import Reinforcement, reinforce
from phicookbook.reasoning.tasks import items
from phicookbook.settings import CookbookError

RECORDED = settings.DATASETS / "reasoning" / "studies.jsonl"
# (task, level, kind). There are only 218 different light puzzles of three variables, too few to learn from some and to be asked
# others; of four there are some millions.
SAT, SUMS = ("sat", 4, "light"), ("arithmetic", 6, "sums")
ROWS, TEST, TEST_SEED = 600, 200, 9
# Little is read, so it is read in many small steps: in batches of eight packed rows the format was not learned in time.
SETTINGS = {"per_device_train_batch_size": 2, "learning_rate": 1e-3, "max_seq_length": 448, "warmup_steps": 10}
# Fine-tunings: how many rows of each domain they see, whether these keep their thinking, and how often they are read. Answers
# alone are a third as long, so they are read three times. "both" has as many rows as the others, "added" twice as many.
TUNED = {
    "steps": ({SAT: 1.0}, True, 1.0),
    "direct": ({SAT: 1.0}, False, 3.0),
    "sums": ({SUMS: 1.0}, True, 1.0),
    "sums-direct": ({SUMS: 1.0}, False, 3.0),
    "both": ({SAT: 0.5, SUMS: 0.5}, True, 1.0),
    "added": ({SAT: 1.0, SUMS: 1.0}, True, 1.0),
}
# Reinforcements of the shipped fine-tuned model: which prompts of one pool they see.
REINFORCED = ("teachable", "random")
ARMS = (*TUNED, *REINFORCED)
POOL, POOL_REPEATS = 160, 4
SHORT = Reinforcement(steps=6, prompts=6, group=8, learning_rate=1e-4)


def asked(domain: tuple, n: int = TEST) -> list[Item]:
    """The test items of a domain, the same for all arms and seeds; no row of a study is one of them in another order."""
    task, level, kind = domain
    return items(task, n, TEST_SEED, level, kind)


def rows_of(arm: str, seed: int, tokenizer, n: int = ROWS) -> list[dict]:
    """The rows of a fine-tuning's arm: `n` or its share of each domain, filtered, evenly over how often they turn back."""
    domains, steps, _ = TUNED[arm]
    found = []
    for (task, level, kind), share in domains.items():
        pool = items(task, 3 * n, seed, level, kind, "train", asked((task, level, kind)))
        thought = curate.good(sft.taught(pool, seed), tokenizer, 448)
        chosen = curate.by_turns(thought, round(n * share), seed)
        found += chosen if steps else [sft.without_steps(row) for row in chosen]
    return found


def tune(arm: str, seed: int, out: Path, fine_tune: Callable, base: str = "pocket", n: int = ROWS):
    """Fine-tune `base` as an arm says and open the result; `fine_tune` as in `phicookbook.reasoning.training.train`."""
    if not out.exists():
        changes = SETTINGS | {"num_train_epochs": TUNED[arm][2], "seed": seed}
        fine_tune(base, rows_of(arm, seed, open_model(base).tokenizer, n), sft.SETTINGS | changes, out)
    return open_model(str(out))


def pool_of(model, seed: int, records: Path) -> tuple[list[Item], dict[str, float]]:
    """Prompts of the training side and how often a model gets each right, over POOL_REPEATS draws."""
    task, level, kind = SAT
    pool = items(task, POOL, 100 + seed, level, kind, "train", asked(SAT))
    protocol = Protocol(budget=SHORT.budget, temperature=SHORT.temperature, seed=seed)
    found = evaluate(model, pool, records, protocol, POOL_REPEATS, "pass rates")
    return pool, curate.pass_rates(found)


def prompts_of(arm: str, pool: Sequence[Item], rates: dict[str, float], seed: int) -> list[Item]:
    """Equally many prompts for both arms: those at the edge of the model's ability, or some drawn from all."""
    import random

    edge = curate.teachable(pool, rates)
    if not edge:
        raise CookbookError("no prompt of the pool lies at the edge of the model's ability: all are always right, or never")
    return edge if arm == "teachable" else random.Random(seed).sample(list(pool), len(edge))


def run(arm: str, seed: int, work: Path, fine_tune: Callable, base: str = "", n: int = ROWS, test: int = TEST) -> dict:
    """One training and its test on what it was trained on, as a plain dict: arm, seed, {task: right, of, tokens} and CPU
    seconds of the training.

    Fine-tunings start from `base` (pocket), reinforcements from `base` (pocket-reasoning).
    """
    out = work / f"{arm}-{seed}"
    if arm in TUNED:
        began = time.process_time()
        model = tune(arm, seed, out, fine_tune, base or "pocket", n)
        domains, temperature = tuple(TUNED[arm][0]), 0.0
    else:
        start = base or "pocket-reasoning"
        chosen = prompts_of(arm, *pool_of(open_model(start), seed, work / f"pool-{seed}.jsonl"), seed)
        began = time.process_time()
        reinforce(str(find(start)), chosen, out, replace(SHORT, seed=seed))
        model, domains, temperature = open_model(str(out)), (SAT,), SHORT.temperature
    spent = time.process_time() - began
    system = {"system": ""} if arm.endswith("direct") else {}
    protocol = replace(Protocol(budget=448, temperature=temperature, seed=seed), **system)
    found = {}
    for domain in domains:
        path = work / f"{arm}-{seed}-{domain[0]}.jsonl"
        records = evaluate(model, asked(domain, test), path, protocol, 1, f"{arm} {seed}: {domain[0]}")
        tokens = sum(row["tokens"] for row in records) / len(records)
        found[domain[0]] = {"right": sum(row["correct"] for row in records), "of": len(records), "tokens": round(tokens, 1)}
    return {"arm": arm, "seed": seed, "tasks": found, "cpu_seconds": round(spent)}


def study(arms: Sequence[str], seeds: Sequence[int], work: Path, out: Path, fine_tune: Callable) -> list[dict]:
    """Run what `out` does not hold yet, seed by seed, and return all of its lines. Raises CookbookError for an unknown arm."""
    for arm in arms:
        if arm not in ARMS:
            raise CookbookError(f"no arm of a study is called {arm!r}: there are {', '.join(ARMS)}")
    out.parent.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        for arm in arms:
            done = read(out) if out.exists() else []
            if any(line["arm"] == arm and line["seed"] == seed for line in done):
                continue
            line = run(arm, seed, work, fine_tune)
            settings.write_text(out, "".join(json.dumps(each) + "\n" for each in [*done, line]))
            shutil.rmtree(work / f"{arm}-{seed}", ignore_errors=True)  # the weights are not kept, nor what they answered
            for records in work.glob(f"{arm}-{seed}-*.jsonl"):
                records.unlink()
    return read(out)


def read(path: Path = RECORDED) -> list[dict]:
    """The recorded lines. Raises CookbookError when there are none."""
    if not path.exists():
        raise CookbookError(f"{path} does not exist: run `cookbook reasoning study` first")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def accuracies(lines: Sequence[dict], arm: str, task: str) -> list[float]:
    """An arm's accuracy on a task for each seed, in the seeds' order. Raises CookbookError when it was never run."""
    chosen = sorted((line for line in lines if line["arm"] == arm and task in line["tasks"]), key=lambda line: line["seed"])
    if not chosen:
        raise CookbookError(f"no run of {arm!r} on {task!r} is recorded: run `cookbook reasoning study {arm}`")
    return [line["tasks"][task]["right"] / line["tasks"][task]["of"] for line in chosen]
