"""How well each way of searching finds the travel guide's evidence: the table in docs/results/retrieval.md.

    python -m phicookbook.retrieval.measure --out docs/results/retrieval.md

Sizes and weights were chosen on one half of the questions; the table quotes the other.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

from phicookbook import settings
from phicookbook.retrieval import index as indexing
from phicookbook.retrieval.bm25 import BM25
from phicookbook.retrieval.chunking import Chunk, Document
from phicookbook.retrieval.embedding import Remembering, load_embedder
from phicookbook.retrieval.index import Index, worded
from phicookbook.retrieval.loading import load_folder
from phicookbook.retrieval.metrics import auroc, mrr, ndcg_at, recall_at
from phicookbook.retrieval.support import support
from phicookbook.settings import CookbookError
from phicookbook.statistics import Rate, bootstrap

TRAVEL = settings.DATASETS / "travel"
DEPTH = 10  # passages that a ranking holds
METRICS: dict[str, Callable[[Sequence[str], set[str]], float]] = {
    "recall@1": lambda ranking, gold: recall_at(ranking, gold, 1),
    "recall@5": lambda ranking, gold: recall_at(ranking, gold, 5),
    "nDCG@10": lambda ranking, gold: ndcg_at(ranking, gold, 10),
    "MRR@10": mrr,  # of rankings that end after DEPTH passages
}
Search = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class Score:
    """What one way of searching reached: values by metric, one a question, and in how many all gold was in the first 5."""

    values: dict[str, list[float]]
    complete: list[bool]

    def mean(self, metric: str) -> float:
        """The mean over the questions."""
        return sum(self.values[metric]) / len(self.values[metric])

    def only(self, wanted: Sequence[bool]) -> Score:
        """The score on some of the questions."""
        return Score(
            {name: list(compress(values, wanted)) for name, values in self.values.items()}, list(compress(self.complete, wanted))
        )


def questions(folder: Path = TRAVEL) -> list[dict]:
    """The rows of questions.jsonl. Raises CookbookError when the file is not there."""
    path = folder / "questions.jsonl"
    if not path.exists():
        raise CookbookError(f"{path} is missing: write it with `python -m phicookbook.corpora.travel_guide`")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def half(row: dict) -> str:
    """The side of a question by the CRC-32 of its text: "dev" to choose sizes on, "test" to quote."""
    return "dev" if zlib.crc32(row["question"].encode("utf-8")) % 2 else "test"


def relevant(row: dict, chunks: Sequence[Chunk]) -> set[str]:
    """Ids of the chunks that hold a sentence of a question's evidence, in the page where it stands."""
    pages = {section.partition("#")[0] for section in row["gold"]}
    return {one.id for one in chunks if one.document in pages and any(text in one.text for text in row["evidence"])}


def evaluate(search: Search, rows: Sequence[dict], chunks: Sequence[Chunk]) -> Score:
    """Score a way of searching on answerable questions. Raises ValueError when a question's evidence is in no chunk."""
    values: dict[str, list[float]] = {name: [] for name in METRICS}
    complete = []
    for row in rows:
        gold, ranking = relevant(row, chunks), list(search(row["question"], DEPTH))
        for name, metric in METRICS.items():
            values[name].append(metric(ranking, gold))
        complete.append(gold <= set(ranking[:5]))
    return Score(values, complete)


def searches(index: Index, chunks: Sequence[Chunk], texts: Sequence[str]) -> dict[str, Search]:
    """The ways of searching by name; `texts` are what bm25s sees of the chunks."""
    baseline = BM25([one.id for one in chunks], texts)

    def way(mode: str) -> Search:
        return lambda question, k: [passage.id for passage in index.search(question, k, mode)]

    return {
        "bm25s alone": lambda question, k: [name for name, _ in baseline.search(question, k)],
        "full text": way("full text"),
        "vector": way("vector"),
        "hybrid": way("hybrid"),
    }


def declining(index: Index, rows: Sequence[dict]) -> dict[str, list[float]]:
    """Support of the first five passages, for each question, under "answerable" and "unanswerable"."""
    scores: dict[str, list[float]] = {"answerable": [], "unanswerable": []}
    for row in rows:
        found = [passage.text for passage in index.search(row["question"], 5)]
        side = "unanswerable" if row["kind"] == "unanswerable" else "answerable"
        scores[side].append(support(row["question"], found, index.embedder))
    return scores


def threshold(scores: dict[str, list[float]]) -> float:
    """The support from which to answer: the best mean of the shares that are right on both sides."""

    def balance(least: float) -> float:
        return sum(_right(scores, least)[side].value for side in scores)

    return max(sorted({*scores["answerable"], *scores["unanswerable"]}), key=balance)


def _right(scores: dict[str, list[float]], least: float) -> dict[str, Rate]:
    return {
        "answerable": Rate.of(score >= least for score in scores["answerable"]),
        "unanswerable": Rate.of(score < least for score in scores["unanswerable"]),
    }


def table(scores: dict[str, Score], seed: int) -> str:
    """The scores in Markdown, each mean with its 95% bootstrap interval."""
    lines = ["| search | " + " | ".join([*METRICS, "all evidence in the first 5"]) + " |", "|---" * (len(METRICS) + 2) + "|"]
    for name, score in scores.items():
        cells = []
        for metric in METRICS:
            low, high = bootstrap(score.values[metric], seed)
            cells.append(f"{score.mean(metric):.3f} ({low:.3f}-{high:.3f})")
        lines.append(f"| {name} | " + " | ".join([*cells, str(Rate.of(score.complete))]) + " |")
    return "\n".join(lines)


def differences(scores: dict[str, Score], seed: int) -> str:
    """Hybrid less each of its parts on the same questions, with the interval of the paired difference."""
    found = []
    for name in ("full text", "vector"):
        pairs = zip(scores["hybrid"].values["recall@5"], scores[name].values["recall@5"])
        gaps = [ours - theirs for ours, theirs in pairs]
        low, high = bootstrap(gaps, seed)
        found.append(f"{sum(gaps) / len(gaps):+.3f} ({low:+.3f} to {high:+.3f}) against {name}")
    return "Hybrid's recall@5, paired by question: " + ", ".join(found) + "."


def report(index: Index, documents: Sequence[Document], seed: int) -> str:
    """The whole result as Markdown."""
    found = [(one, worded(one, document.metadata)) for document in documents for one in index.chunks(document)]
    chunks, texts = [one for one, _ in found], [text for _, text in found]
    rows, started = questions(), time.monotonic()
    tested = [row for row in rows if half(row) == "test"]
    answerable = [row for row in tested if row["gold"]]
    scores = {name: evaluate(way, answerable, chunks) for name, way in searches(index, chunks, texts).items()}
    kinds = {kind: [row["kind"] == kind for row in answerable] for kind in ("one_fact", "two_facts")}
    dev = declining(index, [row for row in rows if half(row) == "dev"])
    test, least = declining(index, tested), threshold(dev)
    right = _right(test, least)
    parts = [
        "# Retrieval on the travel guide",
        f"The test half of the questions (by hash of the text): {len(answerable)} answerable ones, on {len(chunks)} passages "
        f"of {len(documents)} pages. Means with 95% bootstrap intervals (2,000 draws, seed {seed}); the "
        "last column is a share with its 95% Wilson interval. Command: "
        "`python -m phicookbook.retrieval.measure --out docs/results/retrieval.md`.",
        table(scores, seed),
        differences(scores, seed),
        *(
            f"## {kind}, n={sum(those)}\n\n" + table({name: score.only(those) for name, score in scores.items()}, seed)
            for kind, those in kinds.items()
        ),
        _settings(index, rows),
        "## Declining\n\n"
        f"`support` of the first five passages (hybrid), test half. AUROC {auroc(test['answerable'], test['unanswerable']):.3f}. "
        f"With the threshold {least:.3f}, chosen on the development half: answers {right['answerable']} of the answerable "
        f"questions, declines {right['unanswerable']} of the others.",
        f"Seconds: {time.monotonic() - started:.0f}, one thread a search; vectors by {index.embedder.name}.",
    ]
    return "\n\n".join(parts) + "\n"


def _settings(index: Index, rows: Sequence[dict]) -> str:
    dev = sum(half(row) == "dev" and bool(row["gold"]) for row in rows)
    return (
        "## Settings\n\n"
        f"At most {index.max_tokens} tokens a passage; sections are joined up to {index.min_tokens}. Reciprocal rank fusion with "
        f"k = {indexing.K} and weights {indexing.WEIGHTS[0]:g} for words and {indexing.WEIGHTS[1]:g} for meaning. "
        f"Chosen on the development half ({dev} answerable questions)."
    )


def main(arguments: list[str] | None = None) -> None:
    """Index the guide in a folder of its own, measure, print, and write to --out."""
    parser = argparse.ArgumentParser(description="Measure retrieval on datasets/travel.")
    parser.add_argument("--out", default="", help="also write the result to this Markdown file")
    options = parser.parse_args(arguments)
    documents = load_folder(TRAVEL / "documents").documents
    with tempfile.TemporaryDirectory() as folder:
        index = Index(Path(folder), Remembering(load_embedder()))
        index.update(documents)
        text = report(index, documents, settings.seed())
    print(text)
    if options.out:
        Path(options.out).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
