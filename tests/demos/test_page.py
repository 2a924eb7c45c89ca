"""User text is shown and not run, and errors are sentences."""

from __future__ import annotations

import html

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook.demos.page import harmless, look, shown, told
from phicookbook.settings import CookbookError


@given(st.text())
def test_shown_text_reads_as_it_was_and_holds_no_mark_of_html_or_templates(text):
    markup = shown(text)
    assert html.unescape(markup) == html.unescape(html.escape(text))
    assert not set(markup) & set("<>\"'{}$`\\")


def test_markup_of_our_own_stays():
    assert harmless("<b>${x} {{y}}</b>") == "<b>&#36;&#123;x&#125; &#123;&#123;y&#125;&#125;</b>"


def test_a_mistake_that_can_be_mended_is_told_as_it_is():
    def work(value):
        raise CookbookError(f"{value} is <no> number")

    with pytest.raises(gr.Error) as caught:
        told(work)("<b>")
    assert caught.value.message == "&lt;b&gt; is &lt;no&gt; number" and caught.value.duration is None


def test_a_mistake_of_ours_tells_nothing_of_the_inside():
    def work(value):
        yield value
        raise KeyError("a secret")

    steps = told(work)(1)
    assert next(steps) == 1
    with pytest.raises(gr.Error) as caught:
        next(steps)
    assert "secret" not in caught.value.message and "the terminal" in caught.value.message


def test_handlers_keep_their_signature_and_kind():
    import inspect

    def work(text: str, request: gr.Request):
        yield text

    assert list(inspect.signature(told(work)).parameters) == ["text", "request"]
    assert inspect.isgeneratorfunction(told(work)) and not inspect.isgeneratorfunction(told(len))
    assert told(len)("abc") == 3


def test_the_theme_fetches_no_font():
    theme = look()["theme"]
    assert theme._stylesheets == [] and "http" not in theme._font_css.__repr__()
