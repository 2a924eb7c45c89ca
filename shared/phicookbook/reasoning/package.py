"""Turn a finished run of `cookbook reasoning train` into the folders that ship: weights, tokenizer, card, curve, figures.

finish(Path("out"))   # writes out/model/pocket-reasoning and out/model/pocket-reasoning-plus
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from phicookbook.models import checksums

CARD = Path(__file__).with_name("card.md")  # filled in by `card`
PROGRAM = (
    "a program that searches and writes down every look-up; after a failed try at 3-SAT it goes on {patience:.0%} of the time "
    "and else gives that try as its answer"
)


def finish(out: Path) -> list[Path]:
    """Write `out/model/NAME` for each trained model of a finished run; returns the folders."""
    result = json.loads((out / "training.json").read_text(encoding="utf-8"))
    some = next(iter(result["stages"].values()))
    return [_ship(out, name, result) for name in some if name != "base"]


def _ship(out: Path, name: str, result: dict) -> Path:
    import torch
    from transformers import AutoModelForCausalLM

    folder, part = out / "model" / name, out / "model" / f"{name}.part"
    shutil.rmtree(part, ignore_errors=True)
    model = AutoModelForCausalLM.from_pretrained(out / name, dtype=torch.float16)
    model.save_pretrained(part)
    for file in checksums.DECIDING:
        if not (part / file).exists():
            shutil.copy(out / name / file, part / file)
    (part / "training.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    alt = plot(result, name, part / "curve.png")
    (part / "README.md").write_text(card(result, name, (part / "model.safetensors").stat().st_size / 1e6, alt), encoding="utf-8")
    checksums.write(part, checksums.DECIDING)
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    return folder


def command(plan: dict) -> str:
    """The command line of a plan, options that differ from the defaults included."""
    domains = " ".join(f"{task}:{level}:{kind}={share:g}" for task, level, kind, share in plan["domains"])
    rl = plan["reinforcement"]
    teacher = f"--teacher {plan['teacher']}" if plan.get("teacher") else f"--patience {plan['patience']:g}"
    return (
        f"cookbook reasoning train {domains} --base {plan['base']} --rows {plan['rows']} {teacher} "
        f"--rl-steps {rl['steps']} --rl-rate {rl['learning_rate']:g} --rl-temperature {rl['temperature']:g} "
        f"--pool {plan['pool']} --test {plan['test']} --seed {plan['seed']}"
    )


def card(result: dict, name: str, size: float, alt: str) -> str:
    """The model card of one stage, its figures computed from the run's own."""
    plan, rl = result["plan"], result["plan"]["reinforcement"]
    plus = name.endswith("plus")
    figures = []
    for task, stages in result["stages"].items():
        s = stages[name]
        low, high = s["interval"]
        right = f"{s['accuracy']:.1%} ({low * 100:.1f}-{high * 100:.1f})"
        figures.append(f"| {task} | {right} | {s['n']} | {s['tokens']:.0f} | {s['truncated']:.1%} |")
    steps = f"{rl['steps']} steps of GRPO, {rl['prompts']} prompts x {rl['group']} answers, learning rate {rl['learning_rate']:g}"
    made = (
        "It is `pocket-reasoning` after a short reinforcement with verifiable rewards."
        if plus
        else "It is `pocket` after supervised fine-tuning on thinking traces."
    )
    return CARD.read_text(encoding="utf-8").format(
        name=name, base="pocket-reasoning" if plus else plan["base"], made=made,
        domains=", ".join(f"{task}, level {level}, {kind} (share {share:g})" for task, level, kind, share in plan["domains"]),
        teacher=f"`{plan['teacher']}`, whose right answers alone were kept" if plan.get("teacher") else PROGRAM.format(**plan),
        rows=plan["rows"], reinforcement=steps if plus else "none",
        size=size, command=command(plan), alt=alt, budget=rl["budget"], figures="\n".join(figures),
    )  # fmt: skip


def plot(result: dict, name: str, picture: Path) -> str:
    """Draw the stage's curve, the loss of the fine-tuning or reward and length of the reinforcement; returns a text for it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    if name.endswith("plus"):
        log = result["reinforcement"]
        steps = [entry["step"] for entry in log]
        axes.plot(steps, [float(entry["reward"]) for entry in log], "-", label="reward")
        axes.plot(steps, [float(entry["frac_reward_zero_std"]) for entry in log], ":", label="groups without spread")
        axes.plot(steps, [float(entry["entropy"]) for entry in log], "-.", label="entropy")
        axes.set(title="Reinforcement", xlabel="step")
        axes.legend(fontsize=8)
        first, last = log[0], log[-1]
        alt = (
            f"Reward of the reinforcement from {float(first['reward']):.2f} to {float(last['reward']):.2f} over {len(log)} steps."
        )
    else:
        curve = result.get("fine-tuning", [])
        axes.plot([step for step, _ in curve], [loss for _, loss in curve], "-")
        axes.set(title="Fine-tuning on traces", xlabel="step", ylabel="loss (nats)", yscale="log")
        alt = "Loss of the fine-tuning; the run was too short for a curve."
        if curve:
            alt = f"Loss of the fine-tuning from {curve[0][1]:.2f} to {curve[-1][1]:.3f} over {curve[-1][0]} steps."
    axes.grid(alpha=0.3)
    figure.savefig(picture, dpi=100)
    return alt
