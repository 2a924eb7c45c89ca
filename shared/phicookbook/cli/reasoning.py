"""Commands of reasoning: `evaluate`, `reasoning train`, `reasoning study`.

cookbook evaluate pocket sat:4 tsp:4 -n 64
"""

from __future__ import annotations

from phicookbook.cli.arguments import count, whole
from phicookbook.settings import CookbookError


def add(commands) -> None:
    """Add this group's commands to the parser."""
    evaluate = commands.add_parser("evaluate", help="measure a model on reasoning tasks or on the file of a benchmark")
    evaluate.add_argument("model", help="pocket, a folder, a hub id or https://host/v1#deployment")
    evaluate.add_argument(
        "tasks", nargs="+", metavar="TASK",
        help="TASK, TASK:LEVEL or TASK:LEVEL:KIND of arithmetic, sat, tsp, calendar, countdown, or FORMAT=FILE, for example "
        "gsm8k=test.jsonl",
    )  # fmt: skip
    evaluate.add_argument("-n", type=count, default=96, help="items of each task (of a file: at most)")
    evaluate.add_argument("--repeats", type=count, default=1, help="answers to each item; above 1 they are sampled")
    evaluate.add_argument(
        "--budget", type=count, default=0, help="tokens for thinking and answer (default: 512 for pocket, 4096 for others)"
    )
    evaluate.add_argument("--temperature", type=float, default=None, help="default: 0 for pocket, 0.8 for others and for repeats")
    evaluate.add_argument("--force", action="store_true", help="close a thinking that reaches the budget and ask for the answer")
    evaluate.add_argument("--least", type=whole, default=0, help="a thinking that ends before so many tokens is asked to go on")
    evaluate.add_argument("--seed", type=int, default=None, help="of items and draws (default: PHI_SEED)")
    evaluate.add_argument("--on", choices=("local", "ray"), default="local", help="this process, or a Ray cluster")
    evaluate.add_argument("--workers", type=count, default=2, help="processes with --on ray")
    evaluate.add_argument("--address", default="", help="of a running Ray cluster (default: start one here)")
    evaluate.add_argument("--out", default="", help="folder of the records (default: .artifacts/evaluations/MODEL)")
    evaluate.add_argument(
        "--against", default="", metavar="FOLDER", help="records of another model to compare with, item by item"
    )
    evaluate.set_defaults(work=_evaluate)
    _add_training(commands)


def _add_training(commands) -> None:
    reasoning = commands.add_parser("reasoning", help="train a model to reason")
    actions = reasoning.add_subparsers(dest="action", required=True, metavar="ACTION")
    train = actions.add_parser("train", help="fine-tune on traces, reinforce, evaluate; or go on with a run that was stopped")
    train.add_argument(
        "tasks", nargs="*", metavar="TASK:LEVEL:KIND=SHARE", help="domains and their shares (default: sat:4:light)"
    )
    train.add_argument("--base", default="pocket", help="the model to start from: pocket, a folder or a hub id")
    train.add_argument("--out", default="", help="folder of the run (default: .artifacts/reasoning)")
    train.add_argument("--rows", type=count, default=9_600, help="traces to fine-tune on")
    train.add_argument(
        "--teacher", default="", metavar="MODEL",
        help="take the traces from a model, a folder, a hub id or https://host/v1#deployment: asked for --rows answers, of "
        "which the right ones are kept (default: the tasks' own programs)",
    )  # fmt: skip
    train.add_argument(
        "--patience", type=float, default=1.0, help="chance that these programs go on after a failed try (default: 1)"
    )
    train.add_argument("--rl-steps", type=whole, default=30, help="steps of reinforcement, 0 for none")
    train.add_argument("--rl-rate", type=float, default=3e-5, help="learning rate of reinforcement")
    train.add_argument("--rl-temperature", type=float, default=0.8, help="of its draws; raise it when groups have no spread")
    train.add_argument("--pool", type=count, default=400, help="prompts of each domain that are tried before reinforcement")
    train.add_argument("--test", type=count, default=200, help="test items of each domain")
    train.add_argument("--seed", type=int, default=1)
    train.set_defaults(work=_train)
    study = actions.add_parser("study", help="run the small trainings that chapter 08 compares, and record them")
    study.add_argument("arms", nargs="*", metavar="ARM", help="steps direct sums sums-direct both added teachable random (all)")
    study.add_argument("--seeds", type=count, nargs="+", default=[1, 2, 3])
    study.add_argument("--out", default="", help="file of the records (default: datasets/reasoning/studies.jsonl)")
    study.set_defaults(work=_study)


def _evaluate(options) -> int:
    from pathlib import Path

    from phicookbook.models import open_model
    from phicookbook.reasoning import records, report
    from phicookbook.reasoning.evaluate import evaluate, protocol_for
    from phicookbook.settings import artifacts, seed

    seeded = seed() if options.seed is None else options.seed
    chosen = {name: _items(name, options.n, seeded) for name in dict.fromkeys(options.tasks)}
    model = open_model(options.model)
    changes = {"seed": seeded, "force": options.force, "least": options.least}
    if options.budget:
        changes["budget"] = options.budget
    if options.temperature is not None or options.repeats > 1:
        changes["temperature"] = 0.8 if options.temperature is None else options.temperature
    if options.repeats > 1 and changes["temperature"] == 0:
        raise CookbookError("repeats at temperature 0 are all the same: give a --temperature above 0, or one repeat")
    protocol = protocol_for(model.name, **changes)
    rivals = {name: Path(options.against) / f"{_file_name(name)}-x{options.repeats}.jsonl" for name in chosen if options.against}
    theirs = {name: records.read(path)[1] for name, path in rivals.items()}  # before hours go into what cannot be compared
    answer = None
    if options.on == "ray":
        from phicookbook.reasoning.cluster import over_ray

        answer = over_ray(options.model, protocol, options.workers, options.address)
    folder = Path(options.out) if options.out else artifacts() / "evaluations" / _file_name(options.model)
    runs = {
        name: evaluate(
            model, items, folder / f"{_file_name(name)}-x{options.repeats}.jsonl", protocol, options.repeats, name, answer
        )
        for name, items in chosen.items()
    }
    print(report.table(runs))
    for name, found in runs.items():
        if options.against:
            print(f"{name}: {model.name} against {rivals[name].parent.name}: {report.compare(found, theirs[name])}")
    print(f"records: {folder}")
    return 0


def _file_name(text: str) -> str:
    import re

    return re.sub(r"[^\w.-]+", "_", text.rstrip("/").rpartition("/")[2] if "=" not in text else text.partition("=")[0])[-60:]


def _items(name: str, n: int, seed: int) -> list:
    """The items of TASK, TASK:LEVEL:KIND or FORMAT=FILE."""
    from phicookbook.reasoning import items
    from phicookbook.reasoning.benchmarks import read

    form, sign, path = name.partition("=")
    if sign:
        return read(form, path)[:n]
    task, level, kind = [*name.split(":"), "", ""][:3]
    if level and not level.isdecimal():
        raise CookbookError(f"{name!r}: the level {level!r} is no whole number; write TASK:LEVEL:KIND, for example sat:4:light")
    return items(task, n, seed, int(level or 0), kind)


def _train(options) -> int:
    from dataclasses import replace
    from pathlib import Path

    from phicookbook.reasoning.package import finish
    from phicookbook.reasoning.reinforce import Reinforcement
    from phicookbook.reasoning.training import Plan, table, train
    from phicookbook.settings import artifacts

    plan = Plan()
    domains = tuple(_domain(text) for text in options.tasks) or plan.domains
    reinforcement = replace(
        Reinforcement(),
        steps=options.rl_steps,
        learning_rate=options.rl_rate,
        temperature=options.rl_temperature,
        seed=options.seed,
    )
    plan = replace(plan, base=options.base, domains=domains, rows=options.rows, reinforcement=reinforcement, seed=options.seed)
    plan = replace(plan, test=options.test, pool=options.pool, patience=options.patience, teacher=options.teacher)
    out = Path(options.out) if options.out else artifacts() / "reasoning"
    print(table(train(plan, out, fine_tune)))
    print(f"models with their cards: {', '.join(map(str, finish(out)))}; curves and records: {out}")
    return 0


def _study(options) -> int:
    from pathlib import Path

    from phicookbook.reasoning import studies
    from phicookbook.settings import artifacts

    out = Path(options.out) if options.out else studies.RECORDED
    lines = studies.study(options.arms or studies.ARMS, options.seeds, artifacts() / "studies", out, fine_tune)
    for line in lines:
        shown = ", ".join(f"{task} {found['right']} of {found['of']}" for task, found in line["tasks"].items())
        print(f"{line['arm']:10} seed {line['seed']}: {shown}")
    print(f"records: {out}")
    return 0


def fine_tune(base: str, rows: list[dict], settings: dict, out) -> None:
    """The book's one training entry point, with settings as plain values."""
    from phicookbook.finetune import POCKET, FinetuneSettings, finetune

    finetune(base, rows, FinetuneSettings.from_dict(POCKET | settings), out)


def _domain(text: str) -> tuple:
    """(task, level, kind, share) of "sat:4:light=0.5"."""
    from phicookbook.reasoning.tasks import module

    name, _, share = text.partition("=")
    task, level, kind = [*name.split(":"), "", ""][:3]
    work = module(task)
    try:
        return task, int(level or work.LEVELS[0]), kind or work.KINDS[0], float(share or 1)
    except ValueError:
        raise CookbookError(f"{text!r} is no domain: write TASK:LEVEL:KIND=SHARE, for example sat:4:light=0.5") from None
