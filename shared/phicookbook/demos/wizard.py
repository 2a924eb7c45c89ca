"""The fine-tuning wizard: from a model and a file to a tuned model that answers, page by page, against `cookbook serve`.

make_demo().launch()
"""

from __future__ import annotations

import json

from phicookbook.demos import telling, wizard_managed
from phicookbook.demos.wizard_chat import ChatPages
from phicookbook.demos.wizard_desk import KNOBS, METHODS, Desk, Draft
from phicookbook.demos.wizard_pages import Pages
from phicookbook.demos.wizard_rows import MOST_BYTES, MOST_ROWS, preview
from phicookbook.demos.wizard_service import Service
from phicookbook.demos.wizard_training import TrainingPage
from phicookbook.settings import CookbookError

TITLE = "Fine-tuning"
INTRO = """## Fine-tuning, page by page
The pages are those of a cloud portal; the service behind them is `cookbook serve` on this machine, spoken to with the official
`openai` client. It tunes *pocket*, which is **ours and small** and not Microsoft's Phi. What you upload stays on this machine
and is removed when you leave."""
TASKS = (
    ("Chat completion, supervised: learn the answers of a file", METHODS[0]),
    ("Chat completion, preference (DPO): learn which of two answers is better", METHODS[1]),
)
SOURCES = (("The book's headlines, labelled by the security firm's policy", False), ("A file of my own", True))
HOWS = (("Split a share off the training file", "split"), ("Another file", "file"), ("None", "none"))
RULES = {
    "batch_size": "auto, or a whole number from 1 to 256", "learning_rate_multiplier": "auto, or a number up to 100",
    "n_epochs": "auto, or a whole number from 1 to 50", "beta": "auto, or a number up to 2 (preference only)",
}  # fmt: skip


def make_demo(service: Service | None = None, desk: Desk | None = None):
    """Blocks with the wizard; without a `service` one of our own is started when the first visitor connects. `desk` keeps the
    visitors' drafts; a new one by default."""
    import gradio as gr

    desk = desk or Desk(service or Service())
    with gr.Blocks(title=f"Phi Cookbook: {TITLE}", analytics_enabled=False) as demo:
        gr.Markdown(INTRO)
        pages = Pages(gr, desk)
        _model_page(gr, pages)
        _task_page(gr, pages)
        _data_page(gr, pages)
        _validation_page(gr, pages)
        knobs = _knobs_page(gr, pages)
        training = _review_page(gr, pages, knobs)
        chat = ChatPages(pages)
        training.wire(chat)
        pages.finish()
        demo.unload(pages.asks(lambda request: desk.leave(request.session_hash)))
    return demo


def _model_page(gr, pages: Pages) -> None:
    with pages.page():
        gr.Markdown("### 1. Which model?")
        connect = gr.Button("Connect to the service", variant="primary")
        models = gr.Radio([], label="Model to tune", visible=False)
        go = gr.Button("Next: task", visible=False)

    def look(request):
        yield telling.line("Connecting; a service that does not run yet is started: some seconds ..."), gr.skip(), gr.skip()
        try:
            found = pages.desk.models()
        except CookbookError as error:
            yield telling.mistake(error), gr.skip(), gr.skip()
            return
        yield (
            telling.line("Connected."),
            gr.Radio(found, value=found[0] if found else None, visible=True),
            gr.Button(visible=True),
        )

    connect.click(pages.asks(look), None, [pages.status, models, go], show_progress="hidden", concurrency_limit=4)
    pages.goes(go, pages.desk.choose_model, [models], to=1)


def _task_page(gr, pages: Pages) -> None:
    with pages.page():
        gr.Markdown("### 2. Which task?")
        method = gr.Radio(list(TASKS), value=METHODS[0], label="Task")
        go = pages.buttons("Next: data", back=0)
    pages.goes(go, pages.desk.choose_method, [method], to=2)


def _data_page(gr, pages: Pages) -> None:
    with pages.page():
        gr.Markdown("### 3. Which data?")
        upload = gr.Radio(list(SOURCES), value=False, label="Training data")
        count = gr.Slider(50, MOST_ROWS, 1_000, step=50, label="Rows of the book's headlines")
        file = _file(gr, "My training file")
        check = gr.Button("Check and preview", variant="primary")
        shown = gr.HTML(label="Preview")
        go = pages.buttons("Next: validation", back=1)

    def look(draft: Draft, *values):
        return [preview(pages.desk.choose_rows(draft, *values))]

    def chosen(draft: Draft):
        if draft.rows is None:
            raise CookbookError("Check the data first: press 'Check and preview'.")

    pages.does(check, look, [upload, count, file], [shown], "Reading and checking every row ...", file)
    pages.goes(go, chosen, [], to=3)


def _validation_page(gr, pages: Pages) -> None:
    with pages.page():
        gr.Markdown("### 4. What is it checked on?\nNo service splits a file by itself: that is done here, before the upload.")
        how = gr.Radio(list(HOWS), value="split", label="Validation data")
        share = gr.Slider(0.05, 0.3, 0.1, step=0.05, label="Share to split off")
        file = _file(gr, "My validation file")
        go = pages.buttons("Next: knobs", back=2)
    pages.goes(go, pages.desk.choose_validation, [how, share, file], to=4, upload=file)


def _file(gr, label: str):
    return gr.File(
        label=f"{label}: JSONL, UTF-8, at most {MOST_BYTES // 1_000_000} MB", file_types=[".jsonl", ".json", ".txt"], height=130
    )


def _knobs_page(gr, pages: Pages) -> tuple:
    with pages.page():
        gr.Markdown("### 5. Three knobs\nEach may be *auto*: the service then chooses by the number of rows.")
        with gr.Row():
            texts = [gr.Textbox("auto", label=name, info=RULES[name], min_width=220) for name in KNOBS]
        with gr.Row():
            suffix = gr.Textbox("", label="Name", info="becomes part of the model's name; may be empty", max_length=40)
            seed = gr.Number(42, label="Seed", precision=0, minimum=0)
        go = pages.buttons("Next: review", back=3)
    return go, texts, suffix, seed


def _review_page(gr, pages: Pages, knobs: tuple) -> TrainingPage:
    go, texts, suffix, seed = knobs
    with pages.page():
        gr.Markdown("### 6. Review")
        summary = gr.Textbox(label="What will be done", lines=6, interactive=False)
        with gr.Accordion("The request as raw JSON", open=False):
            body = gr.Textbox(label="POST /v1/fine_tuning/jobs", lines=12, interactive=False)
        managed = _managed_view(gr, pages)
        submit = pages.buttons("Submit the job", back=4)

    def review(draft: Draft, *values):
        pages.desk.choose_knobs(draft, dict(zip(KNOBS, values)), *values[len(KNOBS) :])
        asked = pages.desk.request(draft, "(id of the upload)", "(id of the upload)" if draft.validation else "")
        chosen = wizard_managed.settings_of(draft.model, draft.method, draft.knobs, len(draft.train), draft.seed)
        return told(draft, chosen), json.dumps(asked, indent=1), wizard_managed.table(chosen), wizard_managed.as_json(chosen)

    pages.goes(go, review, [*texts, suffix, seed], to=5, extras=[summary, body, *managed])
    training = TrainingPage(pages)
    training.begins(submit)
    return training


def told(draft: Draft, chosen) -> str:
    """What a job will do, in words, with what each "auto" becomes."""
    validation = f"{len(draft.validation):,} rows" if draft.validation else "none"
    effective = chosen.per_device_train_batch_size * chosen.gradient_accumulation_steps
    steps = -(-len(draft.train) // effective) * int(chosen.num_train_epochs)
    knobs = ", ".join(f"{name} {value}" for name, value in draft.knobs.items())
    return (
        f"Model: {draft.model}\nTask: {draft.method}\nTraining: {len(draft.train):,} rows; validation: {validation}\n"
        f"Knobs as given: {knobs}\nThat becomes: {effective} rows a step, {int(chosen.num_train_epochs)} epochs, "
        f"{steps:,} steps, learning rate {chosen.learning_rate:g}\n"
        "Behind the knobs the service sets everything else: see the managed view."
    )


def _managed_view(gr, pages: Pages) -> list:
    """The accordion with all settings: [table, JSON that can be edited]."""
    with gr.Accordion("The managed view: all settings", open=False):
        gr.Markdown(
            "Serverless is managed with three knobs showing. These are all settings of this run under the names of Azure's "
            "managed fine-tuning. Edit the JSON, and `cookbook finetune job.yaml` runs what comes of it on this machine."
        )
        table = gr.HTML(label="All settings", elem_classes="panel")
        text = gr.Textbox(label="All settings as JSON (edit them)", lines=10, max_lines=20)
        check = gr.Button("Check the settings")
        verdict = gr.Textbox(label="What differs", lines=3, interactive=False)
        job = gr.Textbox(label="job.yaml for `cookbook finetune`", lines=6, interactive=False)

    def look(draft: Draft, text: str):
        return wizard_managed.edited(text, draft.model, bool(draft.validation))

    pages.does(check, look, [text], [verdict, job])
    return [table, text]
