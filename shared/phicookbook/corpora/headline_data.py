"""The headline datasets in the chat JSONL that fine-tuning services take, written from the grammar by seed.

    write(Path(".artifacts/headlines"))   # train.jsonl (85,000 rows) and validation.jsonl, in seconds
"""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

from phicookbook import settings
from phicookbook.corpora import headlines, text_held_out
from phicookbook.corpora.headlines import Headline
from phicookbook.settings import CookbookError

SEED = 85_000
SIZES = {"train": 85_000, "validation": 2_000}
CHECKSUMS = "checksums.json"


def draw(split: str, n: int, seed: int = SEED) -> list[Headline]:
    """`n` different headlines of the training or the validation side.

    The side is decided by the hash of the text, so the two never share a headline, whatever the seed.
    """
    rng = random.Random(f"{split}/{seed}")
    found: dict[str, Headline] = {}
    while len(found) < n:
        headline = headlines.draw(rng)
        held_out = text_held_out(headline.text)
        if held_out == (split == "validation"):
            found.setdefault(headline.text, headline)
    return list(found.values())


def row(headline: Headline) -> dict:
    """A chat row: the book's one prompt, and the firm's one word."""
    return {
        "messages": [
            {"role": "user", "content": headlines.prompt(headline.text)},
            {"role": "assistant", "content": headlines.policy(headline)},
        ]
    }


def write(folder: Path) -> dict[Path, int]:
    """Write both files and hold them against the recorded checksums; returns rows by file.

    Raises CookbookError when a file differs, which means that the grammar changed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    recorded = json.loads((settings.DATASETS / "headlines" / CHECKSUMS).read_text(encoding="utf-8"))
    written = {}
    for split, n in SIZES.items():
        path = folder / f"{split}.jsonl"
        content = as_jsonl(draw(split, n))
        digest = hashlib.sha256(content.encode("utf-8")).hexdigest()
        if digest != recorded[path.name]:
            raise CookbookError(
                f"{path.name} would differ from the recorded one: the grammar changed. "
                "If that is meant, record it anew with `python -m phicookbook.corpora.headline_data`"
            )
        settings.write_text(path, content)
        written[path] = n
    return written


def as_jsonl(chosen: list[Headline]) -> str:
    """Chat rows of some headlines as JSON lines."""
    return "".join(json.dumps(row(h), ensure_ascii=False, separators=(",", ":")) + "\n" for h in chosen)


def record() -> None:
    """Write the shipped sample and the checksums of the full files."""
    folder = settings.DATASETS / "headlines"
    digests = {
        f"{split}.jsonl": hashlib.sha256(as_jsonl(draw(split, n)).encode("utf-8")).hexdigest()
        for split, n in SIZES.items()
    }
    (folder / CHECKSUMS).write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
    (folder / "sample.jsonl").write_text(as_jsonl(draw("train", 200)), encoding="utf-8")


if __name__ == "__main__":
    record()
