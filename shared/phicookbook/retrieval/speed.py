"""How building and asking an index grow with it: the table in docs/results/retrieval_speed.md.

    OMP_NUM_THREADS=1 LANCE_CPU_THREADS=1 taskset -c 0 python -m phicookbook.retrieval.speed --out docs/results/retrieval_speed.md

Texts and vectors are drawn, so the figures are the index's own; what embedding costs is measured apart, on real pages as
Markdown and as PDF.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from phicookbook import settings
from phicookbook.corpora import names
from phicookbook.retrieval.chunking import Document
from phicookbook.retrieval.embedding import DIMENSIONS, Remembering, load_embedder
from phicookbook.retrieval.index import INDEXED_FROM, MODES, Index
from phicookbook.retrieval.loading import load_folder
from phicookbook.retrieval.measure import TRAVEL

SIZES = (1_000, 10_000, 100_000)
QUERIES, WARM = 300, 20
FIRST = 10  # vectors found, of which the share is counted that comparing all would find
PDFS = 60  # pages of the folder that are written as PDF


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
    """Seconds of one size: to build, and of each query by mode, sorted; `megabytes` on disk.

    `recall` is the share of the FIRST nearest vectors that a search by meaning finds.
    """

    passages: int
    build: float
    megabytes: float
    queries: dict[str, list[float]]
    recall: float

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
    index = Index(folder, Remembering(index.embedder))  # a question has one vector in every search
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    asked, seconds = [text(8) for _ in range(WARM + queries)], {}
    for mode in MODES:
        seconds[mode] = []
        for question in asked:
            started = time.perf_counter()
            index.search(question, 5, mode)
            seconds[mode].append(time.perf_counter() - started)
        seconds[mode] = sorted(seconds[mode][WARM:])
    return Speed(len(index), build, size, seconds, recall(index, asked[WARM:]))


def recall(index: Index, questions: Sequence[str]) -> float:
    """The mean share of the FIRST passages by exact cosine that the index's search by meaning finds for some questions.

    The index's embedder must give a question the same vector twice.
    """
    found = 0
    for question in questions:
        vector = index.embedder.embed([question])[0]
        query = index._table().search(vector, vector_column_name="vector").distance_type("cosine").bypass_vector_index()
        exact = {row["id"] for row in query.limit(FIRST).select(["id", "_distance"]).to_list()}
        found += len(exact & {passage.id for passage in index.search(question, FIRST, "vector")}) / len(exact)
    return found / len(questions)


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


def pdf(*pages: str) -> bytes:
    """A small PDF with the lines of a text on each page; what Latin-1 lacks becomes "?"."""
    kids = " ".join(f"{4 + 2 * place} 0 R" for place in range(len(pages)))
    parts = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
             "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]  # fmt: skip
    for place, text in enumerate(pages):
        plain = text.translate({ord(mark): f"\\{mark}" for mark in "\\()"})
        stream = f"BT /F1 9 Tf 12 TL 20 780 Td ({') Tj T* ('.join(plain.splitlines())}) Tj ET"
        parts.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * place} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        parts.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    text, offsets = "%PDF-1.4\n", []
    for place, part in enumerate(parts, 1):
        offsets.append(len(text))
        text += f"{place} 0 obj\n{part}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"trailer\n<< /Size {len(parts) + 1} /Root 1 0 R >>\nstartxref\n{len(text)}\n%%EOF\n"
    return f"{text}xref\n0 {len(parts) + 1}\n0000000000 65535 f \n{table}{trailer}".encode("latin-1", "replace")


def write_pdfs(source: Path, folder: Path, most: int = PDFS) -> None:
    """Write the first `most` texts of `source` as PDF files of one page each into `folder`."""
    for number, document in enumerate(load_folder(source).documents[:most]):
        lines = [line for part in document.text[document.start :].splitlines() for line in textwrap.wrap(part, 90) or [""]]
        (folder / f"{number:03}.pdf").write_bytes(pdf("\n".join(lines)))


def report(found: Sequence[Speed], texts: FolderCost, pdfs: FolderCost) -> str:
    """The result as Markdown."""
    head = ["passages", "build, s", "on disk, MB", *(f"{mode}, p50 / p95 ms" for mode in MODES), f"recall@{FIRST} of vectors"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for one in found:
        times = [f"{one.at(mode, 0.5):.1f} / {one.at(mode, 0.95):.1f}" for mode in MODES]
        lines.append(f"| {one.passages:,} | {one.build:.1f} | {one.megabytes:.0f} | {' | '.join(times)} | {one.recall:.3f} |")
    return (
        "# Retrieval by size\n\n"
        f"Passages of 50 drawn words with drawn vectors; {QUERIES} queries of 8 words a mode, after {WARM} to warm up; seed 1. "
        f"{_cores()} core(s). Command: "
        "`OMP_NUM_THREADS=1 LANCE_CPU_THREADS=1 taskset -c 0 python -m phicookbook.retrieval.speed "
        "--out docs/results/retrieval_speed.md`.\n\n" + "\n".join(lines) + "\n\n"
        f"The last column is the share of the {FIRST} nearest vectors that a search by meaning finds; from {INDEXED_FROM:,} "
        "passages on it uses a vector index (IVF), below it compares all. "
        "Embedding is not in these figures; each query adds the embedding of its own few words.\n\n"
        f"A folder of one's own, with embedding, in CPU seconds: {_paid(texts, 'Markdown')} {_paid(pdfs, 'PDF')}\n"
    )


def _paid(cost: FolderCost, kind: str) -> str:
    speed = cost.passages / cost.first
    return (
        f"{cost.files} {kind} files of the travel guide ({cost.kilobytes:.0f} kB, {cost.passages} passages) took {cost.read:.1f} "
        f"to read, {cost.first:.1f} to index with the vectors of their sentences ({speed:.0f} passages a second), and "
        f"{cost.again:.1f} to go over again with nothing changed."
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
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as pdfs:
        write_pdfs(options.folder, Path(pdfs))
        costs = [folder_cost(source, Path(folder) / name) for source, name in ((options.folder, "texts"), (Path(pdfs), "pdfs"))]
    text = report(found, *costs)
    print(text)
    if options.out:
        settings.write_text(Path(options.out), text)


if __name__ == "__main__":
    main()
