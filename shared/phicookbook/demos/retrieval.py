"""The same question with the search off and on, passages with their citations, and a visitor's own files.

make_demo(guide=Path("notes"))

(Without `from __future__ import annotations`, as Gradio reads the annotation `gr.Request` of a handler.)
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock

from phicookbook import settings
from phicookbook.chat import Model
from phicookbook.corpora.context import NOT_SAID
from phicookbook.demos.answering import RUN, Later, later, stops, stream, waiting
from phicookbook.demos.page import one_line, shown, told
from phicookbook.demos.safety import MOST_BYTES
from phicookbook.demos.uploads import MOST_FILES, Desks
from phicookbook.retrieval import Index, Passage, load_folder
from phicookbook.retrieval.answering import LEAST_SUPPORT, MOST_SENTENCES, Answer, cite, prompt, read
from phicookbook.retrieval.loading import KINDS
from phicookbook.retrieval.measure import TRAVEL
from phicookbook.retrieval.trials import closed_book

TITLE = "Retrieval"
GUIDE, OWN = "the travel guide", "my own files"
EXAMPLES = (
    "What is the price of a night at the Cearkscee Lodge?",
    "At what time does the Peikwol Lighthouse open?",
    "Who painted the ceiling of the Peikwol Lighthouse?",
)
LONGEST, MOST_TOKENS, PASSAGES = 400, 48, 5
SAYS = """## Answers that stand in your documents
The same question goes to the model alone, and to the model with lines that a search found. A line is marked as cited when it
holds the answer word for word, which does not make the answer right. The travel guide is invented, so no model can know it."""


def without(model: Later, question: str) -> Iterator[tuple[str, str]]:
    """(answer so far, its cost) of the model alone."""
    question = one_line(question, "question", LONGEST)
    yield "", waiting(model)
    yield from stream(model.get(), closed_book(question), max_new_tokens=MOST_TOKENS)


def searched(model: Later, index: Index, question: str, lines: int = MOST_SENTENCES) -> Iterator[tuple[str, str, str]]:
    """(answer so far, its cost, passages as HTML) of the model with what the search found; cited lines are marked at the end."""
    found = read(question, index.search(question, PASSAGES), index.embedder, lines)
    page = passages(found)
    if found.support < LEAST_SUPPORT or not found.read:
        why = f"done: the best line's support is {found.support:.2f}, below {LEAST_SUPPORT:.2f}, so the model was not asked"
        yield NOT_SAID, why, page
        return
    yield "", waiting(model), page
    said = [line.text for line in found.read]
    for text, cost in stream(model.get(), prompt(question, said), max_new_tokens=MOST_TOKENS):
        yield text, cost, page
    cited = cite(text, said)
    marks = "".join(f" [{number}]" for number in cited)
    yield text + marks, cost, passages(found, cited)


def passages(found: Answer, cited: Sequence[int] = ()) -> str:
    """HTML of the passages: the lines that the model read are marked with their number, and those cited are told apart."""
    if not found.passages:
        return "<p>Nothing was found.</p>"
    return "".join(_passage(place, one, found, cited) for place, one in enumerate(found.passages))


def _passage(place: int, passage: Passage, found: Answer, cited: Sequence[int]) -> str:
    lines = [(number, line.text) for number, line in enumerate(found.read, start=1) if line.passage == place]
    body, rest = "", passage.text
    for number, line in lines:
        before, held, after = rest.partition(line)
        if held:
            kind = ("cited", " cited") if number in cited else ("read", "")
            body += f'{shown(before)}<mark class="{kind[0]}">[{number}{kind[1]}] {shown(line)}</mark>'
            rest = after
    return f'<section class="passage"><h4>{shown(passage.place)}</h4><p>{body}{shown(rest)}</p></section>'


class Guide:
    """The documents that everyone may search: the travel guide, whose index is chapter 03's and stays, or a folder."""

    def __init__(self, documents: Path | None = None):
        self._documents, self._ready, self._lock = documents or TRAVEL / "documents", False, Lock()
        self._own = tempfile.TemporaryDirectory(prefix="cookbook-guide-") if documents else None
        self._index = Index(Path(self._own.name) if self._own else settings.artifacts() / "index-travel")

    def get(self) -> Index:
        """The index, brought up to date once."""
        with self._lock:
            if not self._ready:
                self._index.update(load_folder(self._documents).documents, prune=True)
                self._ready = True
            return self._index


def make_demo(model: str | Model = "", guide: Path | None = None, desks: Desks | None = None):
    """Blocks with both answers, the passages and the visitor's files; by default the model in force and the travel guide.

    `guide` is another folder of documents; its index is temporary. `desks` keeps the visitors' files; a new one by default.
    """
    import gradio as gr

    model, desks, shelf = later(model or settings.model()), Desks() if desks is None else desks, Guide(guide)
    with gr.Blocks(title=f"Phi Cookbook: {TITLE}", analytics_enabled=False) as demo:
        gr.Markdown(SAYS)
        question = gr.Textbox(label="Question", value=EXAMPLES[0], max_lines=3)
        with gr.Row():
            ask, stop = gr.Button("Ask with and without search", variant="primary"), gr.Button("Stop")
        with gr.Row():
            examples = [gr.Button(text, elem_classes="example") for text in EXAMPLES]
        with gr.Row():
            source = gr.Radio([GUIDE, OWN], value=GUIDE, label="Search in")
            lines = gr.Slider(1, 8, MOST_SENTENCES, step=1, label="Lines that the model reads")
        with gr.Row():
            outputs = [_answer_boxes(gr, f"Search {state}") for state in ("off", "on")]
        found = gr.HTML(
            "<p>Ask first.</p>", label="Passages that the search found", show_label=True, container=True, elem_classes="panel"
        )
        _wire_answers(model, shelf, desks, (question, source, lines), (ask, stop, examples), (*outputs, found))
        _files(desks, source, demo)
    return demo


def _answer_boxes(gr, title: str) -> list:
    with gr.Column(min_width=280):
        return [
            gr.Textbox(label=title, lines=2, interactive=False),
            gr.Textbox(label=f"{title}: what it cost", interactive=False),
        ]


def _wire_answers(model: Later, shelf: Guide, desks: Desks, inputs, controls, outputs) -> None:
    """Both answers are written at once, each in an event of its own."""
    import gradio as gr

    (question, source, lines), (ask, stop, examples), (off, on, found) = inputs, controls, outputs
    quiet = {"show_progress": "hidden", "api_visibility": "private"}

    def alone(text: str):
        yield from without(model, text)

    def with_search(text: str, where: str, most: int, request: gr.Request):
        text = one_line(text, "question", LONGEST)
        yield "", f"searching {where} ...", ""
        index = desks.find(request.session_hash).index if where == OWN else shelf.get()
        yield from searched(model, index, text, int(most))

    chosen = [
        button.click(lambda text=text: (text, GUIDE), None, [question, source], **quiet)
        for button, text in zip(examples, EXAMPLES, strict=True)
    ]
    events = []
    for work, given, into, name in (
        (told(alone), [question], off, "search_off"), (told(with_search), [question, source, lines], [*on, found], "search_on"),
    ):  # fmt: skip
        shared = {"fn": work, "inputs": given, "outputs": into, "show_progress": "hidden", **RUN}
        events.append(gr.on([ask.click, question.submit], api_name=name, **shared))
        events += [event.success(api_visibility="private", **shared) for event in chosen]
    stops(stop, [off[1], on[1]], events)


def _files(desks: Desks, source, demo) -> None:
    """The corner for own files: what is dropped in is indexed for this visitor alone."""
    import gradio as gr

    gr.Markdown(
        "### Your own files\nThey are searched by you alone. The files are deleted as soon as they are read, the index when you "
        "forget it or close this page. `pocket` reads little but its own grammars; the search works on any text."
    )
    with gr.Row():
        label = f"Markdown, text or PDF, at most {MOST_FILES} files of {MOST_BYTES // 1_000_000} MB each"
        drop = gr.File(label=label, file_count="multiple", file_types=list(KINDS))
        with gr.Column(min_width=280):
            state = gr.HTML("<p>No files yet.</p>", label="What became of your files", show_label=True, container=True)
            stop, forget = gr.Button("Stop reading"), gr.Button("Forget my files")

    def take(paths: list, request: gr.Request):
        for became in desks.adding(request.session_hash, paths or []):
            yield None, _became(became), gr.skip()
        yield None, _became(became), OWN

    def stopped(request: gr.Request):
        read = ", ".join(map(shown, desks.names(request.session_hash)))
        return f"<p>Stopped. What can be searched: {read or 'nothing of yours yet'}.</p>"

    def drop_all(request: gr.Request):
        desks.forget(request.session_hash)
        return "<p>Your files and their index are gone.</p>", GUIDE

    def left(request: gr.Request):
        desks.forget(request.session_hash)

    reading = drop.upload(told(take), drop, [drop, state, source], api_name="take_files", show_progress="hidden", **RUN)
    stop.click(None, None, None, cancels=[reading], queue=False, api_visibility="private")
    stop.click(told(stopped), None, state, queue=False, show_progress="hidden", api_visibility="private")
    forget.click(told(drop_all), None, [state, source], api_name="forget_files", show_progress="hidden")
    demo.unload(left)


def _became(files: dict[str, str]) -> str:
    """HTML of what became of each file."""
    return f"<ul>{''.join(f'<li>{shown(name)}: {shown(what)}</li>' for name, what in files.items())}</ul>"
