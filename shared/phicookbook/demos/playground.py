"""The playground: the base and the tuned model side by side on the same headline, while they write.

from phicookbook.demos import safety
safety.start(make_demo)
"""

from __future__ import annotations

from collections.abc import Iterator

from phicookbook import settings
from phicookbook.chat import Model
from phicookbook.corpora import headlines
from phicookbook.demos.answering import RUN, Later, later, stops, stream, waiting
from phicookbook.demos.page import one_line, told

TITLE = "Playground"
EXAMPLES = (
    "Contoso system breached. Client data potentially compromised.",
    "Contoso recovers from a ransomware attack.",
    "Fabrikam opens a new office in Lisbon",
)
LONGEST = 300
MOST_TOKENS = 64
SAYS = """## Headlines, before and after fine-tuning
A security firm wants one word for each headline, and calls every cyber incident negative. Ask the base model and the tuned one.
`pocket` and `pocket-headlines` were trained by this repository; they are not Microsoft's Phi."""


def answer(model: Later, headline: str) -> Iterator[tuple[str, str]]:
    """(answer so far, what it cost so far) of a model that is opened if it is not yet."""
    question = headlines.prompt(one_line(headline, "headline", LONGEST))
    yield "", waiting(model)
    yield from stream(model.get(), question, max_new_tokens=MOST_TOKENS)


def make_demo(base: str | Model = "", tuned: str | Model = "pocket-headlines"):
    """Blocks with one headline and the answers of two models; by default the model in force and chapter 04's."""
    import gradio as gr

    models = {"Base": later(base or settings.model()), "Tuned": later(tuned)}
    with gr.Blocks(title=f"Phi Cookbook: {TITLE}", analytics_enabled=False) as demo:
        gr.Markdown(SAYS)
        headline = gr.Textbox(label="Headline", value=EXAMPLES[0], max_lines=2)
        with gr.Row():
            ask = gr.Button("Ask both models", variant="primary")
            stop = gr.Button("Stop")
        with gr.Row():
            outputs = {}
            for kind, model in models.items():
                with gr.Column(min_width=280):
                    title = f"{kind}: {model.name}"
                    text = gr.Textbox(label=title, lines=3, interactive=False)
                    outputs[kind] = [text, gr.Textbox(label=f"{kind}: what it cost", interactive=False)]
        gr.Markdown("Examples of the talk: each asks both models at once.")
        with gr.Row():
            examples = [gr.Button(text, elem_classes="example") for text in EXAMPLES]
        _wire(headline, ask, stop, examples, models, outputs)
    return demo


def _wire(headline, ask, stop, examples, models: dict[str, Later], outputs: dict) -> None:
    """Each model writes in an event of its own, so that both write at once; Stop ends all of them."""
    import gradio as gr

    chosen = [
        button.click(lambda text=text: text, None, headline, show_progress="hidden", api_visibility="private")
        for button, text in zip(examples, EXAMPLES, strict=True)
    ]
    under_way = []
    for kind, model in models.items():

        def write(text: str, model=model):
            yield from answer(model, text)

        shared = {"fn": told(write), "inputs": headline, "outputs": outputs[kind], "show_progress": "hidden", **RUN}
        under_way.append(gr.on([ask.click, headline.submit], api_name=f"{kind.lower()}_answer", **shared))
        under_way += [event.success(api_visibility="private", **shared) for event in chosen]
    stops(stop, [cost for _, cost in outputs.values()], under_way)
