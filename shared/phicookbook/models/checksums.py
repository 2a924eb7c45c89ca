"""Checksums of shipped weights, so that a damaged file is named before it gives odd answers.

verify(folder)   # silent, or CookbookError
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from phicookbook.settings import CookbookError

NAME = "SHA256SUMS"
# The files of a model that decide an answer.
DECIDING = (
    "model.safetensors", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "chat_template.jinja",
)  # fmt: skip


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(folder: Path, names: Sequence[str]) -> None:
    """Record the checksums of some files of a folder, in the format of sha256sum."""
    lines = [f"{sha256(folder / name)}  {name}\n" for name in sorted(names)]
    (folder / NAME).write_text("".join(lines), encoding="utf-8")


def verify(folder: Path) -> None:
    """Raise CookbookError when a file of the folder is missing or differs from its recorded checksum."""
    listing = folder / NAME
    if not listing.exists():
        raise CookbookError(f"{listing} is missing: restore the folder with `git checkout -- {folder}`")
    for line in listing.read_text(encoding="utf-8").splitlines():
        expected, name = line.split(maxsplit=1)
        path = folder / name
        if not path.exists():
            raise CookbookError(f"{path} is missing: restore it with `git checkout -- {path}`")
        if sha256(path) != expected:
            raise CookbookError(f"{path} is damaged (its checksum differs): restore it with `git checkout -- {path}`")
