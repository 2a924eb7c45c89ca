"""The wizard against a real service: a job from the first page to the chat, cancel, a service that dies, two visitors."""

from __future__ import annotations

import json
import os
import signal

import chromium
import pytest
from chromium import Visit
from demo_page import fits, opened, press, quiet, tab_to
from service_client import ENDED, PATIENCE, ROWS, until

from phicookbook.demos import wizard, wizard_service
from phicookbook.demos.wizard_desk import Desk
from phicookbook.demos.wizard_rows import Rows
from phicookbook.demos.wizard_service import GONE, Gone, Service
from phicookbook.demos.wizard_training import state
from phicookbook.settings import CookbookError

KNOBS = {"batch_size": "4", "learning_rate_multiplier": "auto", "n_epochs": "2"}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_THREADS", "1")
        for name in ("PHI_MODEL", "PHI_SEED", "PHI_API_KEY"):
            patch.delenv(name, raising=False)
        patch.setattr(wizard_service, "PATIENCE", PATIENCE)
        running = Service(folder=tmp_path_factory.mktemp("service"))
        running.connect()
        yield running
        running.stop()


@pytest.fixture
def desk(service):
    service.connect()
    desk = Desk(service)
    yield desk
    for visitor in list(desk.drafts):
        desk.leave(visitor)


def rows_of(chosen=ROWS) -> Rows:
    return Rows("mine.jsonl", tuple(map(json.dumps, chosen)))


def ready(desk: Desk, visitor: str = "ada", rows: Rows | None = None, **knobs):
    """A visitor's draft on the review page."""
    draft = desk.draft(visitor)
    desk.choose_model(draft, desk.models()[0])
    draft.rows = rows or rows_of()
    desk.choose_validation(draft, "split", 0.1, None)
    desk.choose_knobs(draft, KNOBS | knobs, "mine", 7)
    return draft


def test_from_the_first_page_to_the_chat_and_nothing_is_left(desk, service):
    client = service.client()
    draft = ready(desk)
    job_id = desk.submit(draft)
    seen = list(desk.follow(draft, seconds=0.05))
    assert seen[-1].status == "succeeded", seen[-1].job
    assert [step for step, _ in seen[-1].train] == list(range(1, 7)) and seen[-1].valid[-1][0] == 6 == seen[-1].steps
    assert seen[-1].job["seed"] == 7 and any("successfully completed" in line for line in seen[-1].told)
    with pytest.raises(CookbookError, match="Deploy the tuned model first"):
        list(desk.answer(draft, tuned=True, text="Hello"))
    assert desk.deploy(draft) == draft.tuned and draft.tuned.startswith("ft:pocket:cookbook:mine:")
    for tuned in (False, True):
        said = list(desk.answer(draft, tuned, "Is 3 good?"))
        assert said[-1] and all(b.startswith(a) for a, b in zip(said, said[1:]))
    for text in ("  ", "x" * 2_001):
        with pytest.raises(CookbookError, match="Write a message of at most"):
            list(desk.answer(draft, False, text))
    assert draft.tuned in [model.id for model in client.models.list()]
    desk.leave("ada")
    assert [file.id for file in client.files.list()] == []
    assert [model.id for model in client.models.list()] == ["pocket"]
    assert not (service._folder / "jobs" / job_id).exists() and desk.drafts == {}


def test_a_row_that_the_training_refuses_is_told_in_the_service_s_words(desk):
    long = [{"messages": [{"role": "user", "content": "word " * 3_000}, {"role": "assistant", "content": "no"}]}]
    draft = ready(desk, rows=rows_of([*ROWS, *long * 9]))
    desk.submit(draft)
    *_, last = desk.follow(draft, seconds=0.05)
    assert last.status == "failed" and last.job["error"]["message"].split(" has ")[0].startswith(("row ", "validation row "))
    assert last.job["error"]["message"].split(",")[0] in state(last) and 'role="alert"' in state(last)


def test_cancel_ends_a_job_and_leaves_the_way_open_for_another(desk):
    draft = ready(desk, n_epochs="50")
    desk.submit(draft)
    with pytest.raises(CookbookError, match="has not ended: cancel it first"):
        desk.submit(draft)
    desk.cancel(draft)
    assert [seen.status for seen in desk.follow(draft, seconds=0.05)][-1] == "cancelled"
    with pytest.raises(CookbookError, match="is cancelled: only a job that is"):
        desk.cancel(draft)
    with pytest.raises(CookbookError, match="There is no tuned model yet"):
        desk.deploy(draft)


def test_visitors_do_not_see_each_other(desk):
    first, second = ready(desk, "ada"), ready(desk, "ben")
    desk.submit(first)
    with pytest.raises(CookbookError, match="There is no job yet"):
        desk.progress(second)
    desk.submit(second)
    assert first.jobs != second.jobs and not set(first.uploads) & set(second.uploads)
    desk.leave("ada")
    assert desk.progress(second).job["id"] == second.jobs[0]
    assert {file.id for file in desk.service.client().files.list(purpose="fine-tune")} == set(second.uploads)


def test_a_service_that_dies_is_told_at_once_and_goes_on_when_it_is_back(desk, service):
    draft = ready(desk, rows=rows_of(ROWS * 20), n_epochs="50")
    desk.submit(draft)
    until(lambda: desk.progress(draft).train, "the first loss")
    os.kill(service._background.process.pid, signal.SIGKILL)
    service._background.process.wait()
    with pytest.raises(Gone, match="The service does not answer"):
        list(desk.follow(draft, seconds=0.05))
    with pytest.raises(Gone):
        desk.cancel(draft)
    assert desk.models() == ["pocket"]
    assert desk.progress(draft).status not in ENDED
    desk.cancel(draft)


def test_a_service_elsewhere_that_is_not_there_gets_a_sentence():
    with pytest.raises(Gone) as told:
        Service("http://127.0.0.1:9/v1").connect()
    assert str(told.value) == GONE


def walk(page, *labels: str) -> None:
    """Press buttons one after the other, each as soon as it can be pressed."""
    for label in labels:
        page.get_by_role("button", name=label, exact=True).click()


def choose(page, path) -> None:
    """Give the page a file and wait until it has arrived."""
    page.locator("#wizard-page-2 input[type=file]").set_input_files(path)
    page.locator("#wizard-page-2 .file-preview").wait_for()


def test_the_wizard_in_a_browser(service, tmp_path):
    bad, good = tmp_path / "bad.jsonl", tmp_path / "good.jsonl"
    nasty = {"messages": [{"role": "user", "content": "<img src=x onerror=alert(1)>"}, {"role": "assistant", "content": "no"}]}
    good.write_text("".join(json.dumps(row) + "\n" for row in [nasty, *ROWS]))
    bad.write_text(good.read_text() + "{no JSON\n")
    with chromium.opened() as browser, opened(lambda: wizard.make_demo(service), browser) as visit:
        page = visit.page
        page.on("dialog", lambda dialog: visit.wrong.append(dialog.message))
        walk(page, "Connect to the service", "Next: task", "Next: data", "Next: validation")
        page.get_by_text("Check the data first").wait_for()
        page.get_by_role("radio", name="A file of my own").check()
        choose(page, bad)
        walk(page, "Check and preview")
        page.get_by_text("line 14: not JSON").wait_for()
        page.locator("#wizard-page-2 .file-preview").wait_for(state="detached")
        choose(page, good)
        walk(page, "Check and preview")
        page.get_by_text("<img src=x onerror=alert(1)>").wait_for()
        assert fits(visit, "wizard-data")
        walk(page, "Next: validation", "Next: knobs")
        page.get_by_role("textbox", name="n_epochs").fill("many")
        walk(page, "Next: review")
        page.get_by_text("n_epochs is 'many': write auto").wait_for()
        page.get_by_role("textbox", name="n_epochs").fill("3")
        walk(page, "Next: review")
        page.get_by_text("The managed view: all settings").click()
        page.get_by_role("region", name="All settings").wait_for()
        assert fits(visit, "wizard-review")
        walk(page, "Submit the job")
        page.get_by_text("The job has succeeded").wait_for()
        page.get_by_role("img", name="Loss curves").wait_for()
        assert fits(visit, "wizard-training")
        walk(page, "Next: deploy", "Deploy", "Ask both")
        page.get_by_text("Both have answered.").wait_for()
        assert fits(visit, "wizard-chat")
        walk(page, "Start over: remove my files, job and model")
        page.get_by_text("Everything of yours is removed.").wait_for()
        assert quiet(visit)
    assert [model.id for model in service.client().models.list()] == ["pocket"]


def test_the_wizard_by_keyboard_alone_and_beside_another_visitor(service, tmp_path):
    (tmp_path / "heron.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS).replace("Is 3 good", "A heron"))
    with chromium.opened() as browser, opened(lambda: wizard.make_demo(service), browser) as visit:
        page, other = visit.page, Visit(browser, visit.address)
        walk(other.page, "Connect to the service", "Next: task", "Next: data")
        other.page.get_by_role("radio", name="A file of my own").check()
        choose(other.page, tmp_path / "heron.jsonl")
        walk(other.page, "Check and preview")
        other.page.get_by_text("A heron").wait_for()
        press(visit, "Connect to the service", "Next: task")
        page.wait_for_function("document.activeElement.closest('#wizard-page-1')")  # the keyboard's place follows the page
        press(visit, "Next: data")
        tab_to(visit, "number input for Rows of the book's headlines")
        page.keyboard.press("Control+A")
        page.keyboard.type("50")
        press(visit, "Check and preview")
        page.get_by_text("50 rows").wait_for()
        press(visit, "Next: validation", "Next: knobs")
        tab_to(visit, "n_epochs")
        page.keyboard.press("Control+A")
        page.keyboard.type("1")
        press(visit, "Next: review", "Submit the job")
        page.get_by_text("The job has succeeded").wait_for()
        press(visit, "Next: deploy", "Deploy", "Ask both")
        page.get_by_text("Both have answered.").wait_for()
        assert "heron" not in page.content() and "50 rows" not in other.page.inner_text("body")
        walk(other.page, "Next: validation", "Next: knobs", "Next: review")
        other.page.get_by_text("What will be done").wait_for()
        assert "11 rows" in other.page.get_by_role("textbox", name="What will be done").input_value()
        press(visit, "Start over: remove my files, job and model")
        page.get_by_text("Everything of yours is removed.").wait_for()
        assert quiet(visit, other)


def test_a_service_that_dies_is_told_on_the_page(service):
    service.connect()
    with chromium.opened() as browser, opened(lambda: wizard.make_demo(service), browser) as visit:
        page = visit.page
        walk(page, "Connect to the service", "Next: task", "Next: data", "Check and preview")
        page.get_by_text("The first 5").wait_for()
        walk(page, "Next: validation", "Next: knobs")
        page.get_by_role("textbox", name="n_epochs").fill("50")
        walk(page, "Next: review", "Submit the job")
        page.get_by_role("img", name="Loss curves").wait_for()
        os.kill(service._background.process.pid, signal.SIGKILL)
        page.get_by_text("The service does not answer").wait_for()
        walk(page, "Connect again")
        walk(page, "Cancel the job")
        page.get_by_text("Cancelled. Go back").wait_for()
        assert quiet(visit)
