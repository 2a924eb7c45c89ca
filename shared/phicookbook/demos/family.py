"""The family: which Phi for which need, and what size buys in a published benchmark.

describe(Needs(memory_gb=4))
"""

from __future__ import annotations

import base64

from phicookbook import facts
from phicookbook.book import family_pictures
from phicookbook.book.pictures import png
from phicookbook.demos.page import shown, told
from phicookbook.family import Needs, choose
from phicookbook.family.choose import relaxations
from phicookbook.settings import CookbookError

TITLE = "Family"
BENCHMARKS = ("MMLU", "MMLU-Pro", "GSM8K", "MATH", "HumanEval", "GPQA", "ArenaHard")
CONTEXTS = (4_096, 16_384, 32_768, 131_072)
PLACES = {"on a device": "edge", "on a GPU of my own": "gpu", "as a service (Foundry)": "serverless"}
SAYS = """## Which Phi?
Say what you need; the chooser answers from published figures, each with its source, and says what to change when nothing fits.
No model runs here."""


LABELS = {
    "memory_gb": "Memory for the model (GB)", "bits": "Bits a weight", "context": "Context (tokens)",
    "languages": "More languages than English", "vision": "Reads images", "reasoning": "Thinks before it answers",
    "tokens_per_second": "Speed asked for (tokens per second)", "bandwidth_gb_s": "Memory bandwidth (GB per second)",
    "where": "Where it runs",
}  # fmt: skip


def describe(needs: Needs) -> str:
    """HTML: the member that fits best with its reasons, or the sentence that says what to change."""
    try:
        choice = choose(needs)
    except CookbookError:
        return f"<p><strong>Nothing fits.</strong> {shown(advice(needs))}</p>"
    reasons = "".join(f"<li>{shown(each)}</li>" for each in [*choice.why, choice.status])
    return f"<h4>{shown(choice.member.name)}</h4><ul>{reasons}</ul>"


def advice(needs: Needs) -> str:
    """For needs that nothing meets: the controls of which each alone would help, in their own words, and how to set them."""
    found = relaxations(needs)
    if not found:
        return "More than one need stands in the way: relax two of them."
    words = {True: "on", False: "off", "english": "off", **{value: name for name, value in PLACES.items()}}
    told_changes = [
        f"{LABELS[name]}: {words[value] if isinstance(value, bool | str) else f'{value:,}'}" for name, value in found.items()
    ]
    return f"Change one of these: {'; '.join(told_changes)}."


def points(benchmark: str) -> list[tuple]:
    """(name, active, total, score, source) of each member with a published score; sizes in billions."""
    found = []
    for name in dict.fromkeys(score.model for score in facts.benchmark(benchmark)):
        if name in facts.family():
            member, score = facts.member(name), facts.published(name, benchmark)
            found.append((member.name, member.active, member.parameters, score.value, str(score)))
    return found


def chart(benchmark: str) -> str:
    """HTML: score over size as a picture with alt text, and the figures with their sources as a table."""
    rows = points(benchmark)
    picture = base64.b64encode(png(family_pictures.quality([row[:4] for row in rows], benchmark))).decode()
    alt = f"{benchmark} over active parameters: " + "; ".join(
        f"{name} {active:g} billion, {score}" for name, active, _, score, _ in rows
    )
    body = "".join(
        f"<tr><td>{shown(name)}</td><td>{active:g}</td><td>{total:g}</td><td>{shown(told_score)}</td></tr>"
        for name, active, total, _, told_score in rows
    )
    names = ("model", "active, billions", "all, billions", f"{benchmark} (source)")
    head = "".join(f"<th scope='col'>{shown(name)}</th>" for name in names)
    table = f"<table><tr>{head}</tr>{body}</table>"
    return (
        f'<img alt="{shown(alt)}" src="data:image/png;base64,{picture}"><div class="rolls" tabindex="0" role="region" '
        f'aria-label="Figures of the chart">{table}</div>'
    )


def needs_of(memory_gb, bits, context, languages, sees, thinks, speed, bandwidth, where) -> Needs:
    """The needs that the page's controls say."""
    return Needs(
        memory_gb=memory_gb,
        bits=int(bits),
        context=int(context),
        languages="multilingual" if languages else "english",
        vision=sees,
        reasoning=thinks,
        tokens_per_second=speed,
        bandwidth_gb_s=bandwidth,
        where=PLACES[where],
    )


def make_demo():
    """Blocks with the chooser and the chart; both follow their controls at once."""
    import gradio as gr

    with gr.Blocks(title=f"Phi Cookbook: {TITLE}", analytics_enabled=False) as demo:
        gr.Markdown(SAYS)
        with gr.Row():
            with gr.Column(min_width=280):
                controls = _controls()
            with gr.Column(min_width=280):
                choice = gr.HTML(describe(Needs()), label="Choice", show_label=True, container=True, elem_classes="panel")

        def answer(*values):
            return describe(needs_of(*values))

        gr.on(
            [control.change for control in controls], told(answer), controls, choice,
            api_name="choose", show_progress="hidden", trigger_mode="always_last",
        )  # fmt: skip
        benchmark = gr.Radio(list(BENCHMARKS), value=BENCHMARKS[0], label="Benchmark of the chart")
        drawing = gr.HTML(chart(BENCHMARKS[0]), label="Quality over size", show_label=True, container=True, elem_classes="panel")
        benchmark.change(told(chart), benchmark, drawing, api_name="chart", show_progress="hidden", trigger_mode="always_last")
    return demo


def _controls() -> list:
    """The controls in the order of `needs_of`, set as `Needs()` is."""
    import gradio as gr

    start = Needs()
    return [
        gr.Slider(1, 80, start.memory_gb, step=0.5, label=LABELS["memory_gb"]),
        gr.Radio(["4", "8", "16"], value=str(start.bits), label=LABELS["bits"]),
        gr.Radio([str(each) for each in CONTEXTS], value=str(start.context), label=LABELS["context"]),
        gr.Checkbox(False, label=LABELS["languages"]),
        gr.Checkbox(False, label=LABELS["vision"]),
        gr.Checkbox(False, label=LABELS["reasoning"]),
        gr.Slider(0, 100, 0, step=1, label=LABELS["tokens_per_second"]),
        gr.Slider(5, 3_000, start.bandwidth_gb_s, step=5, label=LABELS["bandwidth_gb_s"]),
        gr.Radio(list(PLACES), value="on a device", label=LABELS["where"]),
    ]
