"""Every page as it is built: each control has a name, long work can be ended, and what runs at the same time is limited."""

from __future__ import annotations

import inspect

import pytest

from phicookbook.demos import safety
from phicookbook.demos.workshop import TABS, make_app

NAMES = [name for name, _ in TABS]
JOB = "Cancel the job"  # ends the job in the service, and with it the event that follows it


@pytest.fixture(scope="module")
def pages():
    return {name: make_app(name) for name in NAMES}


def name_of(part) -> str:
    """What a control is called on the page."""
    import gradio as gr

    return (part.value if isinstance(part, gr.Button) else getattr(part, "label", "")) or ""


@pytest.mark.parametrize("name", NAMES)
def test_every_control_and_result_has_a_name(pages, name):
    import gradio as gr

    parts = [part for part in pages[name].blocks.values() if isinstance(part, gr.components.Component)]
    unnamed = [
        type(part).__name__ for part in parts if not isinstance(part, (gr.Markdown, gr.State)) and not name_of(part).strip()
    ]
    assert len(parts) > 5 and unnamed == []


@pytest.mark.parametrize("name", [name for name in NAMES if name != "finetuning"])
def test_long_work_tells_its_progress_and_can_be_ended(pages, name):
    """Whatever works for long is a generator, which tells on the way how far it is; a button ends each of them."""
    events = pages[name].fns
    ended = {each for event in events.values() for each in event.cancels}
    long = {each for each, event in events.items() if inspect.isgeneratorfunction(event.fn)}
    assert long == ended and (long or name == "family")


def test_the_wizard_s_job_and_chat_can_be_ended(pages):
    """Its pages answer at once or after a check; what lasts is the job, which the service ends, and the chat."""
    import gradio as gr

    events = pages["finetuning"].fns
    buttons = {part.value: part._id for part in pages["finetuning"].blocks.values() if isinstance(part, gr.Button)}
    asked = {each for each, event in events.items() if (buttons["Ask both"], "click") in event.targets}
    ended = {each for event in events.values() for each in event.cancels}
    assert asked and asked <= ended
    assert [event for event in events.values() if (buttons[JOB], "click") in event.targets and event.fn]


@pytest.mark.parametrize("name", NAMES)
def test_no_event_runs_as_often_as_visitors_ask(pages, name):
    for event in pages[name].fns.values():
        if event.queue and event.fn:
            assert event.concurrency_limit is not None, event.api_name


def test_the_queue_is_bounded():
    running = safety.start(lambda: make_app("family"))
    try:
        assert running.demo._queue.max_size == safety.MOST_WAITING
    finally:
        running.close()
