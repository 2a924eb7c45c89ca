"""How building and asking an index grow with it: the table in docs/results/retrieval_speed.md.

    OMP_NUM_THREADS=1 LANCE_CPU_THREADS=1 taskset -c 0 python -m phicookbook.retrieval.speed --out docs/results/retrieval_speed.md

Texts and vectors are drawn, so the figures are the index's own; what embedding costs is measured apart, on real pages.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from phicookbook import settings
from phicookbook.corpora import names
from phicookbook.retrieval.chunking import Document
from phicookbook.retrieval.embedding import DIMENSIONS, load_embedder
from phicookbook.retrieval.index import MODES, Index
from phicookbook.retrieval.loading import load_folder
from phicookbook.retrieval.measure import TRAVEL

SIZES = (1_000, 10_000, 100_000)
QUERIES, WARM = 300, 20


class Drawn:
    """Vectors that gather around some hundred centres, as those of texts do, without a model."""

    name = "drawn"

    def __init__(self, centres: int = 300, seed: int = 1):
        import numpy as np

        self.rng = np.random.default_rng(seed)
        self.centres = self.rng.normal(size=(centres, DIMENSIONS))

    def count(self, text: str) -> int:
        """Words of a text."""
        return len(text.split())

    def embed(self, texts: Sequence[str], batch_size: int = 32, progress: Callable[[Iterable], Iterable] = iter):
        """Vectors (n, 384) of length one."""
        import numpy as np

        near = self.centres[self.rng.integers(len(self.centres), size=len(texts))]
        vectors = (near + self.rng.normal(size=near.shape)).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@dataclass(frozen=True)
class Speed:
    """Seconds of one size: to build, and of each query by mode, sorted; `megabytes` on disk."""

    passages: int
    build: float
    megabytes: float
    queries: dict[str, list[float]]

    def at(self, mode: str, share: float) -> float:
        """The query time that this share of the queries does not exceed, in milliseconds."""
        found = self.queries[mode]
        return found[min(len(found) - 1, int(share * len(found)))] * 1e3


def measure(passages: int, folder: Path, queries: int = QUERIES, seed: int = 1) -> Speed:
    """Build an index of that many passages of 50 words in `folder` and ask it by every mode."""
    rng = random.Random(seed)
    vocabulary = [names.word(rng) for _ in range(4_000)]

    def text(n: int) -> str:
        return " ".join(vocabulary[int(rng.paretovariate(0.5)) % len(vocabulary)] for _ in range(n))

    index = Index(folder, Drawn())
    documents = [Document(f"{number}.txt", text(50), "txt") for number in range(passages)]
    started = time.perf_counter()
    index.update(documents)
    build = time.perf_counter() - started
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    asked, seconds = [text(8) for _ in range(WARM + queries)], {}
    for mode in MODES:
        seconds[mode] = []
        for question in asked:
            started = time.perf_counter()
            index.search(question, 5, mode)
            seconds[mode].append(time.perf_counter() - started)
        seconds[mode] = sorted(seconds[mode][WARM:])
    return Speed(len(index), build, size, seconds)


@dataclass(frozen=True)
class FolderCost:
    """What a folder of texts costs, in CPU seconds: to read it, to index it, to index it again when nothing has changed."""

    files: int
    passages: int
    kilobytes: float
    read: float
    first: float
    again: float


def folder_cost(source: Path, folder: Path) -> FolderCost:
    """Index the texts of `source` in `folder` twice, with the real embedding model."""
    embedder = load_embedder()
    embedder.embed(["warm"] * 32)
    clock = [time.process_time()]

    def lap() -> float:
        clock.append(time.process_time())
        return clock[-1] - clock[-2]

    loaded = load_folder(source)
    read = lap()
    index = Index(folder, embedder)
    index.update(loaded.documents)
    first = lap()
    index.update(load_folder(source).documents)
    size = sum(path.stat().st_size for path in source.rglob("*") if path.is_file()) / 1e3
    return FolderCost(len(loaded.documents), len(index), size, read, first, lap())


def report(found: Sequence[Speed], cost: FolderCost) -> str:
    """The result as Markdown."""
    head = ["passages", "build, s", "on disk, MB", *(f"{mode}, p50 / p95 ms" for mode in MODES)]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for one in found:
        times = [f"{one.at(mode, 0.5):.1f} / {one.at(mode, 0.95):.1f}" for mode in MODES]
        lines.append(f"| {one.passages:,} | {one.build:.1f} | {one.megabytes:.0f} | {' | '.join(times)} |")
    return (
        "# Retrieval by size\n\n"
        f"Passages of 50 drawn words with drawn vectors; {QUERIES} queries of 8 words a mode, after {WARM} to warm up; seed 1. "
        f"{_cores()} core(s). Command: "
        "`OMP_NUM_THREADS=1 LANCE_CPU_THREADS=1 taskset -c 0 python -m phicookbook.retrieval.speed "
        "--out docs/results/retrieval_speed.md`.\n\n" + "\n".join(lines) + "\n\n"
        "Embedding is not in these figures; each query adds the embedding of its own few words.\n\n"
        f"A folder of one's own, with embedding: {cost.files} Markdown files of the travel guide ({cost.kilobytes:.0f} kB, "
        f"{cost.passages} passages) took {cost.read:.1f} CPU seconds to read, {cost.first:.1f} to index "
        f"({cost.passages / cost.first:.0f} passages a second), and {cost.again:.1f} to go over again with nothing changed.\n"
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main(arguments: list[str] | None = None) -> None:
    """Measure every size, print, and write to --out."""
    parser = argparse.ArgumentParser(description="Measure how an index grows.")
    parser.add_argument("--out", default="", help="also write the result to this Markdown file")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument(
        "--folder", type=Path, default=TRAVEL / "documents", help="the texts of the folder that is indexed for real"
    )
    options = parser.parse_args(arguments)
    found = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            found.append(measure(size, Path(folder) / "index"))
        print(f"{size:,} passages: built in {found[-1].build:.1f} s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        text = report(found, folder_cost(options.folder, Path(folder) / "index"))
    print(text)
    if options.out:
        settings.write_text(Path(options.out), text)


if __name__ == "__main__":
    main()
