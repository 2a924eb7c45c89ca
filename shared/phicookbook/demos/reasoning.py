"""Reasoning: one puzzle, up to three models side by side, their thinking line by line, the exact verifier's mark.

make_demo().launch()
"""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from phicookbook import settings
from phicookbook.chat import Reply
from phicookbook.demos import telling
from phicookbook.reasoning import traces
from phicookbook.reasoning.item import Item
from phicookbook.reasoning.tasks import TASKS, items, module
from phicookbook.settings import CookbookError

TITLE = "Reasoning"
START = ("sat", 4, "light")  # the task, level and kind that the reasoning models were trained on
MOST_MODELS = 3
MOST_SEED = 1_000_000
BUDGET, MOST_BUDGET = 256, 768
DRAWN_EVERY = 0.15  # seconds: a page that is redrawn for each token is slower than the model
NAMES = {
    "arithmetic": "Arithmetic", "sat": "3-SAT: make all clauses true", "tsp": "Round trip: the shortest tour",
    "calendar": "Meeting: find the slot", "countdown": "Countdown: reach the number",
}  # fmt: skip
INTRO = """## Reasoning: watch a model think, and let an exact verifier judge
Models whose names begin with *pocket* are **ours and small**: trained by this repository, none of them is Microsoft's Phi.
*pocket* learnt to think aloud on sums and number stories. The two reasoning models learnt 3-SAT with four variables and
countdown with three numbers, and forgot the sums. Nobody practised tours and meetings, and the verifier says so."""
LEGEND = {
    "step": "goes on", "check": "a check that holds", "fails": "a check that fails", "back": "goes back", "result": "concludes",
}  # fmt: skip

Entry = tuple[str, dict]


def entries() -> dict[str, Entry]:
    """{label: (what open_model takes, changes to its protocol)}: our models, the one in force, and that one without thinking."""
    found: dict[str, Entry] = {name: (name, {}) for name in settings.reasoners()}
    found.setdefault(settings.model(), (settings.model(), {}))
    return found | {f"{settings.model()}, no thinking": (settings.model(), {"system": ""})}


def puzzle(task: str, level: int, kind: str, seed: float | None) -> Item:
    """The item that a task, a level, a kind and a seed name; the same for everyone. Raises CookbookError for what does not
    exist."""
    if seed is None or not 0 <= seed <= MOST_SEED or seed != int(seed):
        raise CookbookError(f"The seed is a whole number from 0 to {MOST_SEED:,}: it names the puzzle.")
    return _drawn(task, int(level), kind, int(seed))


@lru_cache
def _drawn(task: str, level: int, kind: str, seed: int) -> Item:
    return items(task, 1, seed=seed, level=level, kind=kind)[0]


def writing(model, item: Item, protocol) -> Iterator[Reply]:
    """A model's reply while it grows; the last one is whole, with its tokens counted and held to the protocol's budget.

    Raises CookbookError when the puzzle does not fit into the model, or forcing is asked of an endpoint.
    """
    from phicookbook.reasoning import budget, evaluate

    if not hasattr(model, "complete_many"):  # an endpoint counts its own tokens
        yield evaluate.ask(model, [(item, 0)], protocol)[0]
        return
    asked, text, started = evaluate.question(item, protocol), "", time.perf_counter()
    for piece in model.stream(asked, protocol.system, max_new_tokens=protocol.budget, **evaluate.draws(protocol, item, 0)):
        text += piece
        yield Reply.from_text(text)
    tokens = len(model.tokenizer(text, add_special_tokens=False)["input_ids"])
    seconds = time.perf_counter() - started
    reply = Reply.from_text(text, tokens=tokens, seconds=seconds, finished=tokens < protocol.budget)
    yield budget.hold(model, [asked], protocol.system, [reply], protocol.budget, protocol.least, protocol.force)[0]


def verdict(row: dict) -> str:
    """HTML of the verifier's mark on a record of `phicookbook.reasoning.evaluate`: right or wrong, constraints met, cost."""
    colour, word = (traces.COLOURS["check"], "✓ Right") if row["correct"] else (traces.COLOURS["fails"], "✗ Wrong")
    told = [f"{row['met']} of {row['of']} constraint{'s' if row['of'] > 1 else ''} met"]
    told.append(f"answer read: {row['answer']}" if row["answer"] else "no answer found in the reply")
    told.append(f"{row['tokens']} tokens" + ("" if row["finished"] else ", cut at the budget"))
    return telling.harmless(
        f'<div role="status" style="background:{colour};color:black;padding:4px 6px;overflow-wrap:anywhere">'
        f'<strong style="color:black">{word}</strong> · {html.escape(" · ".join(told))}</div>'
    )


def heading(label: str) -> str:
    """HTML of a model's name."""
    return telling.harmless(f"<h3>{html.escape(label)}</h3>")


def panel(label: str, text: str, row: dict | None = None) -> str:
    """HTML of one model: its name, the verifier's mark once there is one, its trace in the colours of `traces`."""
    mark = verdict(row) if row else telling.line("writing ...")
    trace = telling.harmless(traces.coloured(text)) if text.strip() else ""
    return f'{heading(label)}{mark}<div style="overflow-wrap:anywhere;white-space:pre-wrap">{trace}</div>'


def race(open_model: Callable, chosen: dict[str, Entry], item: Item, changes: dict) -> Iterator[tuple[str, list[str]]]:
    """(status, panels) again and again while one model after the other thinks about an item; a model that cannot says why."""
    from phicookbook.reasoning.evaluate import protocol_for, record

    panels: list[str] = []
    for place, (label, (name, own)) in enumerate(chosen.items(), start=1):
        status = f"{place} of {len(chosen)}: {label} is thinking ..."
        panels.append(telling.line(f"{label}: opening"))
        yield status, panels
        reply, drawn = Reply.from_text(""), 0.0
        try:
            for reply in writing(open_model(name), item, protocol_for(name, **changes | own)):
                if time.monotonic() - drawn > DRAWN_EVERY:
                    panels[-1], drawn = panel(label, reply.text), time.monotonic()
                    yield status, panels
            panels[-1] = panel(label, reply.text, record(item, 0, reply))
        except CookbookError as error:
            panels[-1] = f"{heading(label)}{telling.mistake(error)}"
        yield status, panels
    yield "Done. The mark is the verifier's: it checks the answer against the puzzle, not against a wording.", panels


def legend() -> str:
    """HTML that tells what the colours of a trace mean."""
    style = "color:black;padding:0 6px;margin-right:6px;white-space:nowrap"
    cells = [f'<span style="background:{traces.COLOURS[kind]};{style}">{kind}: {told}</span>' for kind, told in LEGEND.items()]
    return f'<div style="line-height:1.9">{" ".join(cells)}</div>'


def run(
    open_model: Callable, known: dict[str, Entry], labels: Sequence[str], drawn: Sequence, changes: dict
) -> Iterator[list[str]]:
    """The status line and MOST_MODELS panels, as HTML, while the chosen models work on the puzzle of `drawn`."""
    empty = [""] * MOST_MODELS
    if not 1 <= len(labels) <= MOST_MODELS:
        yield [telling.line(f"Choose one to {MOST_MODELS} models; {len(labels)} are chosen.", wrong=True), *empty]
        return
    try:
        item = puzzle(*drawn)
    except CookbookError as error:
        yield [telling.line(str(error), wrong=True), *empty]
        return
    for status, panels in race(open_model, {label: known[label] for label in labels}, item, changes):
        yield [telling.line(status), *(panels + empty)[:MOST_MODELS]]


def shown(task: str, level: int, kind: str, seed: float | None) -> tuple[str, str]:
    """(the puzzle, a right answer) as text, or a sentence and nothing."""
    try:
        item = puzzle(task, level, kind, seed)
    except CookbookError as error:
        return str(error), ""
    return item.prompt, item.answer


def make_demo(known: dict[str, Entry] | None = None, open_model: Callable | None = None):
    """Blocks with a puzzle, up to three models and their traces; `known` is `entries()` unless it is given."""
    import gradio as gr

    from phicookbook import models

    known, opened = known or entries(), lru_cache(maxsize=MOST_MODELS)(open_model or models.open_model)
    first = module(START[0])
    with gr.Blocks(title=f"Phi Cookbook: {TITLE}", analytics_enabled=False) as demo:
        gr.Markdown(INTRO)
        with gr.Row():
            # Radios: Gradio's dropdown stays open, and may change its value, when the Tab key passes it.
            task = gr.Radio([(NAMES[each], each) for each in TASKS], value=START[0], label="Task", min_width=300)
            level = gr.Radio(list(first.LEVELS), value=START[1], label="Level")
            kind = gr.Radio(list(first.KINDS), value=START[2], label="Kind")
            seed = gr.Number(settings.seed(), label="Seed", precision=0, minimum=0, maximum=MOST_SEED)
        text, answer = shown(*START, settings.seed())
        prompt = gr.Textbox(text, label="Puzzle", lines=3, max_lines=14, interactive=False)
        another = gr.Button("Another puzzle")
        with gr.Accordion("A right answer (other right answers count too)", open=False):
            solution = gr.Textbox(answer, label="Right answer", interactive=False)
        labels = gr.CheckboxGroup(list(known), value=list(known)[:MOST_MODELS], label=f"Models: one to {MOST_MODELS}")
        changes = _budget_controls(gr)
        with gr.Row():
            ask = gr.Button("Let them think", variant="primary")
            stop = gr.Button("Stop")
        gr.HTML(legend(), label="Colours of the lines")
        status = gr.HTML(label="Status")
        with gr.Row():
            panels = [_panel(gr, place) for place in range(1, MOST_MODELS + 1)]
        _puzzle_events(gr, task, (level, kind, seed), another, (prompt, solution))
        drawn, outputs = [task, level, kind, seed], [status, *panels]

        def think(labels, task, level, kind, seed, budget, least, force):
            changes = {"budget": int(budget), "least": int(least), "force": force}
            yield from run(opened, known, labels, (task, level, kind, seed), changes)

        work = ask.click(think, [labels, *drawn, *changes], outputs, show_progress="hidden", concurrency_limit=2)
        telling.stops(stop, [work], status)
    return demo


def _panel(gr, place: int):
    with gr.Column(min_width=300):  # below that the models stand one above the other
        return gr.HTML(label=f"Model {place}")


def _budget_controls(gr) -> list:
    """Most tokens, least tokens, and whether the answer is forced."""
    with gr.Row():
        told = {"label": "Budget: most tokens for thinking and answer", "min_width": 300}
        budget = gr.Slider(8, MOST_BUDGET, BUDGET, step=8, **told)
        told = {"label": "Think at least so many tokens ('Wait' in place of an earlier end)", "min_width": 300}
        least = gr.Slider(0, 256, 0, step=8, **told)
    force = gr.Checkbox(True, label="Force an answer at the budget (close the thinking and ask for it, arXiv:2501.19393)")
    return [budget, least, force]


def _puzzle_events(gr, task, choices, another, boxes) -> None:
    """What changes the puzzle: another task brings its own levels and kinds, the button the next seed."""
    level, kind, seed = choices
    drawn = [task, level, kind, seed]

    def other_task(task: str, seed):
        work = module(task)
        lists = (gr.Radio(list(values), value=values[0]) for values in (work.LEVELS, work.KINDS))
        return (*lists, *shown(task, work.LEVELS[0], work.KINDS[0], seed))

    def next_seed(task, level, kind, seed):
        seed = 0 if seed is None or seed >= MOST_SEED else int(seed) + 1
        return (seed, *shown(task, level, kind, seed))

    task.input(other_task, [task, seed], [level, kind, *boxes], show_progress="hidden")
    for control in (level, kind, seed):
        control.input(shown, drawn, list(boxes), show_progress="hidden")
    another.click(next_seed, drawn, [seed, *boxes], show_progress="hidden")
