"""The workshop in a real Chromium, on the real pocket: by mouse and by keyboard, two visitors at once, nothing run, nobody asked.

One server for all tests. The tuned model is pocket again, which saves training one; it keeps on writing when a headline says so.
"""

from __future__ import annotations

import time

import chromium
import pytest
from chromium import Visit
from demo_page import field, fits, go, has_begun, press, quiet, tab_to, toast, value

from phicookbook.corpora import headlines
from phicookbook.demos import safety, workshop
from phicookbook.demos.playground import EXAMPLES
from phicookbook.demos.uploads import Desks
from phicookbook.family import Needs, choose
from phicookbook.settings import DATASETS

ATTACK = "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'>{{value}}${window.hacked=1}"
ENDLESS = "and so on"
GUIDE = DATASETS / "travel" / "documents" / "belize-city"
QUESTION = "What is the price of a night at the Cearkscee Lodge?"
COSTS = ("Base: what it cost", "Tuned: what it cost")
# What makes a tab show its results, and the boxes that then say "done"; the other tabs are looked at in their own files.
SHOWS = {
    "Playground": (EXAMPLES[0], COSTS), "Family": (None, ()), "Prompting": ("Ask", ("What the answer cost",)),
    "Retrieval": (QUESTION, ("Search off: what it cost", "Search on: what it cost")),
    "Fine-tuning": (None, ()), "Edge": (None, ()), "Reasoning": (None, ()),
}  # fmt: skip


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
def visit(browser, address):
    """One visit that most tests share."""
    return arrive(browser, address)


def arrive(browser, address: str) -> Visit:
    visit = Visit(browser, address)
    field(visit, "Headline").wait_for()
    return visit


def test_the_talk_s_example_is_one_click_and_both_models_answer(visit, pocket, address):
    visit.page.get_by_role("button", name=EXAMPLES[1]).click()
    visit.page.wait_for_function("text => document.querySelector('textarea').value === text", arg=EXAMPLES[1])
    has_begun(visit, *COSTS)
    expected = pocket.chat(headlines.prompt(EXAMPLES[1]), max_new_tokens=64).text
    assert value(visit, "Base: pocket") == value(visit, "Tuned: pocket") == expected
    words = len(expected.split())
    assert value(visit, COSTS[0]).startswith(f"done: {words} words, ") and " tokens, " in value(visit, COSTS[0])
    assert all(url.startswith((address, "data:", "blob:")) for url in visit.asked) and quiet(visit)


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
    page.get_by_role("tab", name="Retrieval").focus()
    page.keyboard.press("Enter")
    tab_to(visit, "Question")
    page.keyboard.press("Control+A")
    page.keyboard.type("Who painted the ceiling of the Peikwol Lighthouse?")
    press(visit, "Ask with and without search")
    has_begun(visit, "Search off: what it cost", "Search on: what it cost")
    assert quiet(visit)


def test_a_prompt_by_mouse_and_its_mistakes_in_sentences(visit, pocket):
    go(visit, "Prompting")
    visit.page.get_by_role("button", name="A headline", exact=True).click()
    visit.page.wait_for_function("[...document.querySelectorAll('input, textarea')].some(e => e.value.startsWith('What is the'))")
    visit.page.get_by_role("button", name="Ask", exact=True).click()
    expected = pocket.chat(headlines.prompt(value(visit, "Input")), max_new_tokens=48).text
    has_begun(visit, "Answer of pocket", word=expected)
    visit.page.locator(".panel", has_text="<|assistant|>").first.wait_for()
    field(visit, "Examples").fill("plum => zop\nhammer")
    visit.page.get_by_role("button", name="Ask", exact=True).click()
    assert "line 2 of the examples is 'hammer': write it as input => label" in toast(visit)
    field(visit, "Examples").fill("plum => zop")
    assert quiet(visit)


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


@pytest.mark.parametrize("tab, label, button", [("Playground", "Headline", "Ask both models"), ("Prompting", "Input", "Ask")])
def test_two_visitors_at_once_read_their_own_texts(browser, address, visit, tab, label, button):
    other = arrive(browser, address)
    pairs = ((visit, "heron"), (other, "falcon"))
    for each, word in pairs:
        go(each, tab)
        field(each, label).fill(f"Fabrikam opens an office in {word}")
    for each, _ in pairs:
        each.page.get_by_role("button", name=button, exact=True).click()
    for each, _ in pairs:
        has_begun(each, *SHOWS[tab][1])
    for each, word in pairs:
        seen = " ".join([each.page.content(), *each.page.locator("input, textarea").evaluate_all("all => all.map(e => e.value)")])
        assert word in seen and not {"heron", "falcon"} - {word} & set(seen.split())
    other.context.close()
    assert quiet(visit, other)


def test_the_family_answers_to_the_mouse(visit):
    page = visit.page
    page.reload()
    go(visit, "Family")
    page.get_by_label("as a service (Foundry)").click()
    page.get_by_role("heading", name=choose(Needs(where="serverless")).member.name, exact=True).wait_for()
    page.get_by_label("GSM8K", exact=True).click()
    page.get_by_role("img", name="GSM8K over active parameters").wait_for()
    page.get_by_label("on a device").click()
    assert quiet(visit)


def test_the_family_answers_to_the_keyboard(visit):
    page = visit.page
    go(visit, "Family")
    page.get_by_label("Thinks before it answers").focus()
    page.keyboard.press("Space")
    page.get_by_role("heading", name=choose(Needs(reasoning=True)).member.name, exact=True).wait_for()
    page.get_by_role("spinbutton").first.fill("1")
    page.get_by_text("Nothing fits.").wait_for()
    assert page.get_by_role("img", name="over active parameters").count() == 1 and quiet(visit)


@pytest.mark.parametrize("tab", SHOWS)
def test_every_tab_is_well_laid_out_and_accessible(visit, tab):
    go(visit, tab)
    button, labels = SHOWS[tab]
    if button:
        visit.page.get_by_role("button", name=button, exact=True).click()
        has_begun(visit, *labels)
    assert fits(visit, tab) and quiet(visit)
