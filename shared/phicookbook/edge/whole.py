"""A folder that appears whole or not at all.

with whole(Path("out")) as part:
    (part / "file").write_text("...")
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from phicookbook.settings import CookbookError


def check_new(out: Path) -> None:
    """Raise CookbookError when `out` holds something already."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CookbookError(f"{out} exists already: give a new folder, or delete it first")


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """A folder to fill that becomes `out` when all went well, and is gone after an error or Ctrl-C."""
    check_new(out)
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        yield part
        if out.exists():
            out.rmdir()
        os.replace(part, out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
