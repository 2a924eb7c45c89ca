"""Let a model that was made elsewhere answer under a name: an adapter, or a folder that transformers opens.

deploy(Path("data"), "headlines", "exports/headlines", base="pocket")
"""

from __future__ import annotations

import re
from pathlib import Path

from phicookbook.serverless.store import Served, Store, now
from phicookbook.settings import CookbookError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")


def deploy(data: Path, name: str, folder: str | Path, base: str = "pocket") -> None:
    """Add a model to the service of a data folder, running or not; its files stay where they are.

    The same name again replaces what it stood for. Raises CookbookError for a name or a folder that cannot be served.
    """
    place = Path(folder).expanduser().resolve()
    if not NAME.fullmatch(name) or name == base:
        raise CookbookError(f"{name!r} is no name for a model: give NAME=FOLDER, letters, digits and . _ : - in the name")
    if not any((place / file).exists() for file in ("adapter_config.json", "config.json")):
        raise CookbookError(f"{folder} holds no model: give the folder of an adapter or of a whole model")
    store = Store(data)
    try:
        old = store.served(name)
        with store.write() as session:
            if old:
                row = session.get(Served, old.seq)
                row.deleted_at = now()
                session.add(row)
            session.add(Served(id=name, folder=str(place), base=base, kind="deployed", created_at=now()))
    finally:
        store.close()
