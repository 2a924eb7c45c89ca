"""From pocket to pocket-reasoning and pocket-reasoning-plus: traces, fine-tuning, reinforcement, evaluation; resumable.

train(Plan(), Path("out"), fine_tune)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from phicookbook import settings
from phicookbook.chat import Reply
from phicookbook.models import open_model
from phicookbook.reasoning import curate, report, sft
from phicookbook.reasoning.evaluate import Protocol, evaluate, protocol_for
from phicookbook.reasoning.item import Item
from phicookbook.reasoning.reinforce import Reinforcement, reinforce
from phicookbook.reasoning.tasks import items
from phicookbook.settings import CookbookError


@dataclass(frozen=True)
class Plan:
    """What a run does. `domains` are (task, level, kind, share); `rows` and `epochs` are the fine-tuning's; `teacher` is the
    model whose right answers are the traces, "" for the tasks' own programs, and `patience` is these programs' (`sft.hasty`);
    `pool` is how many prompts the tuned model is tried on before reinforcement, `test` the items of each domain at the end."""

    base: str = "pocket"
    domains: tuple = (("sat", 4, "light", 1.0),)
    rows: int = 9_600
    epochs: float = 1.0
    teacher: str = ""
    patience: float = 1.0
    most_tokens: int = 448
    batch: int = 8
    learning_rate: float = 1.5e-3
    pool: int = 400
    pool_repeats: int = 4
    reinforcement: Reinforcement = field(default_factory=Reinforcement)
    test: int = 200
    seed: int = 1


def pooled(plan: Plan, n: int, seed: int, split: str) -> dict[str, list[Item]]:
    """`n` items of each domain, by "task:level:kind"; those of the training side are no test items in another order."""
    apart = tests(plan) if split == "train" else []
    return {f"{t}:{level}:{kind}": items(t, n, seed, level, kind, split, apart) for t, level, kind, _ in plan.domains}


def tests(plan: Plan) -> list[Item]:
    """The test items of all domains."""
    return [item for found in pooled(plan, plan.test, plan.seed + 2, "test").values() for item in found]


def rows_for(plan: Plan, tokenizer, out: Path, teacher=None) -> list[dict]:
    """The fine-tuning's rows: taught, filtered, and mixed by the domains' shares. What a `teacher` that is a model answers is
    kept in `out`/records. Raises CookbookError when no trace of a domain is left."""
    domains, shares, apart = {}, {}, tests(plan)
    total = sum(share for *_, share in plan.domains)
    for task, level, kind, share in plan.domains:
        name = f"{task}:{level}:{kind}"
        wanted = round(plan.rows * share / total)
        if teacher:
            pool = items(task, wanted, plan.seed, level, kind, "train", apart)
            found = _asked(teacher, name, plan.seed, pool, out / "records" / f"teacher-{name.replace(':', '-')}.jsonl")
        else:
            found = sft.taught(items(task, 3 * wanted + 8, plan.seed, level, kind, "train", apart), plan.seed)
        found = curate.by_turns(curate.good(found, tokenizer, plan.most_tokens), wanted, plan.seed)
        domains[name], shares[name] = sft.hasty(found, plan.patience, plan.seed), share
        if not domains[name]:
            who = f"of {plan.teacher} that is right and thinks " if plan.teacher else ""
            raise CookbookError(f"no trace of {name} {who}fits {plan.most_tokens} tokens: take a lower level or another teacher")
    return curate.mixture(domains, shares, plan.rows, plan.seed)


def _teacher(plan: Plan):
    """The model that teaches, None for the tasks' own programs."""
    if plan.teacher and plan.patience != 1:
        raise CookbookError("patience is a habit of the tasks' own programs: leave it out, or the teacher")
    return open_model(plan.teacher) if plan.teacher else None


def _asked(teacher, name: str, seed: int, pool: Sequence[Item], out: Path) -> list[dict]:
    """Rows of the answers of a teacher that is a model, asked once for each item, as far as the verifier accepts them. A run that
    was stopped asks nothing twice."""
    records = evaluate(teacher, pool, out, protocol_for(teacher.name, seed=seed), 1, f"traces of {name}")
    rows = sft.verified(pool, [Reply.from_text(record["text"], finished=record["finished"]) for record in records])
    print(f"{len(rows)} of {len(pool)} traces of {name} are right and whole", flush=True)
    return rows


def train(plan: Plan, out: Path, fine_tune: Callable, progress: bool = True) -> dict:
    """Run all stages and return what is written to out/training.json: the plan, both curves, and the table of each stage.

    `fine_tune(base, rows, settings, folder)` trains and writes a model; the command hands in the book's `finetune`.
    Given again after a stop it goes on: finished stages are kept, and an unfinished one resumes. Raises CookbookError when `out`
    holds a run with another plan, or when the pool has fewer prompts than a step of reinforcement takes.
    """
    pool, prompts = plan.pool * len(plan.domains), plan.reinforcement.prompts
    if plan.reinforcement.steps and pool < prompts:
        raise CookbookError(f"a step of reinforcement takes {prompts} prompts, and the pool has {pool}: give a larger --pool")
    base, teacher = open_model(plan.base), _teacher(plan)
    out.mkdir(parents=True, exist_ok=True)
    _same_plan(plan, out)
    first, second = out / "pocket-reasoning", out / "pocket-reasoning-plus"
    if not first.exists():
        rows = rows_for(plan, base.tokenizer, out, teacher)
        changes = {"num_train_epochs": plan.epochs, "learning_rate": plan.learning_rate, "max_seq_length": plan.most_tokens}
        changes |= {"per_device_train_batch_size": plan.batch, "seed": plan.seed}
        fine_tune(plan.base, rows, sft.SETTINGS | changes, first)
    if not second.exists() and plan.reinforcement.steps:
        reinforce(str(first), _edge(plan, first, out), second, plan.reinforcement, progress)
    stages = {"base": plan.base, "pocket-reasoning": str(first)} | (
        {"pocket-reasoning-plus": str(second)} if second.exists() else {}
    )
    result = {"plan": asdict(plan), "stages": _measured(plan, stages, out)}
    result["steps"] = _steps(plan, first)
    if (first / "run.json").exists():
        result["fine-tuning"] = json.loads((first / "run.json").read_text(encoding="utf-8"))["losses"]
    if second.exists():
        result["reinforcement"] = json.loads((second / "reinforce.json").read_text(encoding="utf-8"))["log"]
    settings.write_text(out / "training.json", json.dumps(result, indent=1) + "\n")
    return result


def _same_plan(plan: Plan, out: Path) -> None:
    note, text = out / "plan.json", json.dumps(asdict(plan), indent=1) + "\n"
    if note.exists() and note.read_text(encoding="utf-8") != text:
        raise CookbookError(f"{out} holds a run with another plan (plan.json): give another --out, or the same options")
    settings.write_text(note, text)


def _edge(plan: Plan, tuned: Path, out: Path) -> list[Item]:
    """The prompts at the edge of the tuned model's ability; all of the pool when fewer than a step's prompts are."""
    model = open_model(str(tuned))
    protocol = Protocol(budget=plan.reinforcement.budget, temperature=plan.reinforcement.temperature, seed=plan.seed)
    pool = [item for found in pooled(plan, plan.pool, plan.seed + 1, "train").values() for item in found]
    records = evaluate(model, pool, out / "records" / "pool.jsonl", protocol, plan.pool_repeats, "pass rates")
    chosen = curate.teachable(pool, curate.pass_rates(records))
    print(f"{len(chosen)} of {len(pool)} prompts are at the edge of the tuned model's ability", flush=True)
    return chosen if len(chosen) >= plan.reinforcement.prompts else pool


def _measured(plan: Plan, stages: dict[str, str], out: Path) -> dict:
    """Each stage's figures on the same test items, greedy and sampled."""
    found: dict = {}
    for stage, where in stages.items():
        model = open_model(where)
        for name, chosen in pooled(plan, plan.test, plan.seed + 2, "test").items():
            for temperature in (0.0, plan.reinforcement.temperature):
                protocol = Protocol(budget=plan.reinforcement.budget, temperature=temperature, seed=plan.seed)
                path = out / "records" / f"{stage}-{name.replace(':', '-')}-{temperature:g}.jsonl"
                records = evaluate(model, chosen, path, protocol, 1, f"{stage} {name} at {temperature:g}")
                found.setdefault(f"{name} at {temperature:g}", {})[stage] = asdict(report.summary(records))
    return found


def _steps(plan: Plan, tuned: Path) -> tuple[int, int]:
    """(right, all) single steps of the teacher's traces on test items."""
    chosen: Sequence[Item] = [item for found in pooled(plan, 24, plan.seed + 2, "test").values() for item in found]
    return sft.step_accuracy(open_model(str(tuned)), sft.taught(chosen, plan.seed))


def table(result: dict) -> str:
    """The stages of a run as text: accuracy with its interval, tokens, what was cut."""
    lines = []
    for name, stages in result["stages"].items():
        for stage, s in stages.items():
            low, high = s["interval"]
            lines.append(
                f"{name:24} {stage:22} {s['accuracy']:6.1%} ({low * 100:.1f}-{high * 100:.1f}, n={s['n']}), "
                f"{s['tokens']:4.0f} tokens, {s['truncated']:5.1%} cut, {s['no_answer']:5.1%} without answer"
            )
    right, total = result["steps"]
    return "\n".join([*lines, f"single steps of the teacher right after fine-tuning: {right} of {total}"])
