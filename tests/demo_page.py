"""A demo in a real Chromium: launched on this machine's own address, with all that it asks for and complains about.

with chromium.opened() as browser, opened(make_demo(...), browser) as visit:
    visit.page.get_by_role("button", name="Stop").click()
    assert fits(visit, "edge") and quiet(visit)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chromium import Visit

WIDTHS = (1280, 390)


@contextmanager
def opened(demo, browser) -> Iterator[Visit]:
    """The demo in the browser, with the system's own fonts, until the block ends."""
    from gradio import themes

    look = themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    _, address, _ = demo.queue().launch(
        server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, share=False, ssr_mode=False, theme=look, footer_links=[]
    )
    visit = None
    try:
        visit = Visit(browser, address)
        yield visit
    finally:
        if visit:
            visit.context.close()
        demo.close(verbose=False)


def fits(visit: Visit, name: str) -> bool:
    """Whether nothing is wider than a desk's and a phone's screen; DEMO_PICTURES names a folder for the pictures."""
    wider = []
    for width in WIDTHS:
        visit.page.set_viewport_size({"width": width, "height": 900})
        wider.append(visit.is_wider_than_the_screen())
        if folder := os.environ.get("DEMO_PICTURES"):
            visit.page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
    return not any(wider)


def quiet(visit: Visit) -> bool:
    """Whether the console complained about nothing and nothing was asked of another machine."""
    abroad = [url for url in visit.asked if not url.startswith(("http://127.0.0.1:", "blob:", "data:"))]
    assert (visit.wrong, abroad) == ([], [])
    return True
