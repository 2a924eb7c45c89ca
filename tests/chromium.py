"""Debian's Chromium for tests that look at pages: where it is, and how it starts without a word to anybody.

with opened() as browser: ...
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


def path() -> str:
    """Where Chromium is; skips the test and says what is missing when it is nowhere."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.skip("Chromium is missing: apt-get install chromium, or set CHROMIUM to a browser's path")
    return found


@contextmanager
def opened():
    """A running browser of Playwright's."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path(), args=FLAGS)
        yield browser
        browser.close()
