"""What an Azure ML deployment runs: `init` once, then `run` for every request.

run('{"messages": [{"role": "user", "content": "Hello"}]}')
"""

from __future__ import annotations

import json
from pathlib import Path

from phicookbook import settings as book_settings

OPENED: dict = {}


def init() -> None:
    """Open the deployed model: the one folder below the deployment's own that holds a model."""
    from phicookbook.models import open_model

    OPENED["model"] = open_model(str(models_below(book_settings.served_folder())[0]))


def models_below(folder: Path) -> list[Path]:
    """The folders below `folder` that hold a model, adapters first."""
    return [path.parent for mark in ("adapter_config.json", "config.json") for path in sorted(folder.rglob(mark))]


def run(body: str) -> dict:
    """The answer to {"messages": [...]}; bad input comes back as {"error": ...}."""
    from phicookbook.settings import CookbookError

    try:
        return {"content": OPENED["model"].chat(json.loads(body)["messages"]).text}
    except (ValueError, KeyError, TypeError, CookbookError) as error:
        return {"error": f'send {{"messages": [...]}}: {error}'}
