"""An index on disk: LanceDB holds passages with their words and vectors, and finds them by either or by both.

    index = Index(Path(".artifacts/index")); index.update(load_folder(Path("notes")).documents)
    index.search("When does the inn open?", k=3, where={"town": "Skagway"})[0].heading

Each batch of documents is written in one transaction, so a stop at any time leaves an index that works, and the next
update goes on from there. Documents whose content has not changed are not touched.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from phicookbook.retrieval import fusion
from phicookbook.retrieval.chunking import MAX_TOKENS, MIN_TOKENS, Chunk, Document, chunk
from phicookbook.retrieval.embedding import DIMENSIONS, NAME, Embedder, Remembering, load_embedder
from phicookbook.retrieval.support import RULES, embedded
from phicookbook.settings import CookbookError

TABLE = "passages"
MODES = ("hybrid", "vector", "full text")
DEPTH = 50  # passages that each side of a hybrid search puts up
K, WEIGHTS = 1, (1.0, 0.5)  # of the fusion; the weights are those of words and of meaning
BATCH = 32  # documents of one transaction
REMEMBERED = 20_000  # texts of sentences whose vectors an update keeps at hand: pages repeat each other
INDEXED_FROM = 20_000  # passages; fewer vectors are compared one by one
COLUMNS = ["id", "document", "heading", "text", "start", "end", "vector"]


@dataclass(frozen=True)
class Passage(Chunk):
    """A chunk that was found. `score` is BM25, cosine or the fused score, as the mode has it; `similarity` the cosine.

    `similarity` is None after a search by words alone. `vectors` (n, 384) are what `support.embedded` made of its text.
    """

    score: float
    similarity: float | None = None
    vectors: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Update:
    """What an update did, in documents; `chunks` counts the passages it wrote."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    chunks: int = 0


class Index:
    """The index in a folder, which an update makes when it is not there. Without `embedder`, all-MiniLM-L6-v2 is opened."""

    def __init__(
        self, folder: Path, embedder: Embedder | None = None, max_tokens: int = MAX_TOKENS, min_tokens: int = MIN_TOKENS
    ):
        self.folder = Path(folder)
        self.max_tokens, self.min_tokens = max_tokens, min_tokens
        self._embedder = embedder
        self._opened = None

    @property
    def embedder(self) -> Embedder:
        """The model of the vectors, opened when it is first needed."""
        self._embedder = self._embedder or load_embedder()
        return self._embedder

    def _table(self, make: bool = False):
        """The LanceDB table; `make` makes it, and empties an older version's. Without it, raises CookbookError for these."""
        import lancedb

        if self._opened is None:
            there = (self.folder / f"{TABLE}.lance").exists()
            if not make and not there:
                raise CookbookError(f"there is no index in {self.folder}: make one with `cookbook index FOLDER`")
            self.folder.mkdir(parents=True, exist_ok=True)
            store = lancedb.connect(str(self.folder))
            table = store.open_table(TABLE) if there else store.create_table(TABLE, schema=_schema(), exist_ok=True)
            if table.schema.names != _schema().names:
                if not make:
                    raise CookbookError(f"{self.folder} is of an older version: `cookbook index FOLDER` makes the index anew")
                table = store.create_table(TABLE, schema=_schema(), mode="overwrite")
            self._opened = table
        self._opened.checkout_latest()
        return self._opened

    def __len__(self) -> int:
        return self._table().count_rows()

    def documents(self) -> dict[str, str]:
        """Content hashes of the indexed documents by id."""
        rows = self._table().search().select(["document", "hash"]).limit(len(self)).to_list() if len(self) else []
        return {row["document"]: row["hash"] for row in rows}

    @property
    def _mark(self) -> Path:
        return self.folder / "unfinished"

    @property
    def unfinished(self) -> bool:
        """Whether the last update was stopped before its end, or is at work now: documents may be missing."""
        return self._mark.exists()

    def fingerprint(self, document: Document) -> str:
        """SHA-256 of everything that decides a document's passages and vectors: text, metadata, sizes, model, rules."""
        made = [NAME, RULES, self.max_tokens, self.min_tokens, document.kind, document.start, document.metadata, document.text]
        return hashlib.sha256(json.dumps(made, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()

    def chunks(self, document: Document) -> list[Chunk]:
        """The passages of a document; headings that were cut off from their text are left out, unless nothing else is there."""
        found = chunk(document, self.max_tokens, self.min_tokens, self.embedder.count)
        return [one for one in found if body(one) != one.heading] or found

    def update(
        self, documents: Sequence[Document], prune: bool = False, progress: Callable[[Iterable], Iterable] = iter
    ) -> Update:
        """Add new documents and replace changed ones; with `prune`, drop those that are not given.

        An index that an older version made is emptied first. `progress` wraps the list of changed documents, as tqdm does.
        Raises CookbookError for no documents.
        """
        from filelock import FileLock

        if not documents:
            raise CookbookError("there are no documents to index")
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / "writing.lock"):
            self._mark.touch()
            table, known = self._table(make=True), self.documents()
            marks = {document.id: self.fingerprint(document) for document in documents}
            waiting = [document for document in documents if known.get(document.id) != marks[document.id]]
            remembering = Remembering(self.embedder, REMEMBERED) if waiting else None
            written, batch, rows = 0, [], []
            for place, document in enumerate(progress(waiting), 1):
                batch.append(document.id)
                rows += self._rows(document, marks[document.id], remembering)
                if len(batch) == BATCH or place == len(waiting):
                    _write(table, rows, batch, fresh=not known.keys() & set(batch))
                    written, batch, rows = written + len(rows), [], []
            gone = sorted(set(known) - set(marks)) if prune else []
            if gone:
                table.delete(_among("document", gone))
            if waiting or gone:
                _refresh(table)
            self._mark.unlink()
        new = sum(document.id not in known for document in waiting)
        return Update(new, len(waiting) - new, len(documents) - len(waiting), len(gone), written)

    def _rows(self, document: Document, mark: str, remembering: Remembering) -> list[dict]:
        """The passages of a document with their vectors, as the table holds them."""
        tags, rows = [f"{key}={value}" for key, value in document.metadata.items()], []
        for one in self.chunks(document):
            words = worded(one, document.metadata)
            rows.append({**one.__dict__, "body": body(one), "words": words, "tags": tags, "hash": mark})
        bodies = self.embedder.embed([row.pop("body") for row in rows])
        for row, vector, inner in zip(rows, bodies, embedded([row["text"] for row in rows], remembering), strict=True):
            row["vector"], row["sentences"] = vector, inner.tobytes()
        return rows

    def delete(self, document: str) -> bool:
        """Remove a document's passages; returns whether there were any."""
        table = self._table()
        before = table.count_rows()
        table.delete(_among("document", [document]))
        return table.count_rows() < before

    def search(
        self, question: str, k: int = 5, mode: str = "hybrid", where: dict[str, str] | None = None, variety: float = 0.0
    ) -> list[Passage]:
        """The best `k` passages, best first; fewer, or none, when there are no more.

        `where` keeps documents with these metadata. `variety` from 0 (off) to 1 trades relevance for passages that
        differ (maximal marginal relevance). Raises CookbookError for an empty question, an unknown mode, a `k` below 1.
        """
        if not question.strip():
            raise CookbookError("the question is empty: ask something, for example 'When does the museum open?'")
        if mode not in MODES or k < 1 or not 0 <= variety <= 1:
            raise CookbookError(f"mode is {mode!r}, k {k}, variety {variety}: {', '.join(MODES)}; 1 or more; 0 to 1")
        table, vector = self._table(), None
        depth = max(DEPTH, 2 * k) if mode == "hybrid" or variety else k
        found: list[list[dict]] = []
        if mode != "vector":
            found.append(_by_words(table, question, depth, where))
        if mode != "full text" or variety:
            vector = self.embedder.embed([question])[0]
        if mode != "full text":
            found.append(_by_meaning(table, vector, depth, where))
        rows = {row["id"]: row for ranking in reversed(found) for row in ranking}
        ranked = [(row["id"], row["score"]) for row in found[0]]
        if mode == "hybrid":
            ranked = fusion.rrf([[row["id"] for row in ranking] for ranking in found], WEIGHTS, K)
        passages = [_passage(rows[name], score, vector) for name, score in ranked]
        if variety and passages:
            chosen = fusion.mmr(vector, [rows[name]["vector"] for name, _ in ranked], k, 1 - variety)
            passages = [passages[place] for place in chosen]
        return _with_vectors(table, passages[:k], rows)


def body(one: Chunk) -> str:
    """What a search by meaning sees: the path of headings, then the passage without a heading line that repeats its end."""
    last = one.heading.rpartition(" > ")[2]
    text = re.sub(r"\A#{1,6}[ \t]+" + re.escape(last) + r"[ \t#]*(?:\n+|\Z)", "", one.text) if last else one.text
    return "\n".join(filter(None, [one.heading, text]))


def worded(one: Chunk, metadata: dict[str, str]) -> str:
    """What a search by words sees: the same and the document's metadata, so that an inn is found as a hotel of its town."""
    return "\n".join([body(one), *metadata.values()])


def _schema():
    import pyarrow as pa

    texts = [pa.field(name, pa.string()) for name in ("id", "document", "heading", "text", "words", "hash")]
    offsets = [pa.field("start", pa.int64()), pa.field("end", pa.int64())]
    vectors = [pa.field("vector", pa.list_(pa.float32(), DIMENSIONS)), pa.field("sentences", pa.large_binary())]
    return pa.schema([*texts, *offsets, pa.field("tags", pa.list_(pa.string())), *vectors])


def _write(table, rows: list[dict], documents: list[str], fresh: bool) -> None:
    """Replace the passages of some documents in one transaction; `fresh` ones have none yet, and adding is quicker."""
    if fresh:
        table.add(rows)
        return
    merge = table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
    merge.when_not_matched_by_source_delete(_among("document", documents)).execute(rows)


def _refresh(table) -> None:
    """Bring the indexes up to date and drop old versions of the data."""
    from lancedb.index import FTS, IvfFlat

    have = {column for index in table.list_indices() for column in index.columns}
    if "vector" not in have and table.count_rows() >= INDEXED_FROM:
        table.create_index("vector", config=IvfFlat(distance_type="cosine"))
    if "words" not in have:
        table.create_index("words", config=FTS(with_position=False))
    table.optimize()


def _among(column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(map(_quoted, values))})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _condition(where: dict[str, str] | None) -> str:
    return " AND ".join(f"array_has(tags, {_quoted(f'{key}={value}')})" for key, value in (where or {}).items())


def _by_words(table, question: str, n: int, where: dict[str, str] | None) -> list[dict]:
    from lancedb.query import MatchQuery

    query = table.search(MatchQuery(question, "words"), query_type="fts").limit(n).select([*COLUMNS, "_score"])
    return _rows(query, where, lambda row: row["_score"])


def _by_meaning(table, vector, n: int, where: dict[str, str] | None) -> list[dict]:
    query = table.search(vector, vector_column_name="vector").distance_type("cosine").limit(n)
    return _rows(query.select([*COLUMNS, "_distance"]), where, lambda row: 1 - row["_distance"])


def _rows(query, where: dict[str, str] | None, score: Callable[[dict], float]) -> list[dict]:
    condition = _condition(where)
    rows = (query.where(condition, prefilter=True) if condition else query).with_row_id(True).to_list()
    return sorted(({**row, "score": float(score(row))} for row in rows), key=lambda row: (-row["score"], row["id"]))


def _passage(row: dict, score: float, vector) -> Passage:
    import numpy as np

    similarity = None if vector is None else float(np.dot(vector, row["vector"]))
    fields = {name: row[name] for name in COLUMNS if name != "vector"}
    return Passage(**fields, score=score, similarity=similarity)


def _with_vectors(table, passages: list[Passage], rows: dict[str, dict]) -> list[Passage]:
    """The passages with the vectors of their sentences, which are too large to be read for all that a search looks at.

    One that was changed in between gets none, and `support` embeds its sentences.
    """
    import numpy as np

    if not passages:
        return []
    found = table.take_row_ids([rows[one.id]["_rowid"] for one in passages]).select(["id", "text", "sentences"]).to_list()
    kept = {(row["id"], row["text"]): np.frombuffer(row["sentences"], np.float32).reshape(-1, DIMENSIONS) for row in found}
    return [replace(one, vectors=kept.get((one.id, one.text))) for one in passages]
