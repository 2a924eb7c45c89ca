"""Thirty visitors at once: everyone gets an answer, and everyone the own one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from demo_room import NAMES, ask_together, client

from phicookbook.demos import safety, workshop

VISITORS = 30


class Echo:
    """A model that repeats the headline, so that an answer tells whose question it was."""

    name = "echo"

    def stream(self, conversation, system="", **generation):
        yield from (f"{word} " for word in conversation.splitlines()[-1].split())


@pytest.fixture(scope="module")
def address():
    running = safety.start(lambda: workshop.make_app("playground", playground={"base": Echo(), "tuned": Echo()}))
    yield running.address
    running.close()


def test_thirty_visitors_get_their_own_answers(address):
    def visit(number: int) -> list[str]:
        own = client(address)
        return [own.predict(f"Contoso opens office {number} {n}", api_name=name)[0] for n in (1, 2) for name in NAMES]

    with ThreadPoolExecutor(VISITORS) as pool:
        answers = list(pool.map(visit, range(VISITORS)))
    assert answers == [[f"Contoso opens office {number} {n}" for n in (1, 2) for _ in NAMES] for number in range(VISITORS)]


def test_thirty_visitors_of_the_real_pocket_all_get_answers():
    """Two requests each, one to each model; the whole minute is tests/benchmarks/bench_demos.py."""
    from phicookbook.models import open_model

    pocket = open_model("pocket")
    running = safety.start(lambda: workshop.make_app("playground", playground={"base": pocket, "tuned": pocket}))
    try:
        waits, failures = ask_together(running.address, VISITORS, rounds=1)
    finally:
        running.close()
    assert failures == [] and len(waits) == VISITORS * len(NAMES)


def test_only_what_the_page_offers_can_be_called(address):
    named = client(address).view_api(return_format="dict")["named_endpoints"]
    assert set(named) == set(NAMES)


def test_a_bad_headline_is_a_sentence_to_programs_too(address):
    with pytest.raises(Exception, match="the headline is empty: type one"):
        client(address).predict("  ", api_name=NAMES[0])
