"""Bills: their parts add up, where they cross, and a table of prices with a fault is told."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook import settings
from phicookbook.serverless import pricing
from phicookbook.serverless.pricing import Load, Prices
from phicookbook.settings import CookbookError

ROUND = Prices("2026-01-01", {"talk-hosting": 1.0, "free": 0.0}, {}, 2.0, 10.0, 20.0, 3.0, 1000.0)
WORK = Load(requests=1_000_000, input_tokens=3, output_tokens=1, trained_tokens=4_000_000, training_hours=2)


def test_a_bill_by_hand():
    service = pricing.serverless(ROUND, WORK)
    assert service.parts == {"training": 8.0, "hosting": 730.0, "tokens": 50.0} and service.total == 788.0
    assert pricing.serverless(ROUND, WORK, "free").total == 58.0
    managed = pricing.managed(ROUND, WORK)
    assert managed.parts == {"training": 6.0, "hosting": 2190.0, "tokens": 0.0}


def test_the_meter_s_figures_are_priced():
    use = {
        "prompt_tokens": 300_000,
        "completion_tokens": 100_000,
        "trained_tokens": 2_000_000,
        "hosted_hours": 12.0,
        "requests": 9,
    }
    assert pricing.metered(ROUND, use).parts == {"training": 4.0, "hosting": 12.0, "tokens": 5.0}
    assert pricing.metered(ROUND, use, "free").total == 9.0


def test_machines_grow_with_the_load():
    hours = 730 * 3600 * 1000 / 4  # requests that keep one machine busy for a month
    assert [pricing.machines(ROUND, Load(n, 3, 1)) for n in (0, hours, hours + 1, 2.5 * hours)] == [1, 1, 2, 3]


@given(st.floats(0, 1e8), st.floats(1, 1e4), st.floats(0, 1e3), st.floats(0, 1e9))
def test_at_the_break_even_price_both_bills_are_equal(requests, read, written, trained):
    work = Load(requests, read, written, trained, training_hours=5)
    price = pricing.break_even(ROUND, work)
    at = Prices(**{**ROUND.__dict__, "gpu_hour": price})
    assert pricing.managed(at, work).total == pytest.approx(pricing.serverless(ROUND, work).total)


def test_at_the_break_even_load_both_bills_are_equal():
    n = pricing.break_even_requests(ROUND, WORK)
    at = Load(n, WORK.input_tokens, WORK.output_tokens, WORK.trained_tokens, WORK.training_hours)
    assert n > 0 and pricing.machines(ROUND, at) == 1
    assert pricing.managed(ROUND, at).total == pytest.approx(pricing.serverless(ROUND, at).total)
    at_less = Load(0.999 * n, WORK.input_tokens, WORK.output_tokens, WORK.trained_tokens, WORK.training_hours)
    assert pricing.managed(ROUND, at_less).total > pricing.serverless(ROUND, at_less).total
    cheap = Prices(**{**ROUND.__dict__, "gpu_hour": 0.1})
    assert pricing.break_even_requests(cheap, WORK) == 0
    slow = Prices(**{**ROUND.__dict__, "gpu_tokens_per_second": 1.0})
    assert pricing.break_even_requests(slow, WORK) == float("inf"), "each machine costs more than the tokens it saves"


def test_a_later_machine_may_bring_the_break_even():
    """Costly trainings are made good a little by each machine that is busy."""
    prices = Prices(**{**ROUND.__dict__, "gpu_tokens_per_second": 76.0})
    work = Load(0, 3, 1, 4_000_000, training_hours=1000)
    n = pricing.break_even_requests(prices, work, "free")
    at = replace(work, requests=n)
    assert pricing.machines(prices, at) > 5
    assert pricing.managed(prices, at).total == pytest.approx(pricing.serverless(prices, at, "free").total)
    for share in (0.2, 0.5, 0.9, 0.999):
        less = replace(work, requests=share * n)
        assert pricing.managed(prices, less).total > pricing.serverless(prices, less, "free").total


def test_the_book_s_prices_tell_quoted_from_assumed():
    prices = pricing.load()
    assert prices.hosting_hour["talk-hosting"] == 0.80 and "the talk" in prices.sources["talk-hosting"]
    assert prices.hosting_hour["documented-hosting"] == 1.70 and set(prices.sources) == set(prices.hosting_hour)
    assert "gpu_hour" in prices.assumed and prices.as_of == "2026-11-21"


@pytest.mark.parametrize("path", sorted((settings.DATASETS / "prices").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_quoted_price_has_the_address_where_it_was_read(path):
    prices = pricing.load(path)
    assert prices.urls and set(prices.urls) == set(prices.hosting_hour)
    for url in map(urlsplit, prices.urls.values()):
        assert url.scheme == "https" and "." in url.hostname and len(url.path) > 1, "a page, not a site"


FAULTS = {
    "    url: https://pickscribe": "    seen: https://pickscribe",
    "usd: 0.80": "usd: -1",
    "gpu_hour: 4.00": "gpu_our: 4",
    "quoted:": "quotes:",
    "usd: 1.70": "usd: much",
    "assumed:": "- [",
}


@pytest.mark.parametrize(("old", "new"), FAULTS.items())
def test_a_table_with_a_fault_is_told(tmp_path, old, new):
    text = (settings.DATASETS / "prices" / "2026-11.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "prices.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CookbookError, match=str(path)):
        pricing.load(path)
