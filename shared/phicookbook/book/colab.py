"""What Colab needs before a chapter's first import: the packages of the lock file beside those that Colab itself stands on.

    colab.prepare()   # in the generated cell behind a chapter's title; see phicookbook.book.launch

Nothing but Python's own library is imported here: it runs before anything is installed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata

from phicookbook import settings
from phicookbook.settings import CookbookError

NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
# Colab's torch fits its GPU, and its page draws the widgets of its own version.
OWN = ("torch", "torchvision", "torchaudio", "ipywidgets", "widgetsnbextension", "jupyterlab-widgets")
SERVER = ("jupyterlab",)  # Colab is a server already


def normal(name: str) -> str:
    """A package's name as PyPI compares it: "Jupyter_Client" is "jupyter-client"."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required_by(package: str) -> set[str]:
    """Names of the installed packages that an installed one needs, directly or not, itself included."""
    found, open_ = set(), [normal(package)]
    while open_:
        name = open_.pop()
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        if name not in found:
            found.add(name)
            open_ += [normal(NAME.match(need)[0]) for need in needs if "extra ==" not in need]
    return found


def loaded() -> set[str]:
    """Names of the packages that this process has imported: to replace one of them under it would break it."""
    modules = {name.partition(".")[0] for name in sys.modules}
    return {normal(name) for top, names in metadata.packages_distributions().items() if top in modules for name in names}


def wanted(lock: str, project: dict, kept: set[str]) -> list[str]:
    """The lines of the lock file to install: not what is kept, and not what only tests and the site need."""
    extras = [need for needs in project.get("optional-dependencies", {}).values() for need in needs]
    left_out = kept | {normal(NAME.match(need)[0]) for need in extras} | set(SERVER)
    lines = [line.strip() for line in lock.splitlines() if NAME.match(line.strip())]
    return [line for line in lines if normal(NAME.match(line)[0]) not in left_out]


def prepare() -> None:
    """Install the book in this process's environment, and go to its chapters. Says what it installs and what it leaves.

    Raises CookbookError when pip fails.
    """
    lock = settings.read_text(settings.ROOT / "shared" / "requirements.lock")
    project = tomllib.loads(settings.read_text(settings.ROOT / "pyproject.toml"))["project"]
    kept = required_by("google-colab") | loaded() | {name for name in OWN if _version(name)}
    lines, before = wanted(lock, project, kept), {name: _version(name) for name in loaded()}
    print(f"installing {len(lines)} packages of the lock file: some minutes", flush=True)
    if lines:
        _pip(*lines)
    _pip("--no-deps", "-e", str(settings.ROOT))
    os.chdir(settings.COOKBOOK)
    tested = re.search(r"^torch==([\w.]+)", lock, re.M)
    print(f"Colab's own packages stay, torch {_version('torch') or 'missing'} among them;", end=" ")
    print(f"the book's figures were measured with torch {tested[1] if tested else 'of another version'}.")
    if changed := sorted(name for name, version in before.items() if _version(name) != version):
        print(f"In use and replaced: {', '.join(changed)}. Choose Runtime > Restart session, then run all cells again.")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise CookbookError(
            f"pip could not install the book: {done.stderr.strip()[-1500:]}\nChoose Runtime > Restart session and run this again"
        )
