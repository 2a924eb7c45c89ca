"""The presenter's script: what a file must hold, and the sentence for each mistake."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from phicookbook import cli
from phicookbook.demos import presenter_script
from phicookbook.demos.presenter_script import Script, read
from phicookbook.demos.workshop import TABS
from phicookbook.settings import CookbookError

STEP = {"demo": "edge", "minutes": 2, "say": "Say this.", "click": "Start", "sees": "A race"}


def test_the_book_s_script_visits_every_demo():
    script = read()
    assert {step.demo for step in script.steps} == {name for name, _ in TABS}
    assert script.minutes == sum(step.minutes for step in script.steps) and "\n" not in script.steps[0].say


@pytest.fixture
def file(tmp_path):
    def write(content) -> object:
        path = tmp_path / "talk.yaml"
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    "change, told",
    [
        ({"demo": "egde"}, r"step 2: no tab is called 'egde': choose playground, family"),
        ({"demo": None}, "step 2: no tab is called None"),
        ({"demo": ["edge"]}, "step 2: no tab is called"),
        ({"minutes": 0}, "step 2: minutes is 0: give a number above 0"),
        ({"minutes": -3}, "step 2: minutes is -3"),
        ({"minutes": "five"}, "step 2: minutes is 'five'"),
        ({"minutes": True}, "step 2: minutes is True"),
        ({"minutes": float("nan")}, "step 2: minutes is nan"),
        ({"say": "  "}, "step 2 has no text under 'say'"),
        ({"click": None}, "step 2 has no text under 'click'"),
        ({"sees": 3}, "step 2 has no text under 'sees'"),
        ({"says": "x"}, "step 2 has says, which is not read: write demo, minutes, say, click, sees"),
    ],
)
def test_a_mistake_names_the_file_and_the_step(file, change, told):
    with pytest.raises(CookbookError, match=told) as caught:
        read(file({"title": "Talk", "steps": [STEP, STEP | change]}))
    assert "talk.yaml" in str(caught.value)


@pytest.mark.parametrize(
    "content, told",
    [
        ("title: x\nsteps: []", "has no steps"), ("just a text", "has no steps"), ("", "has no steps"), 
        ("steps: [1]\ntitle: x", "step 1 is no step"),
        ("title: [\n", "is not YAML"), ({"steps": [STEP]}, "has no title"), ({"title": 3, "steps": [STEP]}, "has no title"),
    ],
)  # fmt: skip
def test_what_is_no_script_gets_a_sentence(file, content, told):
    with pytest.raises(CookbookError, match=told):
        read(file(content))


JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*STEP, "title", "steps"]), inner, max_size=4),
    max_leaves=12,
)


@given(JUNK)
def test_whatever_the_file_holds_comes_back_as_a_script_or_a_sentence(tmp_path_factory, junk):
    path = tmp_path_factory.getbasetemp() / "junk.yaml"
    path.write_text(yaml.safe_dump(junk, allow_unicode=True), encoding="utf-8")
    try:
        assert isinstance(read(path), Script)
    except CookbookError as error:
        assert "junk.yaml" in str(error)


def test_one_demo_s_steps():
    script = read()
    assert {step.demo for step in script.only("finetuning").steps} == {"finetuning"} and script.only("") == script
    with pytest.raises(CookbookError, match="the script has no step for 'edge'"):
        script.only("family").only("edge")


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["--script", "x.yaml"], "--script is read by the presenter's desk: give --presenter too"),
        (["--presenter", "--script", "nowhere.yaml"], "nowhere.yaml does not exist"),
        (["--presenter", "--host", "0.0.0.0"], "for the presenter's own machine"),
        (["--presenter", "egde"], "Did you mean 'edge'"),
        (["--record", "egde"], "Did you mean 'edge'"),
        (["--presenter", "--record"], "--record ends when it has recorded"),
    ],
)
def test_the_command_refuses_in_a_sentence(arguments, told, capsys):
    assert cli.main(["demo", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_the_shipped_file_is_where_the_card_says():
    assert presenter_script.FILE.name in (presenter_script.FILE.parent / "README.md").read_text(encoding="utf-8")
