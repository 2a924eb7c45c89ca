"""Our own reasoning models, as far as their weights exist on this machine.

ours()   # {"pocket": "pocket"}, and pocket-reasoning once `cookbook reasoning train` has made it
"""

from __future__ import annotations

from phicookbook import settings
from phicookbook.models import BUNDLED

NAMES = ("pocket", "pocket-reasoning", "pocket-reasoning-plus")


def ours() -> dict[str, str]:
    """What `open_model` takes, by name, for each of NAMES that is bundled or was trained here."""
    found = {}
    for name in NAMES:
        folder = settings.artifacts() / "reasoning" / name
        if name in BUNDLED:
            found[name] = name
        elif (folder / "config.json").exists():
            found[name] = str(folder)
    return found
