"""The Phi family and its published figures.

Everything is read from datasets/phi_family, and every figure comes with its source.

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

OWNER = "microsoft/"
SOURCE = re.compile(r"https://\S+|arXiv:\d{4}\.\d{5}")


@dataclass(frozen=True)
class Member:
    """One model of the family; None where the source gives no figure.

    Units: `parameters`, `active_parameters` and `training_tokens` in billions; `context` in tokens; `hidden`
    and `feed_forward` (of one expert) are widths; `rotary_share` is the part of a head that RoPE turns, 0 to 1;
    `sliding_window` is how many tokens a token sees, None for all before it; the rest are counts. `inputs` names
    what the model reads, `reasoning` says whether it was trained to think before it answers. `source` vouches for
    every figure, as it stood on `as_of`.
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
    sliding_window: int | None = None
    inputs: str = "text"
    reasoning: bool = False
    languages: str | None = None
    note: str = ""

    @property
    def active(self) -> float:
        """Billions of parameters that may work on a token: all of them, except in a mixture of experts.

        A model that sees or hears uses its encoders for what it reads only: see `family.formula.read`.
        """
        return self.active_parameters or self.parameters

    @property
    def name(self) -> str:
        """The hub id without its owner."""
        return self.id.removeprefix(OWNER)

    @property
    def vision(self) -> bool:
        """Whether it reads images."""
        return "images" in self.inputs


@dataclass(frozen=True)
class Score:
    """A published score in points of 100, with the ± of its source as `spread`. `secondary`: read in a copy of the
    source. `setting`: how it differs from the model's ordinary figure, or empty. Prints as "84.8 (https://...)"."""

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
        told = (self.source, self.setting, "read in a copy" if self.secondary else "")
        return f"{self.value}{spread} ({', '.join(filter(None, told))})"


@dataclass(frozen=True)
class Event:
    """What Azure says of some models or of an SDK: its `state`, and the day it began, where that is given."""

    id: str
    state: str
    names: list
    says: str
    source: str
    as_of: date
    since: date | None = None


@dataclass(frozen=True)
class LongRope:
    """LongRoPE's rescale factors, one for each pair of rotated dimensions: `short_factor` up to `original_context`
    tokens, `long_factor` beyond. `secondary`: read in copies of the model's configuration."""

    id: str
    original_context: int
    short_factor: list
    long_factor: list
    source: str
    as_of: date
    secondary: bool = False


def family() -> dict[str, Member]:
    """Every model by hub id, in the file's order. Raises CookbookError for a malformed file."""
    return dict(_by_id(settings.DATASETS / "phi_family" / "models.yaml", Member, "models"))


def member(name: str) -> Member:
    """The model of a hub id, with or without its owner and in any case. CookbookError offers the nearest name."""
    return family()[_named(name, family(), "model of the family")]


def benchmark(name: str) -> list[Score]:
    """Every published score of a benchmark, in the file's order. CookbookError offers the nearest name."""
    scores = _scores(settings.DATASETS / "phi_family" / "benchmarks.yaml")
    name = _named(name, [score.benchmark for score in scores], "benchmark")
    return [score for score in scores if score.benchmark == name]


def published(model: str, benchmark: str) -> Score:
    """The figure to quote for a model, in points of 100: one read in its source before one read in a copy, its
    ordinary setting before others, then the file's order. CookbookError says what there is when it is missing."""
    scores = _scores(settings.DATASETS / "phi_family" / "benchmarks.yaml")
    model = _named(model, [score.model for score in scores], "model with published figures")
    scores = [score for score in scores if score.model == model]
    name = _named(benchmark, [score.benchmark for score in scores], f"published benchmark of {model}")
    return min((score for score in scores if score.benchmark == name), key=lambda s: (s.secondary, bool(s.setting)))


def longrope(name: str) -> LongRope:
    """The LongRoPE factors of a model. CookbookError offers the nearest name."""
    known = _by_id(settings.DATASETS / "phi_family" / "longrope.yaml", LongRope, "models")
    return known[_named(name, known, "model with LongRoPE factors")]


def lifecycle() -> list[Event]:
    """What Azure has retired and what stands, in the file's order."""
    return list(_by_id(settings.DATASETS / "phi_family" / "lifecycle.yaml", Event, "events").values())


def service(name: str) -> Event | None:
    """What the lifecycle says of a model's serverless offer; None when it does not name the model."""
    wanted = name.removeprefix(OWNER).casefold()
    return next((event for event in lifecycle() if wanted in (each.casefold() for each in event.names)), None)


def _named(name: str, known, kind: str) -> str:
    from difflib import get_close_matches

    short = {each.removeprefix(OWNER).casefold(): each for each in known if each.startswith(OWNER)}
    short |= {each.casefold(): each for each in known}
    if found := short.get(name.casefold()):
        return found
    near = get_close_matches(name.casefold(), short, n=1)
    hint = f"did you mean {short[near[0]]}?" if near else f"there are {', '.join(dict.fromkeys(short.values()))}"
    raise CookbookError(f"{name!r} is no {kind}: {hint}")


@cache
def _by_id(path: Path, kind: type, key: str) -> dict:
    rows = [_record(kind, row, where) for where, row in _rows(path, key)]
    _once(path, [row.id for row in rows])
    return {row.id: row for row in rows}


@cache
def _scores(path: Path) -> tuple[Score, ...]:
    scores = []
    for where, row in _rows(path, "groups"):
        figures = row.pop("scores", None)
        if not isinstance(figures, dict):
            raise CookbookError(f"{where}: scores is {figures!r}, not a mapping of benchmarks to figures")
        for name, figure in figures.items():
            value, spread = figure if isinstance(figure, list) and len(figure) == 2 else (figure, None)
            full = row | {"benchmark": name, "value": value, "spread": spread}
            scores.append(_record(Score, full, f"{where}, {name}"))
    _once(path, [(score.model, score.benchmark, score.source, score.setting) for score in scores])
    return tuple(scores)


def _rows(path: Path, key: str):
    """Each row of a file with its place for error messages: file, row number and name."""
    import yaml

    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))[key]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
        raise CookbookError(f"{path} is not a YAML file with a list of {key}: {error}") from None
    for number, row in enumerate(rows if isinstance(rows, list) else [rows], start=1):
        if not isinstance(row, dict):
            raise CookbookError(f"{path}, row {number} of {key} is {row!r}, not a mapping of fields")
        yield f"{path}, row {number} of {key} ({row.get('id') or row.get('model')})", row


def _record(kind: type, row: dict, where: str):
    """The dataclass of a row. Raises CookbookError for a field that is missing, unknown or of the wrong type."""
    hints = get_type_hints(kind)
    if missing := [each.name for each in fields(kind) if each.default is MISSING and each.name not in row]:
        raise CookbookError(f"{where} lacks {', '.join(missing)}")
    for name, value in row.items():
        if name not in hints:
            raise CookbookError(f"{where}: {name!r} is no field; there are {', '.join(hints)}")
        if not _fits(value, hints[name]):
            raise CookbookError(f"{where}: {name} is {value!r}, not {getattr(hints[name], '__name__', hints[name])}")
    if not SOURCE.fullmatch(row["source"]):
        raise CookbookError(f"{where}: the source {row['source']!r} is neither an https address nor arXiv:NNNN.NNNNN")
    return kind(**row)


def _fits(value, hint) -> bool:
    if isinstance(value, bool):  # Python counts a bool as an int
        return isinstance(True, hint) and not isinstance(2, hint)
    return isinstance(value, hint) or (isinstance(value, int) and isinstance(1.0, hint))


def _once(path: Path, keys: list) -> None:
    if twice := [key for key in keys if keys.count(key) > 1]:
        raise CookbookError(f"{path}: {twice[0]} stands twice")
