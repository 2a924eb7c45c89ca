"""The presenter's desk in a real Chromium: the script by keyboard, a service killed in the middle, silence, reset, contrast.

One server for all tests, with the real pocket and a real fine-tuning service. The tuned model is pocket again, which saves
training one.
"""

from __future__ import annotations

import os
import re
import signal

import pytest
from chromium import Visit
from playwright.sync_api import expect
from presenter_desk import MUTE, Mute, enter, has_begun, picture, press, selected, taken_over, to_tab, walk
from service_client import PATIENCE, ROWS, jsonl

from phicookbook import settings
from phicookbook.corpora import headlines
from phicookbook.demos import presenter, presenter_page, presenter_recorded, presenter_watch, safety, wizard_service
from phicookbook.demos.playground import EXAMPLES
from phicookbook.demos.presenter_preflight import Props
from phicookbook.demos.wizard_service import GONE, Service
from phicookbook.doctor import Row
from phicookbook.settings import DATASETS


@pytest.fixture(scope="module")
def pocket():
    from phicookbook.models import open_model

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_THREADS", "1")
        return Mute(open_model("pocket"))


@pytest.fixture(scope="module")
def on(pocket, tmp_path_factory):
    """The stage, as it is after a preflight in which every demo but edge had answered."""
    guide = tmp_path_factory.mktemp("guide")
    (guide / "inn.md").write_bytes((DATASETS / "travel" / "documents" / "belize-city" / "heaghor-inn.md").read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_THREADS", "1")
        for name in ("PHI_MODEL", "PHI_SEED", "PHI_API_KEY"):
            patch.delenv(name, raising=False)
        patch.setattr(wizard_service, "PATIENCE", PATIENCE)
        more = {
            "playground": {"base": pocket.model, "tuned": pocket}, "prompting": {"model": pocket.model},
            "retrieval": {"model": pocket.model, "guide": guide},
        }  # fmt: skip
        props = Props(Service(folder=tmp_path_factory.mktemp("service")), more=more)
        stage = presenter.stage("", props=props)
        stage.rows = [Row("demo family", "ready", True), Row("demo edge", "does not answer", False, "No <disk>: free some.")]
        stage.watch.ready = {"playground"}
        yield stage
        pocket.speaks.set()
        props.close()


@pytest.fixture(scope="module")
def address(on):
    running = safety.start(lambda: presenter.make_app(on), **presenter_page.head())
    yield running.address
    running.close()


@pytest.fixture
def visit(browser, address):
    """A presenter's visit with a clock that the test can turn."""
    visit = Visit(browser, "about:blank")
    visit.page.clock.install()
    visit.page.set_viewport_size({"width": 1280, "height": 800})
    visit.page.goto(address)
    visit.page.locator(".desk-step:visible").wait_for()
    yield visit
    visit.context.close()


def test_the_preflight_comes_first_and_shows_what_is_missing(visit):
    panel = visit.page.locator("#tab-preflight")
    selected(visit, "preflight")
    assert "1 of 2 rows need a look" in panel.inner_text() and "No <disk>: free some." in panel.inner_text()
    picture(visit, "preflight")
    assert visit.wrong == []


def test_the_whole_script_by_keyboard(visit, on, pocket):
    page, steps = visit.page, on.script.steps
    press(visit, "PageUp")  # to the first step, where a clicker starts too
    for place, step in enumerate(steps):
        selected(visit, step.demo)
        shown = page.locator(".desk-step:visible")
        assert all(text in shown.inner_text() for text in (f"Step {place + 1} of {len(steps)}", step.say, step.click, step.sees))
        assert page.locator("#desk-step-left").inner_text() == f"{step.minutes:.0f}:00"
        assert page.locator(".recording:visible").count() == 0
        DOES.get(step.demo, lambda visit: None)(visit)
        assert not visit.is_wider_than_the_screen()
        picture(visit, f"step-{place + 1}")
        page.evaluate("document.activeElement.blur()")
        press(visit, "n" if place % 2 else "PageDown")
    assert page.locator(".desk-step:visible h3").inner_text().startswith(f"Step {len(steps)} of")
    assert visit.wrong == []


def play(visit: Visit) -> None:
    enter(visit, EXAMPLES[1])
    has_begun(visit, "Tuned: what it cost", "done")
    has_begun(visit, "Base: what it cost", "done")


def prompt(visit: Visit) -> None:
    enter(visit, "Ask")
    has_begun(visit, "What the answer cost", "done")


def need(visit: Visit) -> None:
    visit.page.get_by_label("Thinks before it answers").press("Space")
    visit.page.locator("#tab-family h4").first.wait_for()


DOES = {"playground": play, "prompting": prompt, "family": need}


def test_the_clock_starts_on_its_key_and_tells_what_is_left(visit, on):
    page, first = visit.page, on.script.steps[0]
    left = lambda: [page.locator(f"#desk-{name}-left").inner_text() for name in ("step", "total")]  # noqa: E731
    page.clock.pause_at(page.evaluate("Date.now()") + 1_000)
    page.clock.run_for(60_000)
    assert left() == [f"{first.minutes:.0f}:00", f"{on.script.minutes:.0f}:00"]
    press(visit, "s")
    page.clock.run_for(61_000)
    assert left() == [f"{first.minutes - 2:.0f}:59", f"{on.script.minutes - 2:.0f}:59"]
    press(visit, "n")
    assert left()[0] == f"{on.script.steps[1].minutes:.0f}:00"
    page.clock.run_for(int(on.script.steps[1].minutes * 60_000) + 5_000)
    assert left()[0] == "0:05 over"
    press(visit, "s")
    before = left()
    page.clock.run_for(30_000)
    assert left() == before


def headline(visit, text):
    """The box of headlines, with that text in it instead of the one that the page writes when its tab is first seen."""
    box = visit.page.get_by_label("Headline", exact=True)
    expect(box).to_have_value(EXAMPLES[0])
    for _ in range(50):
        box.fill(text)
        visit.page.wait_for_timeout(200)
        if box.input_value() == text:
            break
    return box


def test_keys_type_where_one_types_and_can_be_turned_off(visit):
    page = visit.page
    to_tab(visit, "playground")
    box = headline(visit, "")
    box.press_sequentially("fnsr")
    assert box.input_value() == "fnsr" and "Step 1 of" in page.locator(".desk-step:visible").inner_text()
    press(visit, "Escape", "k", "n")
    assert "Step 1 of" in page.locator(".desk-step:visible").inner_text()
    press(visit, "k", "n")
    assert "Step 2 of" in page.locator(".desk-step:visible").inner_text()
    press(visit, "h")
    assert page.locator(".desk-step:visible").count() == 0
    press(visit, "h", "l")
    assert page.evaluate("document.body.classList.contains('projector')") is False


def test_every_demo_has_its_recording_one_key_away(visit, on):
    page, kept = visit.page, presenter_recorded.read()
    for name in on.demos:
        to_tab(visit, name)
        press(visit, "f")
        shown = page.locator(f".recording[data-demo={name}]:visible")
        shown.wait_for()
        assert all(text in shown.inner_text() for text in ("RECORDED", kept[name].day, kept[name].models))
        assert not page.locator(f"#tab-{name}").is_visible() and not visit.is_wider_than_the_screen()
        picture(visit, f"recorded-{name}")
        press(visit, "f")
        page.locator(f"#tab-{name}").wait_for()
        assert page.locator(".recording:visible").count() == 0
    assert visit.wrong == []


def begin_a_job(visit: Visit, tmp_path) -> None:
    """From the first page to a job that trains."""
    page, file = visit.page, tmp_path / "mine.jsonl"
    file.write_bytes(jsonl(ROWS * 20))
    to_tab(visit, "finetuning")
    walk(page, "Connect to the service", "Next: task", "Next: data")
    page.get_by_role("radio", name="A file of my own").check()
    page.locator("#wizard-page-2 input[type=file]").set_input_files(file)
    page.locator("#wizard-page-2 .file-preview").wait_for()
    walk(page, "Check and preview")
    page.get_by_text("The first 5").wait_for()
    walk(page, "Next: validation", "Next: knobs")
    page.get_by_role("textbox", name="n_epochs").fill("50")
    walk(page, "Next: review", "Submit the job")
    page.get_by_role("img", name="Loss curves").first.wait_for()


def test_a_service_killed_in_the_middle_is_replaced_and_a_reset_starts_anew(visit, on, tmp_path):
    page, service = visit.page, on.props.service
    begin_a_job(visit, tmp_path)
    os.kill(service._background.process.pid, signal.SIGKILL)
    taken_over(visit, "finetuning", GONE)
    picture(visit, "taken-over")
    press(visit, "f")  # back to the demo, which stays
    page.locator("#tab-finetuning").wait_for()
    to_tab(visit, "playground")
    page.get_by_label("Headline", exact=True).fill("typed before the reset")
    to_tab(visit, "retrieval")
    page.locator("#tab-retrieval input[type=file]").set_input_files(
        {"name": "a.md", "mimeType": "text/markdown", "buffer": b"Hi."}
    )
    page.get_by_text("a.md: 1 passage").wait_for()
    assert len(on.props.files) == 1 and on.props.wizard.drafts
    jobs = [job for draft in on.props.wizard.drafts.values() for job in draft.jobs]
    page.locator("[data-do=reset]").click()
    page.get_by_text(presenter.RESET).wait_for()
    to_tab(visit, "playground")
    assert page.get_by_label("Headline", exact=True).input_value() == EXAMPLES[0]
    assert "Step 1 of" in page.locator(".desk-step:visible").inner_text() and page.locator(".recording:visible").count() == 0
    assert len(on.props.files) == 0 and on.props.wizard.drafts == {} and on.watch.troubles() == {}
    client = service.client()
    assert [model.id for model in client.models.list()] == ["pocket"] and list(client.files.list()) == []
    assert jobs and not any((service._folder / "jobs" / job).exists() for job in jobs)
    to_tab(visit, "finetuning")
    walk(page, "Connect to the service")
    page.get_by_text("Connected.").wait_for()


def test_a_model_that_says_nothing_is_replaced_until_it_speaks(visit, pocket):
    page = visit.page
    to_tab(visit, "playground")
    headline(visit, MUTE)
    walk(page, "Ask both models")
    taken_over(visit, "playground", "has not said a word")
    pocket.speaks.set()
    page.evaluate("document.activeElement.blur()")
    press(visit, "f")
    has_begun(visit, "Tuned: pocket", pocket.model.chat(headlines.prompt(MUTE), max_new_tokens=64).text)
    assert visit.wrong == []


def test_what_the_desk_waits_for_is_less_than_five_seconds():
    """A silent model is told after PATIENCE, a dead service or server after a question of its own, and all by the next asking."""
    program = (settings.PACKAGE / "demos" / "web" / "presenter.js").read_text(encoding="utf-8")
    asks, gives_up = (int(re.search(rf"{name} = (\d+)", program)[1]) / 1000 for name in ("ASK_EVERY", "GIVE_UP"))
    assert presenter_watch.PATIENCE + asks + presenter_watch.SERVICE_SECONDS / 2 < 5
    assert gives_up > presenter_watch.SERVICE_SECONDS and asks + gives_up < 5


def test_nobody_is_left_out(browser, address, on):
    """WCAG 2.1 A and AA by axe-core, on every tab and every recording."""
    from axe_playwright_python.sync_playwright import Axe

    visit = Visit(browser, "about:blank")
    visit.page.emulate_media(color_scheme="dark")
    visit.page.goto(address)
    visit.page.locator(".desk-step:visible").wait_for()
    options = {"preload": False, "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    for name in ("preflight", *on.demos):
        to_tab(visit, name)
        for key in ("f", "f") if name != "preflight" else ("Escape",):
            press(visit, key)
            visit.page.wait_for_timeout(400)  # colours fade from one to the other
            found = Axe().run(visit.page, options=options).response
            faults = [(name, fault["id"], node["html"][:200]) for fault in found["violations"] for node in fault["nodes"]]
            assert found["passes"] and not faults
    visit.context.close()
