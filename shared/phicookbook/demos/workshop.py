"""The workshop: one app with a tab for each demo, or one demo alone, in a browser or under a notebook's cell.

serve("playground")
running = launch("prompting", model=model); running.close()
"""

from __future__ import annotations

import atexit
import difflib
import importlib

from phicookbook.settings import CookbookError

# A demo's name and its module here, in the order of the tabs.
TABS = (
    ("playground", "playground"), ("family", "family"), ("prompting", "prompting"), ("retrieval", "retrieval"),
    ("finetuning", "wizard"), ("edge", "edge"), ("reasoning", "reasoning"),
)  # fmt: skip
SAYS = "# The Phi Cookbook's workshop\nEverything runs on the machine that serves this page, and nothing you type leaves it."


def check(name: str) -> str:
    """The name of a demo, "" for the workshop. Raises CookbookError with the nearest one when there is none."""
    names = [each for each, _ in TABS]
    if name and name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise CookbookError(f"no demo is called {name!r}. {hint}Choose {', '.join(names)}, or give no name for all of them.")
    return name


def make_app(name: str = "", **options: dict):
    """Blocks of one demo, or of all with a tab each. `options` holds arguments of make_demo by the demo's name.

    No model is opened yet: each demo opens its own when it is first asked. Raises CookbookError for an unknown name.
    """
    import gradio as gr

    check(name)
    found = demos(name, options)
    if name:
        return found[name]
    with gr.Blocks(title="Phi Cookbook: workshop", analytics_enabled=False) as app:
        gr.Markdown(SAYS)
        with gr.Tabs():
            for each, demo in found.items():
                with gr.Tab(title(each), id=each):
                    demo.render()
    return app


def demos(name: str, options: dict[str, dict]) -> dict:
    """The Blocks of a demo, or of all for "", by the demo's name."""
    return {each: _module(each).make_demo(**options.get(each, {})) for each, _ in TABS if name in ("", each)}


def title(name: str) -> str:
    """What stands on a demo's tab."""
    return _module(name).TITLE


def _module(name: str):
    return importlib.import_module(f"phicookbook.demos.{dict(TABS)[name]}")


def serve(name: str = "", host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serve a demo or the workshop until Ctrl-C. Raises CookbookError for an unknown name or an address that cannot be had."""
    from phicookbook.demos import safety

    check(name)
    safety.serve(lambda: make_app(name), host, port)


def launch(name: str, **options):
    """Serve one demo to this machine and show it under a notebook's cell; returns its safety.Running, whose `close()` ends it.

    `options` are arguments of the demo's make_demo, such as a model that the chapter has open. Raises CookbookError for an
    unknown name.
    """
    from IPython.display import IFrame, display

    from phicookbook.demos import safety

    check(name)
    running = safety.start(lambda: make_app(name, **{name: options}))
    atexit.register(running.close)
    print(f"{running.address} shows it in a window of its own; close() ends it.")
    display(IFrame(running.address, width="100%", height=720, extras=[f'title="Demo: {name}"']))
    return running
