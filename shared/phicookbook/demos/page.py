"""What every demo's page shares: its look, user text that is shown and never run, errors as sentences.

shown("<b>{{value}}</b>")   # "&lt;b&gt;&#123;&#123;value&#125;&#125;&lt;/b&gt;"
"""

from __future__ import annotations

import html
import inspect
from functools import wraps

from phicookbook.settings import CookbookError

# Gradio takes the text of an HTML component for a template: a visitor's braces and dollars must be entities, as "<" and "&" are.
MARKS = "{}$`\\"
CSS = """
.gradio-container { max-width: 1200px !important; margin: 0 auto !important; }
.passage { border-left: 3px solid #0072B2; margin: 0 0 0.8em; padding: 0.1em 0.8em; overflow-wrap: anywhere; }
.passage h4, .panel h4 { margin: 0.3em 0; font-size: 1em; overflow-wrap: anywhere; }
.passage p { margin: 0.3em 0; white-space: pre-wrap; }
.passage mark { background: #D9EEF9; color: black; padding: 0 2px; }
.passage mark.cited { background: #F0E442; color: black; text-decoration: underline; }
.panel { overflow-x: auto; overflow-wrap: anywhere; }
.panel table { border-collapse: collapse; }
.panel th, .panel td { padding: 2px 10px 2px 0; text-align: left; overflow-wrap: normal; }
.panel td:last-child { min-width: 11em; overflow-wrap: anywhere; }
.panel .rolls { overflow-x: auto; width: 0; min-width: 100%; }  /* what it holds widens it, and not the page */
.panel img { max-width: 100%; height: auto; background: white; }
.example button, button.example { white-space: normal; text-align: left; }
/* Gradio lets a panel's label float over its first line, and keeps a box's height when the window gets narrower. */
.gradio-container .block .html-container.label-padding { padding-top: 2.2em; }
.gradio-container textarea { overflow-y: auto !important; }
.dark { --color-accent: var(--primary-400); }
"""
# Gradio's greys and its blue are too pale for small text and for white text: these reach WCAG AA's 4.5 to 1.
COLOURS = {
    "body_text_color_subdued": "*neutral_500", "input_placeholder_color": "*neutral_500",
    "input_placeholder_color_dark": "*neutral_400", "color_accent": "*primary_600",
    "button_primary_background_fill": "*primary_600", "button_primary_background_fill_hover": "*primary_700",
    "button_primary_border_color": "*primary_600", "button_primary_border_color_hover": "*primary_700",
}  # fmt: skip


def look(css: str = "", head: str = "") -> dict:
    """The theme and style to launch with: fonts of the visitor's own system, so that none is fetched, and readable colours.

    `css` and `head` are more of a page's own.
    """
    from gradio import themes

    fonts = {"font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"]}
    theme = themes.Default(primary_hue="blue", **fonts).set(**COLOURS)
    return {"theme": theme, "css": CSS + css, "head": head or None}


def shown(text: str) -> str:
    """A text as HTML that shows it to the letter, wherever in a page or a template it is put."""
    return harmless(html.escape(text))


def harmless(markup: str) -> str:
    """HTML of our own, with text that was escaped already, in which Gradio's templates find nothing to fill in."""
    return markup.translate({ord(mark): f"&#{ord(mark)};" for mark in MARKS})


def one_line(text: str, what: str, most: int) -> str:
    """A visitor's text as one line; `what` names it, such as "question". Raises CookbookError for an empty one or over `most`
    characters."""
    text = " ".join((text or "").split())
    if not text:
        raise CookbookError(f"the {what} is empty: type one, or choose an example")
    if len(text) > most:
        raise CookbookError(f"a {what} has at most {most} characters here; this one has {len(text)}: shorten it")
    return text


def told(work):
    """The handler of an event, with every error as a sentence in the page.

    A CookbookError is shown as it is. Anything else is our mistake: the terminal gets the traceback, the visitor what to do.
    """

    @wraps(work)
    def plain(*values):
        try:
            return work(*values)
        except Exception as error:
            raise _sentence(error) from error

    @wraps(work)
    def streaming(*values):
        try:
            yield from work(*values)
        except Exception as error:
            raise _sentence(error) from error

    return streaming if inspect.isgeneratorfunction(work) else plain


def _sentence(error: Exception):
    import gradio as gr

    if isinstance(error, gr.Error):
        return error
    if isinstance(error, CookbookError):
        return gr.Error(shown(str(error)), duration=None, title="That did not work", print_exception=False)
    return gr.Error(
        "Something in this demo broke. Try it again; the terminal in which it runs shows what went wrong.",
        duration=None,
        title="That did not work",
    )
