"""The site: the executed chapters, claims, model cards, reference and log as pages that open without a server.

    python -m phicookbook.book.site          # make docs; writes docs/_build/html

Pages are staged in docs/_build/source at the places that they have in the repository, so that links between them hold.
"""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
from pathlib import Path

from phicookbook import settings
from phicookbook.book import claims
from phicookbook.book.claims import Claim

# What goes along besides chapters: everything that pages link to.
PAGES = ("docs/*.md", "docs/*.svg", "docs/results/*.md", "docs/results/*.png", "datasets/*.md", "datasets/*/README.md",
         "CONTRIBUTING.md", "cookbook/README.md", "cookbook/*.ipynb", "shared/phicookbook/*/weights/README.md",
         "shared/phicookbook/*/weights/*.png")  # fmt: skip
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")
SECTIONS = {
    "Chapters": ["cookbook/[0-9]*.ipynb"],
    "What was measured": ["claims.md", "docs/results/README.md", "docs/results/*.md", "docs/log.md"],
    "Models and data": ["shared/phicookbook/*/weights/README.md", "datasets/README.md", "datasets/*/README.md"],
    "The house": ["docs/architecture.md", "CONTRIBUTING.md", "cookbook/README.md", "api/index.md"],
}


def stage(out: Path) -> Path:
    """Copy and write every page into the folder `out`, anew; returns it."""
    shutil.rmtree(out, ignore_errors=True)
    for pattern in PAGES:
        for path in settings.ROOT.glob(pattern):
            _copy(path, out)
    shutil.copytree(settings.DOCS / "_static", out / "docs" / "_static")
    shutil.copy(settings.DOCS / "conf.py", out / "conf.py")
    settings.write_text(out / "claims.md", claims_page())
    _reference(out / "api")
    readme = settings.ROOT / "README.md"
    settings.write_text(out / "index.md", readme.read_text(encoding="utf-8") + _contents(out))
    for page in [out / "index.md", *out.rglob("*.md")]:
        _bring_targets(page, out)
    return out


def build(folder: Path | None = None) -> Path:
    """Stage and build; returns the folder with index.html. Raises CookbookError when Sphinx finds a fault."""
    folder = folder or settings.DOCS / "_build"
    source, made = stage(folder / "source"), folder / "html"
    sphinx = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q"]
    done = subprocess.run([*sphinx, "-d", str(folder / "doctrees"), str(source), str(made)])
    if done.returncode:
        raise settings.CookbookError(f"the site was not built: Sphinx's words stand above, its pages in {source}")
    return made


def _copy(path: Path, out: Path) -> None:
    target = out / path.relative_to(settings.ROOT)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)


def _bring_targets(page: Path, out: Path) -> None:
    """Copy files that a page links to and that are no page, so that the link becomes a download."""
    home = settings.ROOT if page.name == "index.md" and page.parent == out else settings.ROOT / page.parent.relative_to(out)
    for target, _ in LINK.findall(page.read_text(encoding="utf-8")):
        path = (home / target).resolve()
        if path.is_file() and path.is_relative_to(settings.ROOT) and not (out / path.relative_to(settings.ROOT)).exists():
            _copy(path, out)


def _contents(out: Path) -> str:
    """Hidden tables of contents, which become the navigation on the left."""
    parts = []
    for caption, patterns in SECTIONS.items():
        pages = [path.relative_to(out).with_suffix("").as_posix() for pattern in patterns for path in sorted(out.glob(pattern))]
        parts.append("\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *dict.fromkeys(pages), "```", ""]))
    return "\n" + "\n".join(parts)


def claims_page() -> str:
    """Every claim, published beside measured, with a field that filters the rows."""
    printed = _printed()
    rows = [_row(entry, *printed.get(entry.id, ("not measured", "-"))) for entry in claims.load().values()]
    head = "".join(
        f"<th scope='col'>{name}</th>" for name in ("chapter", "claim", "bound", "measured here", "verdict", "published")
    )
    return (
        "# Claims\n\nEvery lesson of the book is a claim with a bound. The bundled model `pocket` is small and was trained in this "
        "repository; what was published was measured on other, far larger models, so the two columns are to be read side by side "
        "and never as one scale. A bound that is missed stays: the verdict says so.\n\n"
        "<p><label for='filter'>Show claims that contain</label> <input id='filter' type='search' data-filters='claims'> "
        "<span id='filter-count' role='status'></span></p>\n\n"
        f"<div class='wide' tabindex='0' role='region' aria-label='Claims'><table id='claims'><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>\n"
    )


def _row(entry: Claim, verdict: str, measured: str) -> str:
    chapter = f"<a href='cookbook/{entry.chapter}.html'>{entry.chapter[:2]}</a>"
    published = html.escape(entry.published or "")
    if entry.published and entry.source:
        link = f"https://arxiv.org/abs/{entry.source[6:]}" if entry.source.startswith("arXiv:") else entry.source
        published += f" <a href='{html.escape(link)}'>source</a>" if link.startswith("http") else f" ({html.escape(link)})"
    told = [html.escape(text) for text in (entry.says, entry.show_bound(), measured, verdict)]
    cells = [chapter, f"{told[0]}<br><code>{entry.id}</code>", *told[1:], published]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _printed() -> dict[str, tuple[str, str]]:
    """(verdict, measured) of each claim, as the committed chapters print them."""
    import nbformat

    found = {}
    texts: dict[str, str] = {}
    for entry in claims.load().values():
        path = settings.COOKBOOK / f"{entry.chapter}.ipynb"
        if entry.chapter not in texts:
            outputs = [out for cell in nbformat.read(path, 4).cells for out in cell.get("outputs", [])] if path.exists() else []
            texts[entry.chapter] = "\n".join(out.get("text", "") for out in outputs)
        told = re.search(rf"^(.+?): {re.escape(entry.says)} \[(.+), bound ", texts[entry.chapter], re.M)
        if told:
            found[entry.id] = (told[1], told[2])
    return found


def _reference(folder: Path) -> None:
    """A page for each room of the package, written by autodoc from the docstrings."""
    rooms: dict[str, list[str]] = {}
    for path in sorted(settings.PACKAGE.rglob("*.py")):
        parts = path.relative_to(settings.PACKAGE).with_suffix("").parts
        if parts[-1] != "__main__" and parts != ("__init__",):
            name = ".".join(["phicookbook", *(p for p in parts if p != "__init__")])
            members = "" if parts[-1] == "__init__" else "   :members:\n"  # what a package passes on is told where it stands
            rooms.setdefault(parts[0], []).append(f"## {name}\n\n```{{eval-rst}}\n.. automodule:: {name}\n{members}```\n")
    for room, parts in rooms.items():
        settings.write_text(folder / f"{room}.md", "\n".join([f"# phicookbook.{room}\n", *parts]))
    toc = "\n".join(["```{toctree}", ":maxdepth: 1", "", *sorted(rooms), "```"])
    settings.write_text(folder / "index.md", f"# Reference\n\nThe helper package `phicookbook`, room by room.\n\n{toc}\n")


if __name__ == "__main__":
    print(f"open {build() / 'index.html'}")
