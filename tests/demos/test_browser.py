"""The workshop in a real Chromium, on the real pocket: by mouse and by keyboard, two visitors at once, nothing run, nobody asked.

One server for all tests. The tuned model is pocket again, which saves training one; it keeps on writing when a headline says so.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import chromium
import pytest
from chromium import Visit

from phicookbook.corpora import headlines
from phicookbook.demos import safety, workshop
from phicookbook.demos.playground import EXAMPLES
from phicookbook.demos.uploads import Desks
from phicookbook.family import Needs, choose
from phicookbook.settings import DATASETS

TABS = ("Playground", "Prompting", "Retrieval", "Family")
ATTACK = "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'>{{value}}${window.hacked=1}"
ENDLESS = "and so on"
GUIDE = DATASETS / "travel" / "documents" / "belize-city"
QUESTION = "What is the price of a night at the Cearkscee Lodge?"
LABELLED = """[...document.querySelectorAll('input, textarea, select, button')].filter(e => e.offsetParent && !(
  (e.labels && [...e.labels].some(l => l.innerText.trim())) || e.getAttribute('aria-label') || e.title || e.innerText.trim()
  || e.getAttribute('aria-labelledby'))).map(e => e.outerHTML.slice(0, 200))"""


class Endless:
    """pocket, which goes on writing after a headline with ENDLESS in it until someone stops it."""

    name = "pocket"

    def __init__(self, model):
        self.model, self.tokenizer, self.ended = model, model.tokenizer, 0

    def stream(self, conversation, system="", **generation):
        yield from self.model.stream(conversation, system, **generation)
        try:
            while ENDLESS in conversation:
                time.sleep(0.05)
                yield " more"
        finally:
            self.ended += 1


@pytest.fixture(scope="module")
def pocket():
    from phicookbook.models import open_model

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_THREADS", "1")
        return open_model("pocket")


@pytest.fixture(scope="module")
def tuned(pocket):
    return Endless(pocket)


@pytest.fixture(scope="module")
def desks():
    desks = Desks()
    yield desks
    desks.close()


@pytest.fixture(scope="module")
def address(pocket, tuned, desks, tmp_path_factory):
    chromium.path()
    guide = tmp_path_factory.mktemp("guide")
    for name in ("cearkscee-lodge.md", "heaghor-inn.md"):
        (guide / name).write_bytes((GUIDE / name).read_bytes())
    options = {
        "playground": {"base": pocket, "tuned": tuned}, "prompting": {"model": pocket},
        "retrieval": {"model": pocket, "guide": guide, "desks": desks},
    }  # fmt: skip
    running = safety.start(lambda: workshop.make_app(**options))
    yield running.address
    running.close()


@pytest.fixture(scope="module")
def browser():
    with chromium.opened() as browser:
        yield browser


@pytest.fixture(scope="module")
def visit(browser, address):
    """One visit that most tests share."""
    return arrive(browser, address)


def arrive(browser, address: str) -> Visit:
    visit = Visit(browser, address)
    field(visit, "Headline").wait_for()
    return visit


def go(visit: Visit, tab: str) -> None:
    """To a tab, which a narrow page keeps behind a button."""
    visit.page.set_viewport_size({"width": 1280, "height": 900})
    visit.page.get_by_role("tab", name=tab).click()
    visit.page.get_by_role("tab", name=tab, selected=True).wait_for()


def has_begun(visit: Visit, *labels: str, word: str = "done") -> None:
    """Wait until the boxes of that label begin with a word."""
    for label in labels:
        visit.page.wait_for_function(
            "([label, word]) => [...document.querySelectorAll('label')].some(l => l.innerText.trim() === label "
            "&& l.offsetParent && l.querySelector('input, textarea').value.startsWith(word))",
            arg=[label, word],
        )


def field(visit: Visit, label: str):
    """The box under a label, which may have a line of explanation."""
    labels = visit.page.locator("label:visible", has=visit.page.get_by_text(label, exact=True))
    return labels.locator("input, textarea").first


def value(visit: Visit, label: str) -> str:
    return field(visit, label).input_value()


def toast(visit: Visit) -> str:
    """What the errors on the page say; they are closed."""
    bodies = visit.page.get_by_test_id("toast-body")
    bodies.first.wait_for()
    text = visit.page.get_by_test_id("toast-text").first.inner_text()
    while bodies.count():
        visit.page.get_by_test_id("toast-close").first.click()
        visit.page.wait_for_timeout(500)  # it fades out
    return text


COSTS = ("Base: what it cost", "Tuned: what it cost")


def test_the_talk_s_example_is_one_click_and_both_models_answer(visit, pocket, address):
    visit.page.get_by_role("button", name=EXAMPLES[1]).click()
    visit.page.wait_for_function("text => document.querySelector('textarea').value === text", arg=EXAMPLES[1])
    has_begun(visit, *COSTS)
    expected = pocket.chat(headlines.prompt(EXAMPLES[1]), max_new_tokens=64).text
    assert value(visit, "Base: pocket") == value(visit, "Tuned: pocket") == expected
    words = len(expected.split())
    assert value(visit, COSTS[0]).startswith(f"done: {words} words, ") and " tokens, " in value(visit, COSTS[0])
    assert visit.asked and all(url.startswith((address, "data:", "blob:")) for url in visit.asked)
    assert visit.wrong == []


def test_the_keyboard_is_enough(visit, pocket):
    page = visit.page
    go(visit, "Playground")
    field(visit, "Headline").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Fabrikam wins a prize")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Ask both models"
    page.keyboard.press("Enter")
    expected = pocket.chat(headlines.prompt("Fabrikam wins a prize"), max_new_tokens=64).text
    has_begun(visit, "Base: pocket", "Tuned: pocket", word=expected)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Stop"
    page.get_by_role("tab", name="Prompting").focus()
    page.keyboard.press("Enter")
    page.get_by_role("tab", name="Prompting", selected=True).wait_for()
    field(visit, "Input").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("melon")
    page.keyboard.press("Enter")
    has_begun(visit, "What the answer cost")
    assert visit.wrong == []


def test_stop_ends_the_writing(visit, tuned):
    go(visit, "Playground")
    ended = tuned.ended
    field(visit, "Headline").fill(f"Contoso grows {ENDLESS}")
    visit.page.get_by_role("button", name="Ask both models").click()
    visit.page.wait_for_function("[...document.querySelectorAll('textarea')].some(e => e.value.includes('more more'))")
    visit.page.get_by_role("button", name="Stop").first.click()
    has_begun(visit, COSTS[1], word="stopped")
    deadline = time.monotonic() + 60
    while tuned.ended == ended and time.monotonic() < deadline:
        time.sleep(0.1)
    assert tuned.ended == ended + 1, "the model went on writing for nobody"
    assert visit.wrong == []


def test_an_empty_headline_is_a_sentence(visit):
    go(visit, "Playground")
    field(visit, "Headline").fill("  ")
    visit.page.get_by_role("button", name="Ask both models").click()
    assert "the headline is empty: type one, or choose an example" in toast(visit)


def test_html_is_shown_and_not_run(visit, pocket, tmp_path):
    go(visit, "Playground")
    field(visit, "Headline").fill(ATTACK)
    visit.page.get_by_role("button", name="Ask both models").click()
    has_begun(visit, "Base: pocket", "Tuned: pocket", word=pocket.chat(headlines.prompt(ATTACK), max_new_tokens=64).text)
    go(visit, "Prompting")
    field(visit, "Input").fill(ATTACK)
    visit.page.get_by_role("button", name="Ask", exact=True).click()
    visit.page.locator(".panel", has_text="onerror").first.wait_for()
    (tmp_path / "attack.md").write_text(f"# {ATTACK}\n\nThe code word is heron. {ATTACK}", encoding="utf-8")
    go(visit, "Retrieval")
    visit.page.locator("input[type=file]").set_input_files(str(tmp_path / "attack.md"))
    visit.page.get_by_text("attack.md: 1 passage").wait_for()
    field(visit, "Question").fill("What is the code word?")
    visit.page.get_by_role("button", name="Ask with and without search").click()
    visit.page.locator(".passage", has_text="heron").wait_for()
    assert ATTACK in visit.page.locator(".passage").inner_text()
    visit.page.get_by_role("button", name="Forget my files").click()
    visit.page.get_by_text("Your files and their index are gone.").wait_for()
    assert visit.page.evaluate("window.hacked") is None
    assert visit.wrong == []


def test_a_search_with_its_citation(visit):
    go(visit, "Retrieval")
    visit.page.get_by_label("the travel guide").check()
    visit.page.get_by_role("button", name=QUESTION).click()
    has_begun(visit, "Search off: what it cost", "Search on: what it cost")
    visit.page.locator("mark.cited").first.wait_for()
    assert "84 dollars" in visit.page.locator("mark.cited").first.inner_text()
    assert "84 dollars [" in value(visit, "Search on")
    assert visit.wrong == []


def test_two_visitors_at_once_see_their_own(browser, address, visit, desks, tmp_path):
    other = arrive(browser, address)
    for each, word in ((visit, "heron"), (other, "falcon")):
        (tmp_path / "note.md").write_text(f"The code word is {word}.", encoding="utf-8")
        go(each, "Retrieval")
        each.page.locator("input[type=file]").set_input_files(str(tmp_path / "note.md"))
        each.page.get_by_text("note.md: 1 passage").wait_for()
        field(each, "Question").fill("What is the code word?")
    for each in (visit, other):
        each.page.get_by_role("button", name="Ask with and without search").click()
    for each, word, foreign in ((visit, "heron", "falcon"), (other, "falcon", "heron")):
        each.page.locator(".passage", has_text=word).wait_for()
        assert foreign not in each.page.locator("body").inner_text()
    visit.page.get_by_role("button", name="Forget my files").click()
    visit.page.get_by_text("Your files and their index are gone.").wait_for()
    other.page.evaluate(
        "document.querySelectorAll('.passage').forEach(passage => passage.remove())"
    )  # so that only a new one counts
    other.page.get_by_role("button", name="Ask with and without search").click()
    other.page.locator(".passage", has_text="falcon").wait_for()
    visit.page.get_by_label("my own files").check()
    visit.page.get_by_role("button", name="Ask with and without search").click()
    assert "you have no files here" in toast(visit)
    assert visit.wrong == other.wrong == []
    assert len(desks) == 1
    other.context.close()
    deadline = time.monotonic() + 120
    while len(desks) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert len(desks) == 0, "who leaves takes the files along"


def test_the_family_answers_to_the_keyboard(visit):
    page = visit.page
    go(visit, "Family")
    page.get_by_label("Thinks before it answers").focus()
    page.keyboard.press("Space")
    page.get_by_role("heading", name=choose(Needs(reasoning=True)).member.name, exact=True).wait_for()
    page.get_by_role("spinbutton").first.fill("1")
    page.get_by_text("Nothing fits.").wait_for()
    assert page.get_by_role("img", name="MMLU over active parameters").count() == 1
    assert visit.wrong == []


@pytest.mark.parametrize("tab", TABS)
def test_every_control_has_a_name_and_nothing_is_wider_than_the_screen(visit, tab, tmp_path):
    go(visit, tab)
    assert visit.page.evaluate(LABELLED) == []
    for width in (1280, 390):
        visit.page.set_viewport_size({"width": width, "height": 900})
        visit.page.wait_for_function("width => document.documentElement.clientWidth === width", arg=width)
        picture = Path(os.environ.get("DEMO_PICTURES", tmp_path)) / f"{tab}-{width}.png"
        visit.page.screenshot(path=str(picture), full_page=True)
        assert not visit.is_wider_than_the_screen(), width
    assert visit.wrong == []
