"""A demo in a real Chromium: served as visitors get it, with all that it asks for and complains about.

with chromium.opened() as browser, opened(lambda: make_demo(...), browser) as visit:
    press(visit, "Stop")
    assert fits(visit, "edge") and quiet(visit)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import layout
from chromium import Visit

VIEWS = ((1280, "light"), (390, "dark"))  # contrast hangs on the scheme, layout on the width
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
MOST_STOPS = 80  # of the Tab key on the way to a control
LABELLED = """[...document.querySelectorAll('input, textarea, select, button')].filter(e => e.offsetParent && !(
  (e.labels && [...e.labels].some(l => l.innerText.trim())) || e.getAttribute('aria-label') || e.title || e.innerText.trim()
  || e.getAttribute('aria-labelledby'))).map(e => e.outerHTML.slice(0, 200))"""
NAMES = """(e => [e.getAttribute('aria-label'), e.innerText, ...[...(e.labels || [])].map(l => l.innerText)]
  .filter(Boolean).map(text => text.trim().split('\\n')[0].trim()))"""
FOCUSED = f"() => {NAMES}(document.activeElement)"
SHOWN = f"""name => [...document.querySelectorAll('input, textarea, select, button, a, summary, [tabindex], [role]')]
  .some(e => e.getClientRects().length && {NAMES}(e).includes(name))"""


@contextmanager
def opened(make, browser) -> Iterator[Visit]:
    """The demo that `make()` builds in the browser, until the block ends; `visit.address` is where it is served."""
    from phicookbook.demos import safety

    running, visit = safety.start(make), None
    try:
        visit = Visit(browser, running.address)
        visit.address = running.address
        yield visit
    finally:
        if visit:
            visit.context.close()
        running.close()


def fits(visit: Visit, name: str) -> bool:
    """Asserts that the page as it stands is well laid out and accessible (WCAG 2.1 A and AA by axe-core), on a desk's screen
    and on a phone's; DEMO_PICTURES names a folder for the pictures."""
    from axe_playwright_python.sync_playwright import Axe

    page, options = visit.page, {"preload": False, "runOnly": RULES}
    for width, scheme in VIEWS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(
            "([width, dark]) => innerWidth === width && document.body.classList.contains('dark') === dark",
            arg=[width, scheme == "dark"],
        )
        page.wait_for_timeout(300)  # colours fade, and tabs that do not fit move behind a button
        if folder := os.environ.get("DEMO_PICTURES"):
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
        found = Axe().run(page, options=options).response
        wrong = [(fault["id"], node["html"][:200]) for fault in found["violations"] for node in fault["nodes"]]
        wrong += layout.faults(page)
        assert found["passes"] and not wrong, (name, width, wrong)
    unnamed = page.evaluate(LABELLED)
    assert not unnamed, unnamed
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    return True


def quiet(*visits: Visit) -> bool:
    """Asserts that the console complained about nothing and nothing was asked of another machine."""
    for visit in visits:
        abroad = [url for url in visit.asked if not url.startswith(("http://127.0.0.1:", "blob:", "data:"))]
        assert visit.asked and not visit.wrong + abroad, visit.wrong + abroad
    return True


def tab_to(visit: Visit, name: str) -> None:
    """Press Tab until the control of that name has the keyboard, as soon as it is shown."""
    visit.page.wait_for_function(SHOWN, arg=name)
    for _ in range(MOST_STOPS):
        if name in visit.page.evaluate(FOCUSED):
            return
        visit.page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard never came to {name!r}")


def press(visit: Visit, *names: str) -> None:
    """Reach buttons one after the other with Tab alone, and press Enter on each, as soon as it can be pressed."""
    for name in names:
        visit.page.get_by_role("button", name=name, exact=True, disabled=False).wait_for()
        tab_to(visit, name)
        visit.page.keyboard.press("Enter")


def go(visit: Visit, tab: str) -> None:
    """To a tab of the workshop, which a narrow page keeps behind a button."""
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
    """What stands in the box under a label."""
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
