"""The family's chooser and chart say what the published figures say."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from phicookbook import facts
from phicookbook.demos.family import BENCHMARKS, LABELS, PLACES, advice, chart, describe, make_demo, needs_of, points
from phicookbook.family import Needs, choose
from phicookbook.family.choose import relaxations


@pytest.mark.parametrize("needs", [Needs(), Needs(memory_gb=24, reasoning=True, where="gpu"), Needs(where="serverless")])
def test_the_choice_is_the_chooser_s(needs):
    page = describe(needs)
    assert f"<h4>{choose(needs).member.name}</h4>" in page
    assert page.count("<li>") == len(choose(needs).why) + 1


def test_nothing_fits_is_told_with_what_to_change():
    page = describe(Needs(memory_gb=1))
    assert re.match(r"<p><strong>Nothing fits.</strong> Change one of these: Memory for the model \(GB\): [\d.]+[.;]", page)
    assert "Reads images: off; Thinks before it answers: off" in describe(Needs(memory_gb=80, vision=True, reasoning=True))
    assert "relax two of them" in describe(Needs(memory_gb=1, vision=True, reasoning=True))


def test_advice_that_is_followed_helps():
    needs = Needs(memory_gb=2, context=32_768)
    for name, value in relaxations(needs).items():
        assert "Nothing fits" not in describe(replace(needs, **{name: value})), name
    assert all(f"{LABELS[name]}: " in advice(needs) for name in relaxations(needs))


def test_controls_start_as_the_needs_do():
    import gradio as gr

    demo = make_demo()
    event = next(event for event in demo.fns.values() if event.api_name == "choose")
    assert needs_of(*(control.value for control in event.inputs)) == Needs()
    assert event.fn(*(control.value for control in event.inputs)) == describe(Needs())
    labels = [c.label for c in demo.blocks.values() if isinstance(c, (gr.Slider, gr.Radio, gr.Checkbox, gr.Dropdown, gr.HTML))]
    assert all(labels) and len(set(labels)) == len(labels)


def test_every_place_is_one_of_the_chooser_s():
    for where in PLACES:
        needs_of(80, "4", "4096", False, False, False, 0, 50, where)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_chart_names_every_figure_with_its_source(name):
    page, rows = chart(name), points(name)
    assert len(rows) >= 3 and page.count("<tr>") == len(rows) + 1
    alt = re.search(r'alt="([^"]+)"', page)[1]
    for member, _, _, value, _ in rows:
        assert member in alt and str(facts.published(member, name).value) in page and f"{value}" in alt
    assert page.count("https://") + page.count("arXiv:") >= len(rows)
