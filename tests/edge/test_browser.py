"""The page in a real Chromium: the right answers, PyTorch's tokens, no word to anybody, no network needed afterwards.

Needs Chromium (`apt-get install chromium`, or CHROMIUM=/path/to/it) and npm; `make test` installs what can be installed.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import chromium
import pytest
import web_folder

from phicookbook.corpora import headlines
from phicookbook.edge import page as edge_page
from phicookbook.models.local import open_folder

HEADLINES = ("Contoso system breached. Client data potentially compromised.", "Contoso recovers from a ransomware attack.")
PATIENCE = 60_000  # milliseconds before a browser that hangs fails the test; nothing is timed


@pytest.fixture(scope="module")
def folder(adapter, tmp_path_factory) -> Path:
    chromium.path()
    if not shutil.which("npm"):
        pytest.skip("npm is missing: install Node.js 18 or newer")
    return edge_page.write_page(tmp_path_factory.mktemp("page") / "page", "pocket", str(adapter), ("fp32", "int4"))


@pytest.fixture(scope="module")
def served(folder):
    """The page's address, and a function that takes its server away: the last test but for those that do without."""
    with web_folder.served(folder) as found:
        yield found


@pytest.fixture(scope="module")
def visit(browser, served):
    """One visit that most tests share: a page that is open already is what a person uses."""
    return Visit(browser, served[0])


class Visit:
    """A page with everything that it asked for and complained about."""

    def __init__(self, browser, address: str):
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.goto(address)
        self.ready()

    def ready(self) -> None:
        self.page.wait_for_selector("body[data-state=ready]")

    def ask(self, headline: str, precision: str) -> tuple[list[int], str]:
        """Token ids and text of the tuned answer."""
        self.page.evaluate("document.getElementById('status').textContent = ''")
        self.page.fill("#headline", headline)
        self.page.select_option("#precision", precision)
        self.page.click("#ask")
        self.ready()
        self.page.locator("#status", has_text="Answered").wait_for()
        field = self.page.locator("#tuned-answer")
        return [int(token) for token in field.get_attribute("data-tokens").split()], field.inner_text()

    def base_tokens(self) -> list[int]:
        return [int(t) for t in self.page.get_attribute("#base-answer", "data-tokens").split()]


def of_pytorch(model, headline: str) -> list[int]:
    reply = model.chat(headlines.prompt(headline), max_new_tokens=48)
    return model.tokenizer(reply.text, add_special_tokens=False)["input_ids"]


def test_the_tuned_answers_and_pytorchs_tokens(visit, served, adapter):
    from phicookbook.models import open_model

    base, tuned = open_model("pocket"), open_folder(adapter, "tuned")
    for headline in HEADLINES:
        tokens, text = visit.ask(headline, "fp32")
        assert text == "negative" == tuned.chat(headlines.prompt(headline)).text
        assert tokens == of_pytorch(tuned, headline)
        assert visit.base_tokens() == of_pytorch(base, headline)
        assert "tokens/s" in visit.page.inner_text("#tuned-speed") and "MB" in visit.page.inner_text("#tuned-size")
    assert visit.wrong == []
    assert visit.asked and all(url.startswith((served[0], "blob:", "data:")) for url in visit.asked)


def test_int4_is_a_sixth_of_the_size(visit):
    size = {}
    for precision in ("fp32", "int4"):
        tokens, text = visit.ask(HEADLINES[1], precision)
        assert text in headlines.LABELS
        size[precision] = float(visit.page.inner_text("#tuned-size").split()[0])
    assert size["int4"] < 0.2 * size["fp32"]
    assert visit.wrong == []


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(visit, width, tmp_path):
    visit.page.set_viewport_size({"width": width, "height": 900})
    visit.ask(HEADLINES[0], "int4")
    assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    picture = Path(os.environ.get("EDGE_PICTURES", tmp_path)) / f"page-{width}.png"
    visit.page.screenshot(path=str(picture), full_page=True)
    assert picture.stat().st_size > 10_000


def test_the_keyboard_is_enough(visit):
    page = visit.page
    page.focus("#headline")
    page.keyboard.press("Control+A")
    page.keyboard.type(HEADLINES[0])
    order = []
    for _ in range(4):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert order == ["precision", "ask", "example", "example"]
    page.select_option("#precision", "int4")
    page.evaluate("document.getElementById('status').textContent = ''")
    page.focus("#headline")
    page.keyboard.press("Enter")
    page.locator("#status", has_text="Answered").wait_for()
    assert page.inner_text("#tuned-answer") == "negative"


def test_a_screen_reader_is_told(visit):
    page = visit.page
    for role, name in (("textbox", "Headline"), ("combobox", "Precision"), ("button", "Ask both models"), ("status", None)):
        assert page.get_by_role(role, name=name).count() == 1, role
    assert page.get_by_role("region", name="Tuned model").count() == 1
    assert page.get_attribute("#status", "aria-live") == "polite"
    assert page.get_attribute("html", "lang") == "en"
    visit.ask(HEADLINES[0], "int4")
    assert "tuned: negative" in page.inner_text("#status")


def test_it_is_accessible(visit):
    """WCAG 2.1 A and AA by axe-core, with both answers shown."""
    from axe_playwright_python.sync_playwright import Axe

    visit.ask(HEADLINES[0], "int4")
    for scheme in ("light", "dark"):
        visit.page.emulate_media(color_scheme=scheme)
        found = Axe().run(visit.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).response
        assert found["passes"] and not [(scheme, fault["id"], fault["nodes"][0]["html"]) for fault in found["violations"]]


def test_opened_as_a_file_it_says_what_it_needs(visit, browser, folder):
    assert visit.page.locator("#unserved").count() == 0
    page = browser.new_context().new_page()
    page.goto((folder / "index.html").as_uri())
    assert "needs a server" in page.inner_text("#unserved") and page.is_disabled("#ask")


def test_an_empty_or_long_headline_is_told(visit):
    visit.page.fill("#headline", "  ")
    visit.page.click("#ask")
    assert "Type a headline" in visit.page.inner_text("#status")
    visit.page.evaluate("document.getElementById('headline').value = '7'.repeat(1200)")
    visit.page.click("#ask")
    visit.page.wait_for_selector("#status.wrong")
    assert "too long" in visit.page.inner_text("#status")


def test_a_browser_without_simd_is_told_what_to_use(browser, served):
    context = browser.new_context()
    context.add_init_script("WebAssembly.validate = () => false")
    page = context.new_page()
    page.goto(served[0])
    page.wait_for_selector("body[data-state=failed]", timeout=PATIENCE)
    assert "no WebAssembly SIMD: use Chrome 91" in page.inner_text("#status")


def test_it_works_when_the_server_is_gone(browser, served):
    address, stop = served
    visit = Visit(browser, address)
    online = visit.ask(HEADLINES[0], "int4")
    stop()
    visit.context.set_offline(True)
    visit.page.reload()
    visit.ready()
    assert visit.ask(HEADLINES[0], "int4") == online
    visit.page.select_option("#precision", "fp32")  # never opened in this visit, so it is not on the device
    visit.page.click("#ask")
    visit.page.wait_for_selector("#status.wrong")
    assert "not stored on this device yet" in visit.page.inner_text("#status")
