"""Where things live and what is in force: folders, seed, threads, the model that chapters use.

Every value has an environment variable, read here and nowhere else:

    PHI_MODEL      the model that chapters open (default "pocket")
    PHI_API_KEY    the key of an endpoint (default: none)
    PHI_UPSTREAM_KEY  the key of the server that `cookbook serve --upstream` hands chats on to (default: none)
    PHI_ARTIFACTS  folder for everything that is made on this machine (default .artifacts in the repository)
    PHI_SEED       the seed of every draw (default 42)
    PHI_THREADS    CPU threads for torch (default: the machine's cores, at most 8)

and, for the cloud alone, the names that Azure's own tools use: AZURE_SUBSCRIPTION_ID, AZURE_RESOURCE_GROUP and
AZUREML_WORKSPACE_NAME; AZUREML_MODEL_DIR, which a deployment sets; and MLFLOW_TRACKING_URI, MLflow's own, for a tracking
server instead of a local file.
"""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parents[1]
COOKBOOK = ROOT / "cookbook"
DATASETS = ROOT / "datasets"
DOCS = ROOT / "docs"
AZURE = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZUREML_WORKSPACE_NAME")
POCKET_WEIGHTS = PACKAGE / "pocket" / "weights"
SIZES = {name: PACKAGE / "pocket" / "sizes" / name for name in ("pocket-xs", "pocket-s", "pocket-m")}
REASONING_WEIGHTS = PACKAGE / "reasoning" / "weights"


class CookbookError(Exception):
    """A mistake that the reader can mend: its text says what is wrong, where, and what to do."""


def model() -> str:
    """Name of the model that chapters open when they name none."""
    return os.environ.get("PHI_MODEL") or "pocket"


def bundled() -> dict[str, Path]:
    """The models that come with the repository, by name, and the folders of their weights."""
    tuned = {name: REASONING_WEIGHTS / name for name in ("pocket-reasoning", "pocket-reasoning-plus")}
    return {"pocket": POCKET_WEIGHTS} | SIZES | tuned


def reasoners() -> list[str]:
    """Names of the bundled models that are compared on reasoning: the sizes of chapter 01 saw too little text to think."""
    return [name for name in bundled() if name not in SIZES]


def use_model(name: str = "") -> str:
    """Put a model in force for this process, the one of PHI_MODEL when `name` is empty; returns its name."""
    os.environ["PHI_MODEL"] = name or model()
    return model()


def write_text(path: Path, text: str) -> None:
    """Write a text file so that a reader sees the old or the new content and nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    os.replace(part, path)


def read_text(path: Path, most_bytes: int = 0) -> str:
    """The text of a file that a reader gave, without a byte-order mark; above `most_bytes` it is refused (0: never).

    Raises CookbookError when it is missing, a folder, too large or not UTF-8.
    """
    try:
        if most_bytes and path.stat().st_size > most_bytes:
            raise CookbookError(f"{path} is larger than {most_bytes:,} bytes: is it the right file?")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise CookbookError(f"{path} does not exist: check the name") from None
    except IsADirectoryError:
        raise CookbookError(f"{path} is a folder: give one of its files") from None
    except UnicodeDecodeError as error:
        raise CookbookError(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8") from None


def api_key() -> str:
    """The key that an endpoint asks for, "" when none is set; never printed."""
    return os.environ.get("PHI_API_KEY", "").strip()


def upstream_key() -> str:
    """The key that the upstream of a service asks for, "" when none is set: the service's own key stays with it."""
    return os.environ.get("PHI_UPSTREAM_KEY", "").strip()


def without_keys() -> dict[str, str]:
    """The environment for a process that needs none of the keys."""
    return {name: value for name, value in os.environ.items() if name not in ("PHI_API_KEY", "PHI_UPSTREAM_KEY")}


def azure_workspace() -> tuple[str, ...]:
    """Subscription, resource group and workspace of Azure ML, "" for each that is not set."""
    return tuple(os.environ.get(name, "").strip() for name in AZURE)


def served_folder() -> Path:
    """The folder that Azure ML puts a deployed model into; the current one elsewhere."""
    return Path(os.environ.get("AZUREML_MODEL_DIR") or ".")


def tracking_uri() -> str:
    """The address of a tracking server, "" for a local database."""
    return os.environ.get("MLFLOW_TRACKING_URI", "").strip()


def artifacts() -> Path:
    """Folder for tuned models, executed chapters and the claims ledger; made when first written to."""
    return Path(os.environ.get("PHI_ARTIFACTS") or ROOT / ".artifacts").expanduser()


def seed() -> int:
    """The seed of every draw that a chapter makes."""
    return _whole_number("PHI_SEED", 42, least=0)


def threads() -> int:
    """CPU threads for torch."""
    return _whole_number("PHI_THREADS", min(os.cpu_count() or 1, 8), least=1)


def _whole_number(name: str, default: int, least: int) -> int:
    text = os.environ.get(name) or str(default)
    try:
        value = int(text)
    except ValueError:
        raise CookbookError(f"{name} is {text!r}: give a whole number, for example {name}={default}") from None
    if value < least:
        raise CookbookError(f"{name} is {value}: give a whole number from {least} up")
    return value
