"""The adapters beside a base model: read when they are first asked for, let go when nobody has used them for long.

    adapters = Adapters(model)
    key = adapters.load("folder", used=set())
    adapters.model(input_ids=ids, **adapters.mixed([key, ""]))   # a row with the adapter and one without

Mixing them in one batch is PEFT's work.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from textwrap import shorten

from phicookbook.serverless.errors import ApiError

MOST = 32
BASE = "__base__"  # PEFT's name for rows without an adapter
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


def _origin(folder: str) -> str:
    """What an adapter says of the model that it was tuned from."""
    named = json.loads((Path(folder) / CONFIG).read_text(encoding="utf-8")).get("base_model_name_or_path")
    return f"it was tuned from {named or 'another model'}; serve that with --model, or deploy another adapter"


def is_adapter(folder: str | Path) -> bool:
    """Whether a folder holds an adapter and not a whole model."""
    return (Path(folder) / CONFIG).exists()


class Adapters:
    """A model with adapters; `names` is PEFT's name by key, the least recently used first."""

    def __init__(self, model):
        self.model = model
        self.names: dict[str, str] = {}
        self.count = 0

    def mixed(self, keys: Sequence[str]) -> dict:
        """What the model's call needs to use for each row the adapter of its key, "" for none."""
        return {"adapter_names": [self.names.get(key, BASE) for key in keys]} if self.names else {}

    def load(self, folder: str, used: set[str]) -> str:
        """The key of a folder's adapter, read if need be; raises ApiError when it cannot be.

        The key holds the time of the file, so a folder whose adapter was replaced is read anew. Those in `used` stay.
        """
        try:
            key = f"{folder}@{(Path(folder) / WEIGHTS).stat().st_mtime_ns}"
            if key in self.names:
                self.names[key] = self.names.pop(key)
                return key
            self._read(folder, key)
        except OSError as error:
            told = f"The model's files can't be opened ({shorten(str(error), 200)}): it may have just been deleted."
            raise ApiError(404, told, param="model", code="model_not_found") from error
        except (ValueError, RuntimeError) as error:
            told = f"The adapter does not fit this service's base ({shorten(str(error), 200)}): {_origin(folder)}."
            raise ApiError(409, told, param="model", code="model_not_supported") from error
        others = [old for old in self.names if old != key and old not in used]
        self._drop(others[: max(0, len(self.names) - MOST)])
        return key

    def unload(self, folder: str, used: set[str]) -> bool:
        """Let go of a folder's adapter; whether no request is still using it."""
        keys = [key for key in self.names if key.rpartition("@")[0] == folder]
        self._drop([key for key in keys if key not in used])
        return not used & set(keys)

    def _read(self, folder: str, key: str) -> None:
        from peft import PeftModel
        from safetensors import SafetensorError

        self.count += 1
        name = f"a{self.count}"
        try:
            if isinstance(self.model, PeftModel):
                self.model.load_adapter(folder, name)
            else:
                self.model = PeftModel.from_pretrained(self.model, folder, adapter_name=name)
        except SafetensorError as error:
            raise ValueError(str(error)) from error
        self.model.eval()
        self.names[key] = name

    def _drop(self, keys: list[str]) -> None:
        for key in keys:
            if len(self.names) > 1:  # PEFT wants one at least
                self.model.delete_adapter(self.names.pop(key))
