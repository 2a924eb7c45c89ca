"""The site's sources, staged at the places that they have in the repository, so that links between pages hold.

stage(Path("docs/_build/source"))
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from phicookbook import settings
from phicookbook.book.site import browser_page, claims_page, languages, reference
from phicookbook.edge.page import WEB

SIZES = "shared/phicookbook/pocket/sizes/README.md"
# Every page, and the pictures of pages.
PAGES = ("docs/*.md", "docs/*.svg", "docs/results/*.md", "docs/results/*.png", "datasets/*.md", "datasets/*/README.md",
         "CONTRIBUTING.md", "cookbook/README.md", "cookbook/*.ipynb", "shared/phicookbook/*/weights/**/README.md",
         "shared/phicookbook/*/weights/**/*.png", SIZES)  # fmt: skip
# The navigation. A page stands in the first section that names it; the last takes what is left.
SECTIONS = {
    "Chapters": ["cookbook/README.md", "cookbook/[0-9]*.ipynb", "browser.md"],
    "Other languages": ["cookbook/??/*.ipynb"],
    "What was measured": ["claims.md", "docs/results/README.md", "docs/log.md"],
    "Models and data": ["shared/phicookbook/*/weights/**/README.md", SIZES, "datasets/README.md"],
    "The house": ["docs/glossary.md", "docs/architecture.md", "CONTRIBUTING.md", "api/index.md", "docs/*.md"],
}
BELOW = {"docs/results/README.md": "docs/results/*.md", "datasets/README.md": "datasets/*/README.md"}
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)(?=[)#])")


def stage(out: Path) -> Path:
    """Copy and write every page into the folder `out`, anew; returns it."""
    shutil.rmtree(out, ignore_errors=True)
    for pattern in PAGES:
        for path in settings.ROOT.glob(pattern):
            _copy(path, out)
    shutil.copytree(settings.DOCS / "_static", out / "docs" / "_static")
    shutil.copy(settings.DOCS / "conf.py", out / "conf.py")
    shutil.copy(WEB / "icon.svg", out / "icon.svg")  # the icon of every page; without one a browser asks the server for it
    settings.write_text(out / "claims.md", claims_page.text())
    browser_page.stage(out)
    languages.stage(out)
    reference.stage(out / "api")
    for page, pattern in BELOW.items():
        names = [name for name in _names(out, [pattern]) if name != page.removesuffix(".md")]
        _append(out / page, _toctree(names))
    shutil.copy(settings.ROOT / "README.md", out / "index.md")
    _append(out / "index.md", _navigation(out))
    for page in [*out.rglob("*.md"), *out.rglob("*.ipynb")]:
        _mend_links(page, out)
    return out


def _copy(path: Path, out: Path) -> None:
    target = out / path.relative_to(settings.ROOT)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)


def _append(page: Path, text: str) -> None:
    settings.write_text(page, page.read_text(encoding="utf-8") + "\n" + text)


def _names(out: Path, patterns: list[str]) -> list[str]:
    """The pages that the patterns find, as Sphinx calls them, each once."""
    found = [path for pattern in patterns for path in sorted(out.glob(pattern))]
    return list(dict.fromkeys(path.relative_to(out).with_suffix("").as_posix() for path in found))


def _toctree(names: list[str], caption: str = "") -> str:
    """A hidden table of contents, whose pages are read from the root."""
    told = [f":caption: {caption}"] if caption else []
    return "\n".join(["```{toctree}", ":hidden:", *told, "", *(f"/{name}" for name in names), "```", ""])


def _navigation(out: Path) -> str:
    """The tables of contents that become the navigation on the left."""
    taken, parts = set(), []
    for caption, patterns in SECTIONS.items():
        names = [name for name in _names(out, patterns) if name not in taken]
        taken.update(names)
        parts += [_toctree(names, caption)] if names else []
    return "\n".join(parts)


def _mend_links(page: Path, out: Path) -> None:
    """Copy files that a page links to and that are no page, which makes the link a download; the README is the front page."""
    home = settings.ROOT / page.parent.relative_to(out)

    def mended(found: re.Match) -> str:
        path = (home / found[1]).resolve()
        if path == settings.ROOT / "README.md":
            return found[1].replace("README.md", "index.md")
        if path.is_file() and path.is_relative_to(settings.ROOT) and not (out / path.relative_to(settings.ROOT)).exists():
            _copy(path, out)
        return found[1]

    text = page.read_text(encoding="utf-8")
    if (changed := LINK.sub(mended, text)) != text:
        settings.write_text(page, changed)
