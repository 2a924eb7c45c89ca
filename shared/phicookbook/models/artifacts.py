"""Models that chapters make for each other: asked for by name, made first when they are missing.

    folder = ensure("pocket-headlines")

Each maker is named as text and imported when it is needed: a low floor may ask for work that is done
on a higher one, but does not import it.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from filelock import FileLock

from phicookbook import settings
from phicookbook.models import checksums
from phicookbook.settings import CookbookError

MAKERS = {
    "pocket-headlines": "phicookbook.finetune.headlines:make",
    "pocket-headlines-int4": "phicookbook.edge.exporting:make",
}


def path_of(name: str) -> Path:
    """Where an artifact is kept: apart for each edition of the bundled weights, since it was made from them."""
    listing = settings.POCKET_WEIGHTS / checksums.NAME
    edition = checksums.sha256(listing)[:8] if listing.exists() else "unknown"
    return settings.artifacts() / "models" / f"pocket-{edition}" / name


def lock_of(folder: Path) -> FileLock:
    """The one lock of a folder that is being made; whoever holds it may take it again."""
    return FileLock(folder.with_name(folder.name + ".lock"), is_singleton=True)


def ensure(name: str) -> Path:
    """The folder of an artifact, after making it if it is not there.

    Raises CookbookError for a name without a maker.
    """
    if name not in MAKERS:
        raise CookbookError(f"no artifact is called {name!r}: choose one of {', '.join(MAKERS)}")
    folder = path_of(name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with lock_of(folder):
        if not folder.exists():
            module, function = MAKERS[name].split(":")
            print(f"{name} is not here yet: making it", flush=True)
            getattr(importlib.import_module(module), function)(folder)
    return folder
