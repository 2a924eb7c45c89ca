"""A demo in a real Chromium: launched on this machine's own address, with all that it asks for and complains about.

with opened(make_demo(...), browser) as visit:
    visit.page.get_by_role("button", name="Stop").click()
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 240_000  # milliseconds before a browser that hangs fails the test; nothing is timed


def chromium() -> str:
    """Where Chromium is; skips with what to install when it is nowhere."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.skip("Chromium is missing: apt-get install chromium, or set CHROMIUM to a browser's path")
    return found


@contextmanager
def chromium_browser():
    """A browser for the tests of one file."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """A page with its console's errors, and what it asked of other machines, which is answered with nothing."""

    def __init__(self, browser, address: str, width: int = 1280):
        self.wrong: list[str] = []
        self.outside: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 900})
        self.context.route(lambda url: not url.startswith((address, "blob:", "data:")), self._refuse)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.goto(address)

    def _refuse(self, route) -> None:
        self.outside.append(route.request.url)
        route.fulfill(status=200, body="")

    def fits(self, width: int, name: str) -> bool:
        """Whether nothing is wider than a screen of that width; DEMO_PICTURES names a folder for the picture."""
        self.page.set_viewport_size({"width": width, "height": 900})
        if folder := os.environ.get("DEMO_PICTURES"):
            self.page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
        return self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@contextmanager
def opened(demo, browser, width: int = 1280) -> Iterator[Visit]:
    """The demo in the browser, with the system's own fonts, until the block ends."""
    from gradio import themes

    look = themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    _, address, _ = demo.queue().launch(
        server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, share=False, ssr_mode=False, theme=look, footer_links=[]
    )
    visit = None
    try:
        visit = Visit(browser, address, width)
        yield visit
    finally:
        if visit:
            visit.context.close()
        demo.close()
