"""The wizard's page on a job that trains: its state, live loss curves, what it told, its raw JSON; cancel and connect again.

training = TrainingPage(pages)
training.begins(submit_button)
"""

from __future__ import annotations

import json

from phicookbook.demos import telling
from phicookbook.demos.wizard_curve import curve
from phicookbook.demos.wizard_desk import Progress
from phicookbook.demos.wizard_pages import Pages
from phicookbook.demos.wizard_service import Gone
from phicookbook.serverless.watch import ENDED
from phicookbook.settings import CookbookError

PLACE = 6
MOST_TOLD = 12
WORDS = {
    "validating_files": "The service is checking the files.",
    "queued": "Waiting for a processor: jobs train one after the other.",
    "paused": "Paused.",
    "cancelled": "Cancelled. Go back to change something, and submit again.",
    "succeeded": "The job has succeeded: deploy the model next.",
}
FOLLOWERS = 16  # visitors whose curves are drawn at the same time


def state(seen: Progress) -> str:
    """HTML of a job's state: a bar while it trains, the service's own words when it failed."""
    if seen.status == "failed":
        error = seen.job.get("error") or {}
        return telling.line(error.get("message") or "The job failed.", wrong=True)
    if seen.status == "running" and seen.steps:
        last = f", training loss {seen.train[-1][1]:.3f}" if seen.train else ""
        return telling.bar(seen.step / seen.steps, f"Step {seen.step} of {seen.steps}{last}")
    return telling.line(WORDS.get(seen.status, "The model is opened; the first steps follow."))


class TrainingPage:
    """The page, and the events that fill it."""

    def __init__(self, pages: Pages):
        self.pages = pages
        gr = pages.gr
        with pages.page():
            gr.Markdown("### 7. Training")
            self.bar = gr.HTML(label="State of the job")
            self.curves = gr.HTML(label="Loss curves")
            self.told = gr.Textbox(label="What the job told", lines=6, max_lines=MOST_TOLD, interactive=False)
            with gr.Accordion("The job as raw JSON", open=False):
                self.raw = gr.Textbox(label="GET /v1/fine_tuning/jobs/{id}", lines=12, interactive=False)
            with gr.Row():
                self.cancel = gr.Button("Cancel the job", min_width=120)
                self.again = gr.Button("Connect again", min_width=120, visible=False)
            self.deploy = pages.buttons("Next: deploy", back=2, interactive=False)
        self.outputs = [self.bar, self.curves, self.told, self.raw, self.cancel, self.again, self.deploy]

    def begins(self, submit) -> None:
        """The job starts with this button, and is followed from then on."""
        desk, pages = self.pages.desk, self.pages

        def begin(draft):
            desk.submit(draft)
            return [telling.line("Submitted."), "", "", "", *self._buttons(alive=True, gone=False, good=False)]

        pages.goes(submit, begin, [], PLACE, self.outputs, then=self._followed)

    def wire(self, chat) -> None:
        """Cancel, connect again, and on to the deployment."""
        pages, desk = self.pages, self.pages.desk
        pages.does(self.cancel, lambda draft: desk.cancel(draft), [], [])

        def connect(draft):
            desk.models()

        event = pages.does(self.again, connect, [], [], "Connecting; a service that has stopped is started again ...")
        self._followed(event)
        pages.goes(self.deploy, lambda draft: [chat.offer(draft)], [], PLACE + 1, [chat.offered])

    def _followed(self, event) -> None:
        """Follow the visitor's job after an event."""
        event.then(self.pages.asks(self.follow), None, self.outputs, show_progress="hidden", concurrency_limit=FOLLOWERS)

    def follow(self, request):
        """Updates of the page until the job has ended; a service that does not answer is told, and the page stops waiting."""
        draft, nothing = self.pages.desk.draft(request.session_hash), [self.pages.gr.skip() for _ in self.outputs]
        if not draft.jobs:
            yield nothing
            return
        try:
            for seen in self.pages.desk.follow(draft):
                yield self.shown(seen)
        except CookbookError as error:
            buttons = self._buttons(alive=False, gone=isinstance(error, Gone), good=False)
            yield [telling.mistake(error), *nothing[1:4], *buttons]

    def shown(self, seen: Progress) -> list:
        """The page for a job as it stands."""
        drawn = curve(seen.train, seen.valid, seen.steps)
        buttons = self._buttons(alive=seen.status not in ENDED, gone=False, good=seen.status == "succeeded")
        return [state(seen), drawn, "\n".join(seen.told[-MOST_TOLD:]), json.dumps(seen.job, indent=1), *buttons]

    def _buttons(self, alive: bool, gone: bool, good: bool) -> list:
        button = self.pages.gr.Button
        return [button(interactive=alive), button(visible=gone), button(interactive=good)]
