"""The site: built without a warning, whole, readable for everybody, and without a word to another host.

pytest tests/docs/test_site.py
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import chromium
import pytest

from phicookbook import settings
from phicookbook.book import claims, run, site

PAGES = ["index.html", "claims.html", "cookbook/03_retrieval.html", "docs/architecture.html", "api/book.html"]
WIDTHS = [1280, 390]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of the finished pages."""
    return site.build(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def browser():
    with chromium.opened() as browser:
        yield browser


@pytest.fixture
def open_page(browser, built):
    """A function that opens a page at a width in a colour scheme; at the end nothing was asked of another host."""
    asked, told, contexts = [], [], []

    def open_(name: str, width: int = 1280, scheme: str = "light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.goto((built / name).as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]
    assert not told


class Sources(HTMLParser):
    """What a page loads by itself: scripts, styles, pictures, frames."""

    def __init__(self):
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag in ("script", "img", "iframe", "source") and values.get("src"):
            self.found.append(values["src"])
        if tag == "link" and "stylesheet" in (values.get("rel") or "") or tag == "link" and "icon" in (values.get("rel") or ""):
            self.found.append(values["href"])


def test_every_chapter_has_its_page_with_outputs(built):
    for chapter in run.chapters():
        text = (built / "cookbook" / f"{chapter}.html").read_text(encoding="utf-8")
        assert "cell_output" in text and "Takeaways" in text


def test_no_page_loads_anything_from_another_host(built):
    pages = sorted(built.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        sources = Sources()
        sources.feed(page.read_text(encoding="utf-8"))
        assert not [url for url in sources.found if re.match(r"(https?:)?//", url)], page


def test_every_picture_has_an_alternative(built):
    for page in built.rglob("*.html"):
        for picture in re.findall(r"<img\b[^>]*>", page.read_text(encoding="utf-8")):
            assert re.search(r'alt="[^"]', picture) or 'aria-hidden="true"' in picture, f"{page}: {picture[:120]}"


def test_the_claims_page_shows_what_the_chapters_printed(built):
    text = (built / "claims.html").read_text(encoding="utf-8")
    known = claims.load()
    assert text.count("<tr>") == len(known) + 1
    assert "not measured" not in text
    kept = [entry for entry in known.values() if not entry.should_hold]
    assert text.count("<td>negative, kept</td>") <= len(kept) and "<td>holds</td>" in text
    assert "DOES NOT HOLD" not in text


def test_a_claim_that_no_chapter_prints_is_told(monkeypatch):
    entry = claims.Claim("new.one", "01_model_family", "Nothing like it is printed", "> 1")
    monkeypatch.setattr(claims, "load", lambda: {entry.id: entry})
    assert "not measured" in site.claims_page()


def test_every_module_is_in_the_reference(built):
    text = "".join(page.read_text(encoding="utf-8") for page in (built / "api").glob("*.html"))
    for path in settings.PACKAGE.rglob("*.py"):
        if path.stem not in ("__init__", "__main__"):
            module = ".".join(path.relative_to(settings.PACKAGE.parent).with_suffix("").parts)
            assert f'id="module-{module}"' in text, module


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_are_accessible_and_fit(open_page, width, scheme):
    """WCAG 2.1 A and AA by axe-core; nothing is wider than the screen."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"preload": False, "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    for name in PAGES:
        page = open_page(name, width, scheme)
        found = Axe().run(page, options=options).response["violations"]
        assert not [(name, fault["id"], fault["nodes"][0]["html"][:200]) for fault in found]
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, name


def test_claims_are_filtered_by_every_word(open_page):
    page = open_page("claims.html")
    everything = len(claims.load())
    assert page.text_content("#filter-count") == f"{everything} of {everything} claims"
    page.fill("#filter", "retrieval. QUESTIONS")
    left = page.locator("#claims tbody tr:visible").count()
    assert 0 < left < everything and page.text_content("#filter-count") == f"{left} of {everything} claims"
    page.fill("#filter", "no such words")
    assert page.locator("#claims tbody tr:visible").count() == 0


def test_search_works_without_a_server(open_page):
    page = open_page("search.html?q=LongRoPE")
    page.wait_for_selector("#search-results li a")
    assert any("01_model_family" in link.get_attribute("href") for link in page.locator("#search-results li a").all())


def test_a_fault_of_sphinx_stops_the_build(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(site, "PAGES", ("CONTRIBUTING.md",))
    monkeypatch.setattr(site, "_reference", lambda folder: None)
    with pytest.raises(settings.CookbookError, match="the site was not built"):
        site.build(tmp_path)
    assert "WARNING" in capfd.readouterr().err
