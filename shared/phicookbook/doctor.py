"""What this machine has and whether the book can run on it, each row with its remedy.

print(show(rows()))
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib import metadata

from phicookbook import settings
from phicookbook.settings import CookbookError

NEEDED_DISK_GB = 2.0
LOCKED = ("torch", "transformers", "peft", "trl", "lancedb", "papermill", "gradio")


@dataclass(frozen=True)
class Row:
    """One finding; `remedy` is what to do when it is not good."""

    name: str
    found: str
    good: bool
    remedy: str = ""


def rows() -> list[Row]:
    """Python, cores, disk, versions against the lock, and the bundled weights."""
    free = shutil.disk_usage(settings.ROOT).free / 1e9
    return [
        Row("Python", platform.python_version(), sys.version_info >= (3, 11), "install Python 3.11 or newer"),
        Row("cores", str(os.cpu_count()), True),
        Row("disk", f"{free:.0f} GB free", free >= NEEDED_DISK_GB, f"free {NEEDED_DISK_GB:.0f} GB"),
        *_versions(),
        *_weights(),
    ]


def locked_versions() -> dict[str, str]:
    """Version of each package in the lock file; of several lines for one package, the first."""
    found: dict[str, str] = {}
    path = settings.ROOT / "shared" / "requirements.lock"
    if not path.exists():
        raise CookbookError(f"{path} is missing: restore it with `git checkout -- {path}`")
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, version = line.split(";")[0].strip().partition("==")
        if separator:
            found.setdefault(name, version)
    return found


def _versions() -> list[Row]:
    locked, found = locked_versions(), []
    for name in LOCKED:
        try:
            here = metadata.version(name)
        except metadata.PackageNotFoundError:
            here = "missing"
        wanted = locked.get(name, "nothing")
        found.append(Row(name, here, here.split("+")[0] == wanted, f"the lock says {wanted}: run `make setup`"))
    return found


def _weights() -> list[Row]:
    from phicookbook.models.checksums import verify

    found = []
    for name, folder in settings.bundled().items():
        try:
            verify(folder)
        except CookbookError as error:
            found.append(Row(name, "damaged", False, str(error)))
        else:
            found.append(Row(name, "checksums agree", True))
    return found


def show(found: list[Row]) -> str:
    """The findings as lines for a terminal."""
    width = max(len(row.name) for row in found)
    return "\n".join(
        f"{'ok ' if row.good else 'BAD'}  {row.name.ljust(width)}  {row.found}{'' if row.good else '  -> ' + row.remedy}"
        for row in found
    )
