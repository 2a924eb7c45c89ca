"""The frame of the wizard: pages of which one is seen, a list of steps, and events that know their visitor.

pages = Pages(gr, desk)
with pages.page():
    button = pages.buttons("Next", back=0)
pages.goes(button, work, [control], to=2)
"""

from __future__ import annotations

import html
import inspect
from collections.abc import Callable, Sequence

from phicookbook.demos import telling
from phicookbook.demos.wizard_desk import Desk
from phicookbook.settings import CookbookError

STEPS = ("Model", "Task", "Data", "Validation", "Knobs", "Review", "Training", "Deploy", "Chat")
# The keyboard's place follows a page that has opened; where a mistake kept the page, it stays on the button, and it is not
# taken from somebody who was quicker and is on the new page already.
FOCUS = """() => setTimeout(() => {
  const page = [...document.querySelectorAll('.wizard-page')].find(each => each.offsetParent !== null);
  if (page && page.id !== window.wizardPage) {
    window.wizardPage = page.id;
    if (!page.contains(document.activeElement)) page.querySelector('input:not([type=file]), textarea, button')?.focus();
  }
}, 100)"""


def steps(at: int) -> str:
    """HTML of the list of steps; the present one is marked for screen readers, those behind it are locked."""
    said = []
    for place, name in enumerate(STEPS):
        mark, weight = ("✓ done", "normal") if place < at else ("now", "bold") if place == at else ("locked", "normal")
        current = ' aria-current="step"' if place == at else ""
        style = f"font-weight:{weight};opacity:{1 if place <= at else 0.75};white-space:nowrap"
        said.append(f'<li{current} style="{style}">{place + 1}. {html.escape(name)} <small>({mark})</small></li>')
    return telling.harmless(
        '<ol aria-label="Steps" style="display:flex;flex-wrap:wrap;gap:2px 18px;list-style:none;padding:0;margin:0">'
        f"{''.join(said)}</ol>"
    )


class Pages:
    """Columns of which one is visible, the status line below them, and the wiring of buttons."""

    def __init__(self, gr, desk: Desk):
        self.gr, self.desk = gr, desk
        self.head = gr.HTML(steps(0), label="Steps")
        self.columns: list = []
        self.status = gr.HTML(label="Status", render=False)
        self._later: list[Callable[[], None]] = []  # events reach pages that are built after them

    def page(self):
        """The next page, as a context to fill."""
        place = len(self.columns)
        classes = ["wizard-page"]
        self.columns.append(self.gr.Column(visible=place == 0, elem_id=f"wizard-page-{place}", elem_classes=classes))
        return self.columns[-1]

    def buttons(self, label: str, back: int, interactive: bool = True):
        """A button that leads back to a page, beside the one with the label, which is returned."""
        with self.gr.Row():
            return_to = self.gr.Button(f"Back to {STEPS[back].lower()}", min_width=120)
            go = self.gr.Button(label, variant="primary", interactive=interactive, min_width=120)
        self.goes(return_to, lambda draft: None, [], back)
        return go

    def finish(self) -> None:
        """Put the status line below the pages and connect the events."""
        self.status.render()
        for connect in self._later:
            connect()

    def asks(self, work: Callable) -> Callable:
        """A handler of which Gradio knows that its first argument is the request, which names the visitor."""

        def plain(request, *values):
            return work(request, *values)

        def streaming(request, *values):
            yield from work(request, *values)

        handler = streaming if inspect.isgeneratorfunction(work) else plain
        handler.__annotations__ = {"request": self.gr.Request}
        return handler

    def visible(self, at: int) -> list:
        """Updates of the list of steps and of all pages, with one page open."""
        return [steps(at), *[self.gr.Column(visible=place == at) for place in range(len(self.columns))]]

    def does(self, button, work: Callable, inputs: Sequence, outputs: Sequence, busy: str = "", upload=None):
        """The button does `work(draft, *values)`, whose results go to the outputs; a mistake becomes a sentence.

        `upload` is the file that the work reads: it is taken out of the page either way, since its copy on disk is gone.
        """
        spent = [upload] if upload else []

        def results(request, *values):
            same, gone = [self.gr.skip() for _ in outputs], [None for _ in spent]
            if busy:
                yield [telling.line(busy), *same, *[self.gr.skip() for _ in spent]]
            try:
                found = work(self.desk.draft(request.session_hash), *values)
            except CookbookError as error:
                yield [telling.mistake(error), *same, *gone]
                return
            found = [] if found is None else list(found)
            yield [telling.line(""), *found, *same[len(found) :], *gone]

        def handler(request, *values):
            for row in results(request, *values):
                yield row if len(row) > 1 else row[0]  # Gradio takes the value of a lone output as it is

        shared = {"show_progress": "hidden", "concurrency_limit": 8}
        return button.click(self.asks(handler), list(inputs), [self.status, *outputs, *spent], **shared)

    def goes(self, button, work: Callable, inputs: Sequence, to: int, extras: Sequence = (), then=None, upload=None) -> None:
        """As `does`, and then page `to` opens, whose extras the work returns; `then(event)` adds what follows."""

        def forward(draft, *values):
            found = work(draft, *values)
            return [*self.visible(to), *([] if found is None else found)]

        def connect() -> None:
            event = self.does(button, forward, inputs, [self.head, *self.columns, *extras], upload=upload)
            event.then(None, None, None, js=FOCUS)
            if then:
                then(event)

        self.later(connect)

    def later(self, connect: Callable[[], None]) -> None:
        """Call `connect` when all pages are there."""
        self._later.append(connect)
