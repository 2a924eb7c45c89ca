"""The edge demo: exports made once, a race with its table, and the page in a browser, all on a tiny model."""

from __future__ import annotations

import re

import chromium
import pytest
from chromium import Visit
from demo_page import fits, opened, press, quiet, tab_to

from phicookbook.corpora.headlines import Headline
from phicookbook.demos.edge import LONGEST, MOST_HEADLINES, Lane, chosen_of, exported, lanes_of, make_demo, race, run, table
from phicookbook.edge.form import Form
from phicookbook.settings import CookbookError
from phicookbook.statistics import Rate

OWN = "Contoso was breached\n\n  The   system was breached \n"


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """The artifacts folder of this file: an export is made once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_THREADS", "1")
        yield tmp_path_factory.mktemp("edge")


@pytest.fixture
def source(small_folder, work, monkeypatch):
    """A tiny model, and exports that outlive a test."""
    monkeypatch.setenv("PHI_ARTIFACTS", str(work))
    return str(small_folder)


@pytest.fixture
def lanes(source):
    *_, (_, _, found) = lanes_of(source)
    return found


def test_lanes_are_pytorch_and_three_exports_each_smaller(lanes):
    assert [lane.name for lane in lanes] == ["PyTorch", "fp32", "int8", "int4"]
    assert lanes[0].size == 0 and lanes[1].size > lanes[2].size > lanes[3].size > 0


def test_an_export_is_made_once(source, lanes, monkeypatch):
    import phicookbook.edge

    monkeypatch.setattr(phicookbook.edge, "export", None)
    assert exported(source, Form("int4")).name.endswith("-int4")


def test_a_race_counts_what_was_written_and_fp32_agrees(lanes):
    chosen = [*chosen_of(2, ""), Headline("The system was breached", "", False)]
    assert list(race(lanes, chosen)) == [1, 2, 3]
    assert all(len(lane.said) == len(lane.written) == 3 and len(lane.right) == 2 and lane.speed > 0 for lane in lanes)
    assert lanes[1].said == lanes[0].said and lanes[1].written == lanes[0].written
    shown = table(lanes, chosen)
    assert shown.count("<tr>") == 5 and "Headline 3 of 3" in shown and shown.count("reference") == 2
    row = shown.split("<strong>fp32</strong>")[1].split("</tr>")[0]
    assert row.count(str(Rate(3, 3))) == 2 and "MB" in row


def test_what_is_said_is_shown_and_not_run():
    lane = Lane("<i>x</i>", None, said=["<img src=x onerror=alert(1)> ${7*7} {{value}}"], written=[""])
    shown = table([lane], [Headline("<script>alert(1)</script>", "", False)])
    assert "<img" not in shown and "<script" not in shown and "<i>" not in shown and not re.search(r"[{}$]", shown)


def test_own_headlines_come_one_a_line():
    assert [h.text for h in chosen_of(5, OWN)] == ["Contoso was breached", "The system was breached"]
    assert len(chosen_of(5, " \n ")) == 5


@pytest.mark.parametrize(
    "own, told",
    [
        ("x\n" * (MOST_HEADLINES + 1), f"At most {MOST_HEADLINES} headlines can race; these are {MOST_HEADLINES + 1}."),
        ("fine\n" + "x" * (LONGEST + 1), f"Line 2 has {LONGEST + 1} characters; a headline has at most {LONGEST} here."),
    ],
)
def test_too_much_gets_a_sentence(own, told):
    with pytest.raises(CookbookError, match=re.escape(told)):
        chosen_of(5, own)
    assert told in list(run("nowhere", 5, own))[-1][0]


def test_a_model_that_is_none_gets_a_sentence_and_is_not_kept():
    ready = []
    assert "no model is called" in list(run("nowhere", 5, "", ready))[-1][0] and ready == []


def test_a_visitors_lanes_are_their_own(source):
    ready = []
    first = list(run(source, 5, OWN, ready))
    assert "Opening fp32, 1 of 3" in first[1][0] and "Done: 2 headlines." in first[-1][0]
    assert [lane.name for lane in ready] == ["PyTorch", "fp32", "int8", "int4"] and not any(lane.said for lane in ready)
    second = list(run(source, 5, OWN, ready))
    assert not any("Opening" in status for status, _ in second) and "Headline 2 of 2" in second[-1][1]


def test_the_page_in_a_browser(source):
    """By mouse, by keyboard, a mistake, and a second visitor who races on other headlines."""
    with chromium.opened() as browser, opened(lambda: make_demo(source), browser) as visit:
        page, own = visit.page, "Or your own headlines, one a line"
        page.get_by_role("textbox", name=own).fill("The system was breached\nsays Contoso heron")
        page.get_by_role("button", name="Start the race").click()
        page.get_by_text("Done: 2 headlines.").wait_for()
        region = page.get_by_role("region", name="The race so far")
        assert region.locator("tbody strong").all_inner_texts() == ["PyTorch", "fp32", "int8", "int4"]
        assert fits(visit, "edge")
        other = Visit(browser, visit.address)
        tab_to(other, own)
        other.page.keyboard.type("falcon")
        press(other, "Start the race")
        other.page.get_by_text("Done: 1 headlines.").wait_for()
        assert "falcon" in other.page.inner_text("body") and "heron" not in other.page.inner_text("body")
        assert "heron" in page.inner_text("body") and "falcon" not in page.inner_text("body")
        other.page.get_by_role("textbox", name=own).fill("x\n" * (MOST_HEADLINES + 1))
        press(other, "Start the race")
        other.page.get_by_role("alert").get_by_text(f"At most {MOST_HEADLINES} headlines can race").wait_for()
        assert quiet(visit, other)
