"""The built site: whole, readable for everybody, and without a word to another host. It is built once for all tests.

pytest tests/docs/test_site.py
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import chromium
import nbformat
import pytest
import web_folder
from filelock import FileLock

from phicookbook import settings
from phicookbook.book import claims, run, site
from phicookbook.book.site import browser_page, hooks, languages, pages, reference
from phicookbook.edge.form import PRECISIONS
from phicookbook.models import artifacts

RECORD = {"id": "rag.recall", "measured": 0.5, "n": 4, "interval": [0.25, 0.75], "holds": False, "model": "pocket", "seed": 7}
LOADING = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch"}  # of links, by their rel
PAGES = [
    "index.html", "claims.html", "search.html", "browser.html", "cookbook/README.html", "cookbook/01_model_family.html",
    "cookbook/04_serverless_finetuning.html", "cookbook/de/02_prompting.html", "docs/glossary.html", "docs/architecture.html",
    "docs/log.html", "docs/results/02_prompting.html", "shared/phicookbook/pocket/weights/README.html", "api/index.html",
    "api/statistics.html", "api/finetune.html",
]  # fmt: skip


@pytest.fixture(scope="session")
def built(tmp_path_factory, worker_id):
    """The folder of the finished pages, of a machine that measured one claim and has a tuned model, if a random one."""
    root = tmp_path_factory.getbasetemp()
    root = root if worker_id == "master" else root.parent  # one build for all processes of pytest-xdist
    with FileLock(root / "site.lock"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_ARTIFACTS", str(root / "site-artifacts"))
        settings.write_text(claims.ledger_path(RECORD["id"]), json.dumps(RECORD))
        made = root / "site" / "html"
        if made.exists():
            return made
        patch.setenv("PHI_THREADS", "1")
        save_adapter(artifacts.path_of(browser_page.TUNED))
        return site.build(root / "site")


def save_adapter(folder) -> None:
    """A LoRA adapter of pocket with random weights: the site shows the page, tests/edge what a tuned model answers."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(5)
    model = AutoModelForCausalLM.from_pretrained(settings.POCKET_WEIGHTS)
    model = get_peft_model(
        model, LoraConfig(r=4, lora_alpha=12, target_modules=["qkv_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    )
    model.save_pretrained(folder)


@pytest.fixture
def open_page(browser, built):
    """A function that opens a page at a width in a colour scheme; afterwards no host was asked and no error told."""
    asked, told, contexts = [], [], []

    def open_(name: str, width: int = 1280, scheme: str = "light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
        address, _, query = name.partition("?")
        page.goto((built / address).as_uri() + (f"?{query}" if query else ""))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert asked and not [url for url in asked if not url.startswith(("file:", "data:"))]
    assert not told


class Loaded(HTMLParser):
    """What a page loads by itself (scripts, styles, pictures, frames), and its pictures with their alternatives."""

    def __init__(self, page):
        super().__init__()
        self.addresses: list[str] = []
        self.pictures: list[dict] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag in ("script", "img", "iframe", "source") and values.get("src"):
            self.addresses.append(values["src"])
        if tag == "link" and LOADING & set((values.get("rel") or "").split()):
            self.addresses.append(values["href"])
        if tag == "img":
            self.pictures.append(values)


@pytest.fixture(scope="module")
def loaded(built):
    """Every page by name; the theme leaves templates of its own in _static."""
    names = [page.relative_to(built).as_posix() for page in sorted(built.rglob("*.html"))]
    return {name: Loaded(built / name) for name in names if not name.startswith("_static/")}


def test_every_page_of_the_repository_is_there(loaded):
    names = {path.relative_to(settings.ROOT).with_suffix(".html").as_posix()
             for pattern in pages.PAGES for path in settings.ROOT.glob(pattern) if path.suffix in (".md", ".ipynb")}  # fmt: skip
    assert len(names) > 20 and not names - set(loaded)
    assert set(PAGES) <= set(loaded)


def test_every_chapter_has_its_page_with_outputs(built):
    for chapter in run.chapters():
        text = (built / "cookbook" / f"{chapter}.html").read_text(encoding="utf-8")
        assert "cell_output" in text and "Takeaways" in text, chapter


def test_no_page_loads_anything_from_another_host(loaded):
    for name, page in loaded.items():
        assert page.addresses and not [url for url in page.addresses if re.match(r"(https?:)?//", url)], name


def test_every_picture_has_an_alternative_that_is_no_file_name(loaded):
    assert sum(len(page.pictures) for page in loaded.values()) > 40
    for name, page in loaded.items():
        for picture in page.pictures:
            told = picture.get("alt") or ("hidden" if picture.get("aria-hidden") == "true" else "")
            assert told and not re.search(r"\.(png|svg)$", told), (name, picture)


def test_chapters_pictures_keep_their_alternatives(loaded):
    for chapter in run.chapters():
        wanted = hooks.alternatives(nbformat.read(settings.COOKBOOK / f"{chapter}.ipynb", as_version=4)).values()
        shown = {picture["alt"] for picture in loaded[f"cookbook/{chapter}.html"].pictures}
        assert not set(wanted) - shown, chapter


def test_links_between_pages_arrive(built, loaded):
    """Every link to a file of the site finds it; Sphinx itself checks only those that are written in Markdown."""
    for name in loaded:
        text = (built / name).read_text(encoding="utf-8")
        for target in re.findall(r'href=["\']([^"\'#?]+)', text):
            if not re.match(r"\w+:|//", target):
                assert (built / name).parent.joinpath(target).exists(), (name, target)


def test_a_translated_page_says_which_language_its_parts_are_in(open_page):
    """As a screen reader asks: the language of an element is that of its nearest ancestor with one."""
    page = open_page("cookbook/de/02_prompting.html")
    spoken = "selector => [...new Set([...document.querySelectorAll(selector)].map(e => e.closest('[lang]').lang))]"
    german = ("html", "title", "article h1", "article h2", "article > section > p", ".page-toc a", ".bd-links a.current")
    english = (
        ".cell_input",
        ".cell_output",
        ".cell_output img",
        ".bd-footer",
        "#pst-skip-link",
        "#pst-page-navigation-heading-2",
    )
    assert {name: page.evaluate(spoken, name) for name in german} == {name: ["de"] for name in german}
    assert {name: page.evaluate(spoken, name) for name in english} == {name: ["en"] for name in english}
    page.get_by_role("link", name="englischen Kapitels").click()
    page.wait_for_url("**/cookbook/02_prompting.html")
    assert page.evaluate(spoken, "html, .cell_output") == ["en"]
    link = page.locator("article").get_by_role("link", name="Auf Deutsch")
    assert link.get_attribute("hreflang") == link.get_attribute("lang") == "de"
    link.click()
    page.wait_for_url("**/cookbook/de/02_prompting.html")


def test_every_module_is_in_the_reference(built):
    text = "".join(page.read_text(encoding="utf-8") for page in (built / "api").glob("*.html"))
    for path in settings.PACKAGE.rglob("*.py"):
        if path.stem not in ("__init__", "__main__"):
            module = ".".join(path.relative_to(settings.PACKAGE.parent).with_suffix("").parts)
            assert f'id="module-{module}"' in text, module
    assert 'id="phicookbook.statistics.wilson"' in text


@pytest.fixture
def served(built):
    """The address of the built site on a server, and a function that takes the server away."""
    with web_folder.served(built) as found:
        yield found


def ask(visit, precision: str) -> list[str]:
    """What both models answer to the example, as token ids."""
    visit.page.evaluate("document.getElementById('status').textContent = ''")
    visit.page.select_option("#precision", precision)
    visit.page.click("#ask")
    visit.page.locator("#status", has_text=f"Answered in {precision}").wait_for()
    return [visit.page.get_attribute(f"#{name}-answer", "data-tokens") for name in ("base", "tuned")]


def test_the_models_answer_in_the_site(built, browser, served):
    """Chapter 06's page where the site has it: by its link, on a phone, in each precision, then without a server."""
    if not (built / "browser").exists():
        pytest.skip("onnxruntime-web is missing: `make web` fetches it from npm")
    from axe_playwright_python.sync_playwright import Axe

    address, stop = served
    visit = chromium.Visit(browser, address + "browser.html", width=390)
    visit.page.get_by_role("link", name="Open the page").click()
    visit.page.wait_for_selector("body[data-state=ready]")
    answers = {precision: ask(visit, precision) for precision in PRECISIONS}
    assert all(base and tuned for base, tuned in answers.values()) and answers["fp32"][0] != answers["fp32"][1]
    assert not visit.is_wider_than_the_screen()
    found = Axe().run(visit.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).response
    assert found["passes"] and not [fault["id"] for fault in found["violations"]]
    assert visit.wrong == [] and all(url.startswith((address, "blob:", "data:")) for url in visit.asked)
    stop()
    visit.context.set_offline(True)
    visit.page.reload()
    visit.page.wait_for_selector("body[data-state=ready]")
    assert {precision: ask(visit, precision) for precision in PRECISIONS} == answers
    visit.context.close()


@pytest.mark.parametrize("width, scheme", [(1280, "light"), (390, "dark")])
def test_pages_are_accessible_and_fit(open_page, width, scheme):
    """WCAG 2.1 A and AA by axe-core; nothing is wider than the screen. Contrast hangs on the scheme, layout on the width."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"preload": False, "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    for name in PAGES:
        page = open_page(name, width, scheme)
        found = Axe().run(page, options=options).response
        assert found["passes"] and not [(name, fault["id"], fault["nodes"][0]["html"][:200]) for fault in found["violations"]]
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
        page.context.close()


def test_claims_are_filtered(open_page):
    page = open_page("claims.html")
    known = claims.load().values()
    rows, count, fields = page.locator("#claims-table tbody tr:visible"), page.locator("#filter-count"), page.locator(".filters")
    assert count.text_content() == f"{len(known)} of {len(known)} claims"
    fields.get_by_label("Containing").fill("hybrid SEARCH")
    assert rows.count() == sum("hybrid" in each.says.lower() and "search" in each.says.lower() for each in known) > 0
    fields.get_by_label("Containing").fill("")
    fields.get_by_label("Chapter").select_option("03")
    assert rows.count() == sum(each.chapter.startswith("03") for each in known)
    fields.get_by_label("Verdict").select_option("holds")
    fields.get_by_label("with a published figure").check()
    assert rows.count() < sum(each.chapter.startswith("03") for each in known)
    fields.get_by_label("Chapter").select_option("all")
    fields.get_by_label("Verdict").select_option("all")
    assert rows.count() == sum(bool(each.published) for each in known)
    assert count.text_content() == f"{rows.count()} of {len(known)} claims"


@pytest.mark.parametrize("word, page_name", [("LongRoPE", "01_model_family"), ("Foundry", "glossary"), ("wilson", "statistics")])
def test_search_works_without_a_server(open_page, word, page_name):
    page = open_page(f"search.html?q={word}")
    page.locator("#search-results li a", has_text=re.compile(".")).first.wait_for()
    page.wait_for_function("document.querySelector('#search-results .search-summary')?.textContent.includes('found')")
    assert any(page_name in link.get_attribute("href") for link in page.locator("#search-results li a").all())


def test_a_fault_stops_the_build_and_leaves_the_old_site(tmp_path, monkeypatch, capfd):
    settings.write_text(tmp_path / "html" / "index.html", "the old one")
    monkeypatch.setattr(pages, "PAGES", ("CONTRIBUTING.md",))
    monkeypatch.setattr(pages, "BELOW", {})
    monkeypatch.setattr(reference, "stage", lambda folder: None)
    monkeypatch.setattr(languages.translation, "available", list)
    with pytest.raises(settings.CookbookError, match="the site was not built"):
        site.build(tmp_path)
    assert "WARNING" in capfd.readouterr().err
    assert (tmp_path / "html" / "index.html").read_text() == "the old one"


def test_the_page_in_the_browser_is_taken_in_when_everything_is_there(tmp_path, monkeypatch):
    """tests/edge looks at the page itself; here it is enough that its folder is linked and lies where Sphinx takes it from."""

    def write_page(out, adapter):
        settings.write_text(out / "index.html", adapter)
        return out

    monkeypatch.setattr(browser_page, "missing", list)
    monkeypatch.setattr(browser_page.page, "write_page", write_page)
    browser_page.stage(tmp_path)
    assert (tmp_path / "extra" / "browser" / "index.html").read_text() == "pocket-headlines"
    text = (tmp_path / "browser.md").read_text()
    assert 'href="browser/index.html"' in text and "not part of this site" not in text
