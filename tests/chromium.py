"""Chromium for the browser tests: where it is, how it is started, and one visit to a page with all that it asked for.

Needs Chromium (`apt-get install chromium`, or CHROMIUM=/path/to/it); `make test` installs it where it can.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager

import pytest

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 180_000  # milliseconds before a browser that hangs fails the test; nothing is timed


def chromium() -> str:
    """Where Chromium is; skips the test, saying what is missing, when it is nowhere."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.skip("Chromium is missing: apt-get install chromium, or set CHROMIUM to a browser's path")
    return found


@contextmanager
def started():
    """A Chromium that is closed at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS, timeout=PATIENCE)
        yield browser
        browser.close()


class Visit:
    """A page in a profile of its own, with everything that it asked for (`asked`) and complained about (`wrong`)."""

    def __init__(self, browser, address: str, width: int = 1280):
        self.context = browser.new_context(viewport={"width": width, "height": 900})
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.goto(address)

    def is_wider_than_the_screen(self) -> bool:
        """Whether one has to scroll sideways."""
        return self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
