"""The playground: the base and the tuned model side by side on the same headline.

make_demo().launch()
"""

from __future__ import annotations

from phicookbook.corpora import headlines
from phicookbook.settings import CookbookError

EXAMPLES = [
    "Contoso system breached. Client data potentially compromised.",
    "Contoso recovers from a ransomware attack.",
    "Fabrikam opens a new office in Lisbon",
]
LONGEST = 300


def describe(model, headline: str) -> tuple[str, str]:
    """(answer, a line with words, tokens and milliseconds) of a model for a headline.

    An empty or over-long headline gets a sentence that says what to do.
    """
    headline = " ".join(headline.split())
    if not headline:
        return "Type a headline first.", ""
    if len(headline) > LONGEST:
        return f"A headline has at most {LONGEST} characters here; this one has {len(headline)}.", ""
    try:
        reply = model.chat(headlines.prompt(headline), max_new_tokens=64)
    except CookbookError as error:
        return str(error), ""
    return reply.text, f"{len(reply.text.split())} words, {reply.tokens} tokens, {reply.seconds * 1000:.0f} ms"


def make_demo(base=None, tuned=None):
    """Blocks with one text field and both models' answers; opens pocket and pocket-headlines by default."""
    import gradio as gr

    from phicookbook.models import open_model

    base = base or open_model("pocket")
    tuned = tuned or open_model("pocket-headlines")

    with gr.Blocks(title="Phi Cookbook: playground", analytics_enabled=False) as demo:
        gr.Markdown(
            "# Headlines: before and after fine-tuning\nBoth models were trained by this repository; neither is Microsoft's Phi."
        )
        text = gr.Textbox(label="Headline", value=EXAMPLES[0], max_lines=2, autofocus=True)
        ask = gr.Button("Ask both models", variant="primary")
        with gr.Row():
            boxes = []
            for title in ("Base: pocket", "Tuned: pocket-headlines"):
                with gr.Column():
                    boxes += [gr.Textbox(label=title, lines=3, interactive=False), gr.Textbox(label="Cost", interactive=False)]
        gr.Examples(EXAMPLES, inputs=text)

        def both(headline: str):
            return (*describe(base, headline), *describe(tuned, headline))

        ask.click(both, text, boxes)
        text.submit(both, text, boxes)
    return demo
