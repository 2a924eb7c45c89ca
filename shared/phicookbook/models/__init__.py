"""One way to a model: `open_model()` for the bundled one, a folder, a hub id or an endpoint for the real Phi.

open_model()                                # pocket
open_model("pocket-headlines")              # the tuned model of chapter 04, made first if it is missing
open_model("microsoft/Phi-4-mini-instruct") # a real Phi, once its files are on this machine
open_model("exported")                      # a folder: transformers' files, a LoRA adapter, or an ONNX export
open_model("https://host/v1#Phi-4-mini")    # a deployment behind an OpenAI-compatible endpoint
"""

from __future__ import annotations

import difflib
from pathlib import Path

from phicookbook import settings
from phicookbook.models import artifacts
from phicookbook.settings import CookbookError

ARTIFACTS = tuple(artifacts.MAKERS)


def open_model(name: str = ""):
    """The model of that name, ready to chat; without a name the one that PHI_MODEL sets, else pocket.

    Raises CookbookError for a name that is no model, damaged weights, or a hub model that is not here.
    """
    name = str(name or settings.model())
    if name.startswith(("http://", "https://")):
        from phicookbook.models.endpoint import open_endpoint

        return open_endpoint(name)
    place = find(name)
    return _open_artifact(place, name) if name in ARTIFACTS else _open(place, name)


def find(name: str) -> Path | str:
    """Where the files of a model on this machine are: a folder, or the hub id that transformers looks up.

    An artifact is made first when it is missing. Raises CookbookError for a name that is no model, or damaged weights.
    """
    if name in settings.bundled():
        from phicookbook.models.checksums import verify

        verify(settings.bundled()[name])
        return settings.bundled()[name]
    if name in ARTIFACTS:
        return artifacts.ensure(name)
    if Path(name).expanduser().is_dir():
        return Path(name).expanduser()
    if name.count("/") == 1 and not name.startswith((".", "/", "~", "http:", "https:")):
        return name
    raise CookbookError(_unknown(name))


def _open(place: Path | str, name: str):
    """The model of a folder or a hub id, with the backend that its files ask for."""
    from phicookbook.models.local import open_folder
    from phicookbook.models.onnx import is_exported, open_onnx

    if isinstance(place, Path) and is_exported(place):
        return open_onnx(place, name)
    return open_folder(place, name)


def _open_artifact(folder: Path, name: str):
    """A model that was made here; one that no longer opens can be made anew."""
    try:
        return _open(folder, name)
    except CookbookError as error:
        raise CookbookError(f"{error}. Delete {folder}: {name} is made anew when it is next asked for") from error


def _unknown(name: str) -> str:
    known = [*settings.bundled(), *ARTIFACTS]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    choice = (
        f"Choose {', '.join(known)}, a folder, a hub id such as microsoft/Phi-4-mini-instruct, or https://host/v1#deployment."
    )
    return f"no model is called {name!r}. {hint}{choice}"
