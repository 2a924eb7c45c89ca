"""The page of chapter 06 that runs pocket in the browser, taken into the site where this machine has what it needs.

stage(Path("docs/_build/source"))
"""

from __future__ import annotations

from pathlib import Path

from phicookbook import settings
from phicookbook.edge import page
from phicookbook.models import artifacts

TUNED = "pocket-headlines"
EXTRA = "extra"  # Sphinx lays what stands in this folder beside its pages, unchanged
HEAD = """# pocket in your browser

`cookbook edge-page OUT` of [chapter 06](cookbook/06_edge.ipynb) writes a page in which the base model and the tuned one run by
themselves, in three precisions, without a word to a server.

"""
HERE = """<p><a href="browser/index.html">Open the page</a> ({size:.0f} MB with its models)</p>

A browser reads models from a server alone, never from files. When this site was opened as files, start a server for it and take
the page from there:

```
python -m http.server --bind 127.0.0.1 --directory docs/_build/html 8000    # then open http://127.0.0.1:8000/browser/index.html
```
"""
MISSING = """**The page is not part of this site**, because something was missing when the site was built:

{missing}

Do that and build the site again, or write the page alone with `cookbook edge-page OUT --serve`.
"""


def stage(out: Path) -> None:
    """Write browser.md into the folder `out`, and the page with its models where everything for it is at hand.

    Nothing is trained or fetched here: what is missing is told on the site, with the command that brings it.
    """
    (out / EXTRA).mkdir(parents=True)
    told = missing()
    if told:
        text = MISSING.format(missing="\n".join(f"- {line}" for line in told))
    else:
        folder = page.write_page(out / EXTRA / "browser", adapter=TUNED)
        text = HERE.format(size=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6)
    settings.write_text(out / "browser.md", HEAD + text)


def missing() -> list[str]:
    """What the page needs and this machine does not have, each with its remedy."""
    told = []
    if not artifacts.path_of(TUNED).exists():
        told.append(f"the tuned model `{TUNED}`: `cookbook run 04` makes it")
    try:
        page.runtime(install=False)
    except settings.CookbookError:
        told.append("onnxruntime-web: `make web` fetches it from npm (Node.js 18 or newer)")
    return told
