"""The Phi family and its published figures, each with its source, from datasets/phi_family.

    print(member("phi-4").parameters, published("phi-4", "MMLU"))
"""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import get_type_hints

from phicookbook import settings
from phicookbook.settings import CookbookError

SOURCE = re.compile(r"https://\S+|arXiv:\d{4}\.\d{5}")


@dataclass(frozen=True)
class Member:
    """One model of the family; None where the source gives no figure.

    Units: `parameters` and `active_parameters` in billions, `training_tokens` in billions of tokens,
    `context` in tokens, `vocabulary` in entries; `layers`, `hidden`, `heads`, `kv_heads`, `feed_forward`
    (of one expert) and `experts` are counts; `rotary_share` is the part of each head that RoPE turns, 0 to 1.
    `source` vouches for every figure, as it stood on `as_of`.
    """

    id: str
    license: str
    parameters: float
    vocabulary: int
    context: int
    source: str
    as_of: date
    released: str | None = None  # year and month
    active_parameters: float | None = None
    training_tokens: float | None = None
    layers: int | None = None
    hidden: int | None = None
    heads: int | None = None
    kv_heads: int | None = None
    feed_forward: int | None = None
    experts: int | None = None
    experts_per_token: int | None = None
    rope_base: float | None = None
    rotary_share: float | None = None
    tied_embeddings: bool | None = None
    languages: str | None = None
    note: str = ""

    @property
    def active(self) -> float:
        """Billions of parameters at work on a token: all of them, except in a mixture of experts."""
        return self.active_parameters or self.parameters


@dataclass(frozen=True)
class Score:
    """A published score in points of 100; `spread` is the ± of its source, in points.

    `secondary` marks a figure that was read in a copy of its source; `setting` says how it differs from
    the model's ordinary figure, and is empty for that one. Prints as "84.8 (https://...)".
    """

    model: str
    benchmark: str
    value: float
    source: str
    as_of: date
    table: str
    spread: float | None = None
    secondary: bool = False
    setting: str = ""

    def __str__(self) -> str:
        spread = f" ± {self.spread}" if self.spread is not None else ""
        told = [self.source, self.setting, "read in a copy" if self.secondary else ""]
        return f"{self.value}{spread} ({', '.join(filter(None, told))})"


@dataclass(frozen=True)
class Event:
    """What Azure says of some models or of an SDK: its `state`, and the `date` since when, if it is given."""

    id: str
    state: str
    names: list
    says: str
    source: str
    as_of: date
    date: date | None = None


def family() -> dict[str, Member]:
    """Every model by hub id, oldest first. Raises CookbookError for a malformed file."""
    return dict(_members(settings.DATASETS / "phi_family"))


def member(name: str) -> Member:
    """The model of a hub id, with or without its owner and in any case. CookbookError offers the nearest name."""
    known = family()
    return known[_named(name, known, "model of the family")]


def benchmark(name: str) -> list[Score]:
    """Every published score of a benchmark, in the file's order. CookbookError offers the nearest name."""
    scores = _scores(settings.DATASETS / "phi_family")
    name = _named(name, [score.benchmark for score in scores], "benchmark")
    return [score for score in scores if score.benchmark == name]


def published(model: str, benchmark: str) -> Score:
    """The figure to quote for a model: an original before a copy, its ordinary setting before others, its own
    card before other sources; `benchmark()` lists the rest. CookbookError says what there is when it is missing.
    """
    scores = _scores(settings.DATASETS / "phi_family")
    model = _named(model, [score.model for score in scores], "model with published figures")
    scores = [score for score in scores if score.model == model]
    name = _named(benchmark, [score.benchmark for score in scores], f"published benchmark of {model}")
    return min((score for score in scores if score.benchmark == name), key=lambda s: (s.secondary, bool(s.setting)))


def lifecycle() -> list[Event]:
    """What Azure has retired and what stands, in the file's order."""
    return list(_events(settings.DATASETS / "phi_family"))


def _named(name: str, known, kind: str) -> str:
    from difflib import get_close_matches

    short = {each.rpartition("/")[2].casefold(): each for each in known}
    whole = {each.casefold(): each for each in known}
    found = whole.get(name.casefold()) or short.get(name.casefold())
    if found:
        return found
    near = get_close_matches(name.rpartition("/")[2].casefold(), short, n=1)
    hint = f"did you mean {short[near[0]]}?" if near else f"there are {', '.join(short.values())}"
    raise CookbookError(f"{name!r} is no {kind}: {hint}")


@cache
def _members(folder: Path) -> dict[str, Member]:
    path = folder / "models.yaml"
    rows = [_record(Member, row, where) for where, row in _rows(path, _read(path), "models")]
    _once(path, [row.id for row in rows])
    return {row.id: row for row in rows}


@cache
def _scores(folder: Path) -> tuple[Score, ...]:
    path, scores = folder / "benchmarks.yaml", []
    content = _read(path)
    tables = content.get("tables")
    if not isinstance(tables, dict):
        raise CookbookError(f"{path}: 'tables' is not a mapping of tables")
    for table in tables:
        for where, row in _rows(path, tables, table):
            common = dict(row) if isinstance(row, dict) else {}
            figures = common.pop("scores", None)
            if not isinstance(figures, dict) or not figures:
                raise CookbookError(f"{where}: 'scores' is not a mapping of benchmarks to figures")
            for name, figure in figures.items():
                value, spread = figure if isinstance(figure, list) and len(figure) == 2 else (figure, None)
                full = {"benchmark": name, "value": value, "spread": spread, "table": table, "as_of": content.get("as_of")}
                scores.append(_record(Score, common | full, where))
    _once(path, [(score.model, score.benchmark, score.source, score.setting) for score in scores])
    return tuple(scores)


@cache
def _events(folder: Path) -> tuple[Event, ...]:
    path = folder / "lifecycle.yaml"
    events = tuple(_record(Event, row, where) for where, row in _rows(path, _read(path), "events"))
    _once(path, [event.id for event in events])
    return events


def _read(path: Path) -> dict:
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CookbookError(f"{path} does not exist") from None
    except yaml.YAMLError as error:
        raise CookbookError(f"{path} is not YAML: {error}") from None
    if not isinstance(content, dict):
        raise CookbookError(f"{path} is not a mapping")
    return content


def _rows(path: Path, content: dict, key: str):
    """Each row under a key with its place for error messages: file, key, number and name."""
    rows = content.get(key)
    if not isinstance(rows, list):
        raise CookbookError(f"{path}: {key!r} is not a list of rows")
    for number, row in enumerate(rows, start=1):
        name = (row.get("id") or row.get("model")) if isinstance(row, dict) else None
        yield f"{path}, {key}, row {number}" + (f" ({name})" if name else ""), row


def _record(kind: type, row: dict, where: str):
    """The dataclass of a row. Raises CookbookError for a field that is missing, unknown or of the wrong type."""
    if not isinstance(row, dict):
        raise CookbookError(f"{where} is not a mapping of fields")
    hints = get_type_hints(kind)
    if missing := [each.name for each in fields(kind) if each.default is MISSING and each.name not in row]:
        raise CookbookError(f"{where} lacks {', '.join(missing)}")
    for name, value in row.items():
        if name not in hints:
            raise CookbookError(f"{where}: {name!r} is no field; there are {', '.join(hints)}")
        if not _fits(value, hints[name]):
            wanted = getattr(hints[name], "__name__", hints[name])
            raise CookbookError(f"{where}: {name} is {value!r}, not of type {wanted}")
    if not SOURCE.fullmatch(row["source"]):
        raise CookbookError(f"{where}: the source {row['source']!r} is neither a https:// address nor arXiv:NNNN.NNNNN")
    return kind(**row)


def _fits(value, hint) -> bool:
    if isinstance(value, bool):  # Python counts a bool as an int
        return hint is bool or bool in getattr(hint, "__args__", ())
    return isinstance(value, hint) or (isinstance(value, int) and isinstance(1.0, hint))


def _once(path: Path, keys: list) -> None:
    if twice := [key for key in keys if keys.count(key) > 1]:
        raise CookbookError(f"{path}: {twice[0]} stands twice")
