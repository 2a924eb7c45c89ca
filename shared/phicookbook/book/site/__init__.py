"""The site: the executed chapters, claims, model cards, reference and log as pages that open without a server.

python -m phicookbook.book.site          # make docs; writes docs/_build/html
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from phicookbook import settings
from phicookbook.book.site import languages
from phicookbook.book.site.pages import stage


def build(folder: Path | None = None) -> Path:
    """Build the site below `folder`, by default docs/_build; returns the folder that holds index.html.

    The site that was there before stays until the new one is whole. Raises CookbookError when Sphinx finds a fault.
    """
    folder = folder or settings.DOCS / "_build"
    source, part, made = stage(folder / "source"), folder / "html.part", folder / "html"
    shutil.rmtree(part, ignore_errors=True)
    sphinx = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "-q", "-E", "-d", str(folder / "doctrees")]
    done = subprocess.run([*sphinx, str(source), str(part)])
    if done.returncode:
        raise settings.CookbookError(f"the site was not built: Sphinx's words stand above, what it read in {source}")
    languages.label(part)
    shutil.rmtree(made, ignore_errors=True)
    part.rename(made)
    return made
