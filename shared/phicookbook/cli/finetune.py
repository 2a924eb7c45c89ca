"""The command `finetune`: a job from a YAML file, here, in several processes, on Ray or in Azure ML.

cookbook finetune job.yaml --on torchrun --processes 2
"""

from __future__ import annotations

from phicookbook.cli.arguments import count

# The entries of a job, held to phicookbook.finetune.job by a test; that module would make `cookbook --help` slow.
KEYS = (
    "model, training_data and output, and if wanted validation_data, defaults (azure or pocket), hyperparameters, experiment, "
    "register_as, alias"
)


def add(commands) -> None:
    """Add this group's command to the parser."""
    finetune = commands.add_parser("finetune", help="fine-tune a model as a YAML file says")
    finetune.add_argument("config", help=f"YAML with {KEYS}; README shows one")
    finetune.add_argument("--on", default="local", help="local, torchrun, ray or azureml (default: local)")
    finetune.add_argument("--processes", type=count, default=0, help="for torchrun and ray (default: nodes x devices of the job)")
    finetune.add_argument("--dry-run", action="store_true", help="show what would run or be sent, and do nothing")
    finetune.set_defaults(work=_finetune)


def _finetune(options) -> int:
    from pathlib import Path

    from phicookbook.finetune import changes
    from phicookbook.finetune.job import Job
    from phicookbook.finetune.launch import check_place, launch, plan

    check_place(options.on, options.processes)
    job = Job.read(Path(options.config))
    for name, (before, now) in changes(job.settings).items():
        print(f"{name:34} {now!s:<18} (Azure's default: {before})")
    if options.dry_run:
        print(plan(job, options.on, options.processes))
        return 0
    made = launch(job, options.on, options.processes)
    if options.on != "azureml":
        print(_speed(made))
    print(made)
    return 0


def _speed(folder) -> str:
    """What a run took, in a line."""
    import json

    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    told = f"{record['steps']} steps, {record['trained_tokens']:,} tokens, {record['seconds']:.1f} s"
    return f"{told}, {record['tokens_a_second']:,.0f} tokens a second"
