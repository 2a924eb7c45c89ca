"""The prompting bench: prompts from parts, tokens by role, and what sampling does to the first token."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook.demos.answering import later
from phicookbook.demos.prompting import EXAMPLES, FIELDS, LONGEST, compose, examples_of, first_tokens, make_demo, run, token_view
from phicookbook.settings import CookbookError


def test_examples_are_read_line_by_line():
    assert examples_of("plum => zop\n\n saw=>kel \na => b => c") == [("plum", "zop"), ("saw", "kel"), ("a", "b => c")]
    assert examples_of("") == examples_of(None) == []


@pytest.mark.parametrize("line", ["plum", "plum =>", "=> zop"])
def test_a_line_without_input_and_label_is_named(line):
    with pytest.raises(CookbookError, match=r"line 2 of the examples is .*write it as input => label"):
        examples_of(f"a => b\n{line}")


def test_a_prompt_from_its_parts():
    assert compose(" Follow. ", "{x} -> {y}", [("plum", "zop")], " pear ") == "Follow.\nplum -> zop\npear ->"
    assert compose("", "Q: {x}\nA: {y}", [], "why") == "Q: why\nA:"


@given(st.text(alphabet="{}xy._a0:!9"), st.text(alphabet="{}xy._a"))
def test_braces_of_a_visitor_are_text(x, y):
    assert compose("", "{x} = {y}", [(x, y)], "z") == f"{x} = {y}\nz ="


@pytest.mark.parametrize(
    "line, pairs, query, says",
    [
        ("{y}", [], "a", "needs {x} for the input$"),
        ("{x}", [("a", "b")], "a", "and {y} for the label"),
        ("{x}", [], "  ", "the input is empty"),
        ("{x:99999999}", [], "a", "needs {x}"),
        ("{x}", [], "a" * (LONGEST + 1), "4,001 characters, and 4,000 are allowed"),
    ],
)
def test_what_does_not_fit_is_told(line, pairs, query, says):
    with pytest.raises(CookbookError, match=says):
        compose("", line, pairs, query)


def test_tokens_are_shown_by_role_and_html_is_not_run(tiny):
    view = token_view(tiny, "<script>alert(1)</script> {{value}} ${value}", "Be brief.")
    assert "<script" not in view and "{" not in view and "$" not in view
    counts = {role: int(count) for count, role in re.findall(r"(\d+) (system|user|template)", view)}
    assert len(counts) == 3 and sum(counts.values()) == int(re.search(r"(\d+) tokens", view)[1])


def test_first_tokens_before_and_after_sampling(tiny):
    def shares(*settings):
        rows = re.findall(r"<td>([\d.]+)%</td><td>([\d.]+)%</td>", first_tokens(tiny, "Hello", "", *settings))
        return [[float(value) for value in column] for column in zip(*rows, strict=True)]

    before, greedy = shares(0, 0, 1.0)
    assert before == sorted(before, reverse=True) and greedy == [100.0] + [0.0] * 7
    _, two = shares(1.0, 2, 1.0)
    assert sum(two[:2]) == pytest.approx(100, abs=0.11) and two[2:] == [0.0] * 6
    assert shares(1.0, 0, 1.0)[1] == before


def test_a_model_elsewhere_is_told():
    class Elsewhere:
        name = "far <b>"

    assert "far &lt;b&gt; answers from elsewhere" in token_view(Elsewhere(), "a")
    assert "cannot be shown" in first_tokens(Elsewhere(), "a", "", 0, 0, 1)


def test_a_run_shows_the_prompt_and_then_the_models_own_answer(tiny):
    parts = ("Be brief.", "", "{x} is {y}", "a => 1\nb => 2", 1, "c")
    steps = list(run(later(tiny), parts, (0, 0, 1, 42, 6)))
    tokens, table, text, cost = steps[-1]
    assert text == tiny.chat("a is 1\nc is", "Be brief.", max_new_tokens=6).text.strip() and cost.startswith("done")
    assert tokens == token_view(tiny, "a is 1\nc is", "Be brief.") and table.startswith("<table>")
    assert steps[0] == ("", "", "", "reading the prompt ...")


def test_the_same_seed_draws_the_same_answer():
    draws = [list(run(later("pocket"), ("", "", "{x}", "", 0, "Hello"), (2, 0, 1, seed, 12)))[-1][2] for seed in (1, 1, 2, 3, 4)]
    assert draws[0] == draws[1] and len(set(draws)) > 1


@pytest.mark.parametrize("values", EXAMPLES.values(), ids=list(EXAMPLES))
def test_examples_fit(values):
    _, instruction, line, examples, shots, query = values
    assert len(values) == len(FIELDS)
    assert compose(instruction, line, examples_of(examples)[:shots], query)


def test_every_control_has_a_label():
    import gradio as gr

    kinds = (gr.Textbox, gr.Slider, gr.Number, gr.HTML)
    labels = [c.label for c in make_demo().blocks.values() if isinstance(c, kinds)]
    assert all(labels) and len(set(labels)) == len(labels)
