"""The wizard's last pages: deploy the tuned model, then ask it and its base the same.

chat = ChatPages(pages)
"""

from __future__ import annotations

from phicookbook.corpora import headlines
from phicookbook.demos import telling
from phicookbook.demos.wizard_desk import LONGEST_QUESTION, Draft
from phicookbook.demos.wizard_pages import Pages
from phicookbook.settings import CookbookError

PLACE = 7
EXAMPLES = ("Contoso recovers from a ransomware attack.", "Contoso system breached. Client data potentially compromised.")


def price() -> str:
    """What an hour of hosting a tuned model is quoted at, with its source."""
    from phicookbook.serverless import pricing

    prices = pricing.load()
    quoted = ", ".join(f"{usd:.2f} USD ({prices.sources[name]})" for name, usd in prices.hosting_hour.items())
    return f"In the cloud a deployment is what the hosting fee is for, by the hour and also when nobody asks: {quoted}."


class ChatPages:
    """Both pages, and the events that fill them."""

    def __init__(self, pages: Pages):
        self.pages = pages
        gr = pages.gr
        with pages.page():
            gr.Markdown("### 8. Deploy")
            self.offered = gr.Textbox(label="The tuned model", lines=4, interactive=False)
            deploy = pages.buttons("Deploy", back=6)
        with pages.page():
            gr.Markdown("### 9. Chat\nThe same message goes to the base and to the tuned model, greedily.")
            self.name = gr.Textbox(label="Deployed model", interactive=False)
            self.text = gr.Textbox(EXAMPLES[0], label="Message", lines=2, max_length=LONGEST_QUESTION)
            self.framed = gr.Checkbox(True, label="Ask it as the headline question of the training data")
            gr.Examples([[each] for each in EXAMPLES], inputs=self.text, label="Headlines of the talk")
            with gr.Row():
                self.ask, self.stop = gr.Button("Ask both", variant="primary", min_width=120), gr.Button("Stop", min_width=120)
            with gr.Row():
                self.answers = [gr.Textbox(label=name, lines=3, interactive=False, min_width=260) for name in ("Base", "Tuned")]
            over = gr.Button("Start over: remove my files, job and model")
        pages.goes(deploy, lambda draft: [pages.desk.deploy(draft)], [], PLACE + 1, [self.name])
        self._wire(over)

    def offer(self, draft: Draft) -> str:
        """What the deployment page says about the tuned model."""
        return f"{draft.tuned}\nThis service answers under that name once you deploy it; nothing is billed here.\n{price()}"

    def _wire(self, over) -> None:
        pages = self.pages
        options = {"show_progress": "hidden", "concurrency_limit": 4}
        outputs = [pages.status, *self.answers]
        inputs = [self.text, self.framed]
        asking = [
            trigger(pages.asks(self._answers), inputs, outputs, **options) for trigger in (self.ask.click, self.text.submit)
        ]
        telling.stops(self.stop, asking, pages.status)

        def leave(request):
            pages.desk.leave(request.session_hash)
            return [telling.line("Everything of yours is removed."), *pages.visible(0), "", *[""] * len(self.answers)]

        def connect() -> None:
            columns = [pages.status, pages.head, *pages.columns, self.name, *self.answers]
            over.click(pages.asks(leave), None, columns, show_progress="hidden")

        pages.later(connect)

    def _answers(self, request, text: str, framed: bool):
        """(status, base's answer, tuned answer) while first one and then the other writes."""
        draft, said = self.pages.desk.draft(request.session_hash), ["", ""]
        try:
            asked = headlines.prompt(text.strip()) if framed and text.strip() else text
            for place, name in enumerate(("base", "tuned model")):
                yield telling.line(f"The {name} is asked ..."), *said
                for text in self.pages.desk.answer(draft, tuned=name != "base", text=asked):
                    said[place] = text
                    yield telling.line(f"The {name} is writing ..."), *said
            yield telling.line("Both have answered."), *said
        except CookbookError as error:
            yield telling.mistake(error), *said
