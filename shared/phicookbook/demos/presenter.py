"""The presenter's desk: the workshop with its script beside the tabs, a preflight, recordings that step in, and a reset.

serve("", script=None)

It is for one machine, the presenter's own. What each part does stands in the modules whose names begin with `presenter_`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

from phicookbook.demos import presenter_page, presenter_preflight, presenter_recorded, presenter_script, safety, workshop
from phicookbook.demos.presenter_script import Script
from phicookbook.demos.presenter_watch import Watch
from phicookbook.doctor import Row
from phicookbook.settings import CookbookError

PREFLIGHT = "Preflight"
RESET = "Everything is as at the start: answers, files, jobs and tuned models are gone."


@dataclass
class Stage:
    """What stands behind the desk: the script, the demos' Blocks by name, the watch over them, and what must be cleared."""

    script: Script
    demos: dict
    titles: dict[str, str]
    watch: Watch
    props: presenter_preflight.Props
    rows: list[Row] = field(default_factory=list)


def stage(name: str = "", script: Path | None = None, props: presenter_preflight.Props | None = None) -> Stage:
    """The demos of a name ("" for all), built and watched. Raises CookbookError for an unknown name or a faulty script."""
    chosen = presenter_script.read(script).only(workshop.check(name))
    props = props or presenter_preflight.Props()
    watch = Watch(props.service)
    found = workshop.demos(name, props.options())
    for each, demo in found.items():
        watch.over(each, demo)
    return Stage(chosen, found, {each: workshop.title(each) for each in found}, watch, props)


def make_app(on: Stage):
    """Blocks of the desk and the tabs beside it; the first tab is the preflight."""
    import gradio as gr

    with gr.Blocks(title="Phi Cookbook: presenter", analytics_enabled=False) as app:
        with gr.Row(elem_id="presenter"):
            with gr.Column(elem_id="desk-column"):
                gr.HTML(presenter_page.desk(on.script, on.titles))
            with gr.Column(elem_id="stage"):
                with gr.Tabs(overflow_behavior="wrap"):  # a tab in a menu could not be opened by a step
                    with gr.Tab(PREFLIGHT, id="preflight", elem_id="tab-preflight"):
                        _preflight(gr, on)
                    for name, demo in on.demos.items():
                        with gr.Tab(on.titles[name], id=name, elem_id=f"tab-{name}"):
                            demo.render()
                gr.HTML(_recordings(on.titles), elem_id="recordings")

        def state() -> dict:
            return on.watch.troubles()

        def start_over() -> str:
            return reset(on)

        for work, name in ((state, "presenter_state"), (start_over, "presenter_reset")):  # what the page's own program asks
            gr.api(work, api_name=name, queue=False, api_visibility="undocumented")
    return app


def _preflight(gr, on: Stage) -> None:
    gr.Markdown("## Preflight\nWhat the session needs, and what to do about a row that is marked.")
    panel = gr.HTML(presenter_page.rows(on.rows, "" if on.rows else "Nothing has been checked yet."), label=PREFLIGHT)
    again = gr.Button("Check again", variant="primary")

    def check():
        yield presenter_page.rows(on.rows, "Checking, and warming every demo ...")
        preflight(on)
        yield presenter_page.rows(on.rows)

    again.click(check, None, panel, show_progress="hidden", concurrency_limit=1, api_visibility="private")


def preflight(on: Stage, tell=None) -> None:
    """Check and warm everything; `tell(row)` hears of each row as it is found."""
    on.rows, on.watch.ready = [], set()
    for name, row in presenter_preflight.rows(on.props, tuple(on.demos)):
        on.rows.append(row)
        if name and row.good:
            on.watch.ready.add(name)
        if tell:
            tell(row)


def reset(on: Stage) -> str:
    """Remove what the demos hold for anybody, start a service that died anew, and say so."""
    on.watch.clear()
    try:
        on.props.clear()
    except CookbookError as error:
        return f"The answers are cleared, but not all of the rest: {error}"
    return RESET


def _recordings(titles: dict[str, str]) -> str:
    try:
        found = presenter_recorded.read()
    except CookbookError:  # the preflight says so
        found = {}
    return "".join(
        presenter_recorded.html(found[name], name, title) if name in found else presenter_recorded.missing(name, title)
        for name, title in titles.items()
    )


def serve(name: str = "", host: str = safety.LOCAL, port: int = 7860, script: Path | None = None) -> None:
    """Check everything, then serve the desk until Ctrl-C. Raises CookbookError for a mistake in the script and another host."""
    if not safety.is_local(host):
        raise CookbookError(
            "the presenter's desk is for the presenter's own machine, since whoever opens it could reset the demos: leave --host "
            "away here, and start `cookbook demo --host 0.0.0.0` beside it with another --port for the room"
        )
    for asks in ("httpx", "httpx2"):  # the terminal shows the preflight, and not each request to the service
        logging.getLogger(asks).setLevel(logging.WARNING)
    on = stage(name, script)
    try:
        preflight(on, lambda row: print(presenter_preflight.line(row), flush=True))
        safety.serve(lambda: make_app(on), host, port, **presenter_page.head())
    finally:
        on.props.close()
