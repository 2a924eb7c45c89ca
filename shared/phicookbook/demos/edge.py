"""Edge: the tuned model in 32, 8 and 4 bits in a race on the same headlines, each held against PyTorch.

make_demo().launch()
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from phicookbook.corpora import headline_data, headlines
from phicookbook.corpora.headlines import Headline
from phicookbook.demos import telling
from phicookbook.edge.form import Form
from phicookbook.settings import CookbookError
from phicookbook.statistics import Rate

TITLE = "Edge"
FORMS = (Form("fp32"), Form("int8"), Form("int4"))
MOST_HEADLINES, LONGEST = 60, 300
ANSWER, WRITTEN = 24, 32  # tokens of an answer at most, and of the text that shows the pace of writing
SOURCE = "pocket-headlines"
INTRO = """## Edge: fp32, int8 and int4 in a race
The headlines model of chapter 04, exported to ONNX and run by onnxruntime-genai on this machine's CPU. It is **ours and small**,
trained by this repository; it is not Microsoft's Phi. Nothing leaves the machine."""
NOTES = """**tokens/s**: what each writes a second, here and now, when it goes on with the headline for a few dozen tokens. All
run one after the other on each headline: compare them with each other, not with another machine. **size**: the exported weights
on disk. **same answers**: the answer to the headline question is PyTorch's, letter by letter; **same texts**: so is the text that
it writes on. **right**: the label is the firm's policy's, where the headline's label is known (95% intervals)."""


@dataclass
class Lane:
    """A runner and what it has done so far; `size` in bytes, 0 where nothing was exported."""

    name: str
    model: object
    size: int = 0
    said: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    tokens: int = 0
    seconds: float = 0.0

    @property
    def speed(self) -> float:
        """Tokens a second of wall time while writing, 0 before the first."""
        return self.tokens / self.seconds if self.seconds else 0.0

    def run(self, headline: Headline) -> None:
        """Answer the question about a headline, then go on with its text."""
        reply = self.model.chat(headlines.prompt(headline.text), max_new_tokens=ANSWER)
        (more,) = self.model.complete_many([headline.text], max_new_tokens=WRITTEN)
        self.said.append(reply.text)
        self.written.append(more.text)
        self.tokens, self.seconds = self.tokens + more.tokens, self.seconds + more.seconds
        if headline.sentiment:
            self.right.append(headlines.label_of(reply.text) == headlines.policy(headline))


def exported(source: str, form: Form) -> Path:
    """The folder of a model's export in a form, made first when it is missing; two visitors at once make it once.

    Raises CookbookError for what cannot be exported here.
    """
    from phicookbook.edge import export
    from phicookbook.models import artifacts

    folder = artifacts.path_of(f"{Path(source).name}-{form.precision}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with artifacts.lock_of(folder):
        if not folder.exists():
            export(source, folder, form)
    return folder


def lanes_of(source: str) -> Iterator[tuple[float, str, list[Lane]]]:
    """(share done, what is being done, lanes so far): PyTorch first, then an export for each of FORMS.

    Raises CookbookError when the model cannot be opened or exported.
    """
    from phicookbook.models import open_model
    from phicookbook.models.onnx import open_onnx

    steps, lanes = len(FORMS) + 1, []
    yield 0.0, f"Opening {Path(source).name} in PyTorch; a model that is missing is trained first, a minute or two", lanes
    lanes.append(Lane("PyTorch", open_model(source)))
    for place, form in enumerate(FORMS, start=1):
        told = f"Opening {form.precision}, {place} of {len(FORMS)}; an export that is missing is made first, some ten seconds"
        yield place / steps, told, lanes
        folder = exported(source, form)
        size = sum(path.stat().st_size for path in folder.glob("model.onnx*"))
        lanes.append(Lane(form.precision, open_onnx(folder, form.precision), size))
    yield 1.0, "All are at the start", lanes


def chosen_of(count: float, own: str) -> list[Headline]:
    """The headlines to race on: a visitor's own, one a line, or `count` of the validation set. Raises CookbookError for too
    many or too long ones."""
    lines = [" ".join(line.split()) for line in (own or "").splitlines() if line.strip()]
    if not lines:
        return headline_data.draw("validation", int(count))
    if len(lines) > MOST_HEADLINES:
        raise CookbookError(f"At most {MOST_HEADLINES} headlines can race; these are {len(lines)}.")
    for place, line in enumerate(lines, start=1):
        if len(line) > LONGEST:
            raise CookbookError(f"Line {place} has {len(line)} characters; a headline has at most {LONGEST} here.")
    return [Headline(line, "", False) for line in lines]


def race(lanes: Sequence[Lane], chosen: Sequence[Headline]) -> Iterator[int]:
    """How many headlines every lane has done, after each; a first run of each lane warms it and does not count."""
    for lane in lanes:
        Lane(lane.name, lane.model).run(chosen[0])
    for done, headline in enumerate(chosen, start=1):
        for lane in lanes:
            lane.run(headline)
        yield done


def same(ours: Sequence[str], theirs: Sequence[str]) -> Rate:
    """The share of texts that are the same, place by place."""
    return Rate.of(a == b for a, b in zip(ours, theirs, strict=True))


def table(lanes: Sequence[Lane], chosen: Sequence[Headline]) -> str:
    """HTML of the race as it stands: a row a lane, the last headline, and what each said about it."""
    reference, done = lanes[0], len(lanes[0].said)
    heads = ("", "pace", "tokens/s", "size", "same answers", "same texts", "right", "last answer")
    rows = [_row(lane, reference, max(each.speed for each in lanes)) for lane in lanes]
    cell = 'style="padding:3px 8px;text-align:left;vertical-align:top"'
    body = "".join("<tr>" + "".join(f"<td {cell}>{value}</td>" for value in row) + "</tr>" for row in rows)
    head = "".join(f'<th scope="col" {cell}>{name}</th>' for name in heads)
    last = html.escape(chosen[done - 1].text) if done else ""
    return telling.harmless(
        f'<p style="overflow-wrap:anywhere">Headline {done} of {len(chosen)}: <q>{last}</q></p><div class="rolls" '
        f'tabindex="0" role="region" aria-label="The race so far"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        f"</table></div>"
    )


def _row(lane: Lane, reference: Lane, fastest: float) -> list[str]:
    """The cells of a lane as HTML."""
    pace = round(100 * lane.speed / fastest) if fastest else 0
    is_reference = lane is reference
    return [
        f"<strong>{html.escape(lane.name)}</strong>",
        f'<progress max="100" value="{pace}" aria-label="{pace}% of the fastest" style="width:7em"></progress>',
        f"{lane.speed:,.0f}" if lane.seconds else "",
        f"{lane.size / 1e6:.2f} MB" if lane.size else "",
        "reference" if is_reference else str(same(lane.said, reference.said)) if lane.said else "",
        "reference" if is_reference else str(same(lane.written, reference.written)) if lane.written else "",
        str(Rate.of(lane.right)) if lane.right else "",
        html.escape(lane.said[-1]) if lane.said else "",
    ]


def run(source: str, count: float, own: str, ready: list[Lane] | None = None) -> Iterator[tuple[str, str]]:
    """(status, table) as HTML from the first export to the last headline; `ready` is filled with opened lanes, and used when
    it is filled. A mistake becomes a sentence."""
    ready = [] if ready is None else ready
    shown = ""
    try:
        chosen = chosen_of(count, own)
        if not ready:
            for share, told, opened in lanes_of(source):
                yield telling.bar(share, f"{told} ..."), shown
                ready[:] = opened if share == 1.0 else []
        lanes = [Lane(lane.name, lane.model, lane.size) for lane in ready]
        yield telling.bar(0.0, "Warming up ..."), shown
        for done in race(lanes, chosen):
            shown = table(lanes, chosen)
            yield telling.bar(done / len(chosen), f"{done} of {len(chosen)} headlines"), shown
        yield telling.line(f"Done: {len(chosen)} headlines."), shown
    except CookbookError as error:
        yield telling.line(str(error), wrong=True), shown


def make_demo(source: str = SOURCE, ready: list[Lane] | None = None):
    """Blocks with the race; `source` is a model that `cookbook export` takes. Exports are made when they are first needed, unless
    `ready` holds lanes that are open already."""
    import gradio as gr

    ready = [] if ready is None else ready  # opened once and shared: a visitor's race has lanes of its own around the same models
    with gr.Blocks(title=f"Phi Cookbook: {TITLE}", analytics_enabled=False) as demo:
        gr.Markdown(INTRO)
        count = gr.Slider(5, MOST_HEADLINES, 20, step=5, label="Headlines of the validation set")
        own = gr.Textbox(
            label="Or your own headlines, one a line",
            lines=2,
            max_lines=8,
            placeholder="Contoso recovers from a ransomware attack.",
        )
        with gr.Row():
            start = gr.Button("Start the race", variant="primary")
            stop = gr.Button("Stop")
        status, board = gr.HTML(label="Status"), gr.HTML(label="The race", elem_classes="panel")
        gr.Markdown(NOTES)

        def go(count, own):
            yield from run(source, count, own, ready)

        work = start.click(go, [count, own], [status, board], show_progress="hidden", concurrency_limit=1)
        stopped = "Stopped. An export under way is finished and kept, so the next start is shorter."
        telling.stops(stop, [work], status, stopped)
    return demo
