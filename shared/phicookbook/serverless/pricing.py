"""What a month costs: a service that is paid by hour and token, against a machine that is paid by the hour.

    prices = load()
    metered(prices, client.get("/usage", cast_to=object)["pocket"]).total    # so far, from the service's own meter
    serverless(prices, Load(requests=100_000, input_tokens=30, output_tokens=2, trained_tokens=240_000)).total

Figures come from the newest file in datasets/prices, which tells quoted ones from assumed ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from phicookbook import settings
from phicookbook.settings import CookbookError

HOURS = 730  # of a month, 8,760 / 12
MILLION = 1_000_000
MOST_MACHINES = 1_000


@dataclass(frozen=True)
class Prices:
    """US dollars: hosting by the hour under each quoted id, tokens by the million, a machine by the hour.

    `gpu_tokens_per_second` is what a machine manages at full load. `assumed` names the fields that nobody published; `sources`
    and `urls` tell of each quoted id where it was read.
    """

    as_of: str
    hosting_hour: dict[str, float]
    sources: dict[str, str]
    training_million_tokens: float
    input_million_tokens: float
    output_million_tokens: float
    gpu_hour: float
    gpu_tokens_per_second: float
    assumed: tuple[str, ...] = ()
    urls: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Load:
    """A month's work: requests with their mean tokens, and the tokens and machine hours of its trainings."""

    requests: float
    input_tokens: float
    output_tokens: float
    trained_tokens: float = 0.0
    training_hours: float = 0.0


@dataclass(frozen=True)
class Bill:
    """US dollars for a month, part by part."""

    parts: dict[str, float]

    @property
    def total(self) -> float:
        """The sum of the parts."""
        return sum(self.parts.values())


def load(path: Path | None = None) -> Prices:
    """The newest prices, or those of a file; raises CookbookError for a file with a gap or a negative figure."""
    import yaml

    path = path or sorted((settings.DATASETS / "prices").glob("*.yaml"))[-1]
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        quoted, assumed = found["quoted"], found["assumed"]
        hosting = {entry["id"]: float(entry["usd"]) for entry in quoted if entry["per"] == "hour"}
        sources, urls = ({entry["id"]: str(entry[name]) for entry in quoted} for name in ("source", "url"))
        figures = {name: float(value) for name, value in assumed.items()}
        prices = Prices(str(found["as_of"]), hosting, sources, **figures, assumed=tuple(assumed), urls=urls)
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise CookbookError(f"{path} is no table of prices ({error}): compare it with datasets/prices/2026-11.yaml") from error
    wrong = [name for name, value in [*hosting.items(), *assumed.items()] if value < 0]
    if wrong or not hosting or prices.gpu_tokens_per_second == 0:
        raise CookbookError(f"{path}: {', '.join(wrong) or 'a figure'} cannot be: prices are 0 or more, and speed is above 0")
    return prices


def serverless(prices: Prices, work: Load, hosting: str = "talk-hosting") -> Bill:
    """The bill of the service: training by token, hosting around the clock, requests by token."""
    return Bill(
        {
            "training": work.trained_tokens * prices.training_million_tokens / MILLION,
            "hosting": HOURS * prices.hosting_hour[hosting],
            "tokens": work.requests * _per_request(prices, work),
        }
    )


def metered(prices: Prices, use: Mapping[str, float], hosting: str = "talk-hosting") -> Bill:
    """What a model has cost so far: the figures of the service's meter (`meter.Use` as `/usage` tells it), priced."""
    read, written = use["prompt_tokens"] * prices.input_million_tokens, use["completion_tokens"] * prices.output_million_tokens
    return Bill(
        {
            "training": use["trained_tokens"] * prices.training_million_tokens / MILLION,
            "hosting": use["hosted_hours"] * prices.hosting_hour[hosting],
            "tokens": (read + written) / MILLION,
        }
    )


def managed(prices: Prices, work: Load) -> Bill:
    """The bill of machines that you manage: the hours of training, and as many around the clock as the requests need."""
    return Bill(
        {
            "training": work.training_hours * prices.gpu_hour,
            "hosting": machines(prices, work) * HOURS * prices.gpu_hour,
            "tokens": 0.0,
        }
    )


def machines(prices: Prices, work: Load) -> int:
    """How many machines the requests of a month keep busy, one at least."""
    return max(1, math.ceil(work.requests / capacity(prices, work)))


def capacity(prices: Prices, work: Load) -> float:
    """Requests of this size that one machine answers in a month."""
    return HOURS * 3600 * prices.gpu_tokens_per_second / (work.input_tokens + work.output_tokens)


def break_even(prices: Prices, work: Load, hosting: str = "talk-hosting") -> float:
    """The price of a machine hour, in US dollars, at which both ways cost the same for this work.

    Below it, managed machines are the cheaper way. It needs no assumption about what a machine costs.
    """
    hours = work.training_hours + machines(prices, work) * HOURS
    return serverless(prices, work, hosting).total / hours


def break_even_requests(prices: Prices, work: Load, hosting: str = "talk-hosting") -> float:
    """The fewest requests a month for which managed machines are no dearer, all else as in `work`; infinite when there are none.

    Each machine more is a step in the managed bill, so each number of machines is looked at by itself.
    """
    per_request, most = _per_request(prices, work), capacity(prices, work)
    for count in range(1, MOST_MACHINES + 1):
        least, full = (replace(work, requests=(count - 1) * most), replace(work, requests=count * most))
        missing = managed(prices, full).total - serverless(prices, least, hosting).total
        if missing <= 0:
            return least.requests
        if per_request and least.requests + missing / per_request <= full.requests:
            return least.requests + missing / per_request
    return math.inf


def _per_request(prices: Prices, work: Load) -> float:
    return (work.input_tokens * prices.input_million_tokens + work.output_tokens * prices.output_million_tokens) / MILLION
