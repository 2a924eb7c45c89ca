"""What counts as a demo that does not answer, and what does not."""

from __future__ import annotations

import inspect

import gradio as gr
import pytest

from phicookbook.chat import NoAnswer
from phicookbook.demos import telling
from phicookbook.demos.page import told
from phicookbook.demos.presenter_watch import BROKE, PATIENCE, Watch
from phicookbook.demos.wizard_service import GONE, Service
from phicookbook.settings import CookbookError


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watch(clock):
    return Watch(clock=clock)


def raising(error: Exception):
    def work():
        yield "begun"
        raise error

    return told(work)


def test_a_visitor_s_mistake_is_no_trouble(watch):
    with pytest.raises(gr.Error):
        list(watch.watched("edge", raising(CookbookError("the headline is empty")))())
    assert watch.troubles() == {}


@pytest.mark.parametrize(
    "error, sentence", [(KeyError("a secret"), BROKE), (NoAnswer("https://x cannot be reached"), "https://x cannot be reached")]
)
def test_a_demo_that_breaks_is_in_trouble_until_it_answers_again(watch, error, sentence):
    with pytest.raises(gr.Error):
        list(watch.watched("edge", raising(error))())
    assert watch.troubles() == {"edge": sentence}
    assert list(watch.watched("edge", lambda: iter(["x"]))()) == ["x"] and watch.troubles()

    def well():
        yield 1

    assert list(watch.watched("edge", well)()) == [1]
    assert watch.troubles() == {}


def test_silence_counts_for_a_demo_that_was_warmed_and_only_while_it_computes(watch, clock):
    seen = []

    def work():
        yield "a word"
        clock.now += PATIENCE
        seen.append(watch.troubles())
        yield "another"

    for ready in (set(), {"edge"}):
        watch.ready = ready
        steps = watch.watched("edge", work)()
        assert next(steps) == "a word"
        clock.now += 100  # the page takes its time
        assert watch.troubles() == {}
        assert next(steps) == "another"
        steps.close()
    assert seen == [{}, {"edge": f"The model behind this demo has not said a word for {PATIENCE:.0f} seconds."}]
    assert watch.troubles() == {}


def test_a_line_that_says_that_something_is_gone_is_trouble(watch):
    def work(error):
        yield telling.mistake(error), "", None

    list(watch.watched("reasoning", work)(CookbookError("choose one to three models")))
    assert watch.troubles() == {}
    list(watch.watched("reasoning", work)(NoAnswer("gone <b>")))
    assert list(watch.troubles()) == ["reasoning"]
    watch.clear()
    assert watch.troubles() == {}


def test_a_handler_keeps_its_kind_and_its_signature(watch):
    def work(text: str, request: gr.Request):
        yield text

    watched = watch.watched("edge", work)
    assert inspect.isgeneratorfunction(watched) and list(inspect.signature(watched).parameters) == ["text", "request"]
    assert watch.watched("edge", len)("abc") == 3


def test_a_service_that_nobody_connected_to_is_no_trouble_and_one_that_is_gone_is():
    service = Service("http://127.0.0.1:9/v1")
    assert Watch(service).troubles() == {}
    with pytest.raises(NoAnswer):
        service.connect()
    assert Watch(service).troubles() == {"finetuning": GONE}
