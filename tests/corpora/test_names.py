"""Names and amounts: the shape of each, the shares that the docstrings state, clean banks, seeds that repeat.

pytest tests/corpora/test_names.py
"""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook.corpora import names

NAME = r"[A-Z][a-z]+"
WORDS = r"[A-Z][\w'&.-]*(?: (?:&|and|[A-Z][\w'&.-]*))*"
SHAPES = {
    "syllable": r"[a-z]{2,7}",
    "word": r"[a-z]{2,21}",
    "first_name": NAME,
    "surname": NAME,
    "person": rf"{NAME} {NAME}",
    "company": WORDS,
    "place": WORDS,
    "product": rf"{NAME}(?: (?:[2-9]|1[0-2]))?",
    "sector": r"[a-z]+",
    "role": r"[a-z]+(?: [a-z]+)*",
    "month": NAME,
    "weekday": NAME,
    "money": r"\$[1-9]\d?0|[$€£][1-9]\d?(?:\.[1-9])? (?:million|billion)",
    "percent": r"(?:[2-9]|[1-9]\d)%",
    "big_number": r"[1-9]\d?,000|[1-9]\.[1-9] million",
    "code": r"[1-9]\d{1,4}",
}
BANKS = ("WELL_KNOWN", "SECTORS", "SUFFIXES", "PREFIXES", "FIRST", "SURNAMES", "PLACES", "ROLES", "MONTHS", "WEEKDAYS")
INVENTED = {"first_name": (names.FIRST, 0.12), "surname": (names.SURNAMES, 0.25), "place": (names.PLACES, 0.16)}


def drawn(function, count: int = 4000, seed: int = 5) -> list[str]:
    rng = random.Random(seed)
    return [function(rng) for _ in range(count)]


@pytest.mark.parametrize("name", SHAPES)
def test_shape(name):
    wrong = [text for text in drawn(getattr(names, name)) if not re.fullmatch(SHAPES[name], text)]
    assert not wrong


@given(st.sampled_from(sorted(SHAPES)), st.integers())
def test_same_seed_same_name(name, seed):
    draw = getattr(names, name)
    assert draw(random.Random(seed)) == draw(random.Random(seed))


@pytest.mark.parametrize("name", ["company", "person", "place", "product", "money"])
def test_seeds_matter(name):
    draw = getattr(names, name)
    assert len({draw(random.Random(seed)) for seed in range(60)}) > 30


@pytest.mark.parametrize("bank", BANKS)
def test_banks_are_clean(bank):
    entries = getattr(names, bank)
    assert len(entries) == len(set(entries)) >= 7
    assert all(entry and entry == " ".join(entry.split()) for entry in entries)


def test_months_and_days_are_whole():
    assert len(names.MONTHS) == 12 and len(names.WEEKDAYS) == 7
    assert set(drawn(names.month)) == set(names.MONTHS)
    assert set(drawn(names.weekday)) == set(names.WEEKDAYS)


@pytest.mark.parametrize("name", INVENTED)
def test_share_of_invented_names(name):
    bank, share = INVENTED[name]
    found = drawn(getattr(names, name))
    assert abs(sum(text not in bank for text in found) / len(found) - share) < 0.03


def test_share_of_well_known_companies():
    found = drawn(names.company)
    assert abs(sum(text in names.WELL_KNOWN for text in found) / len(found) - 0.18) < 0.03
    assert len(set(found)) > 0.6 * len(found)


def test_a_word_has_the_syllables_that_are_asked_for():
    lengths = {n: sum(map(len, drawn(lambda rng, n=n: names.word(rng, n), 500))) / 500 for n in (1, 2, 3)}
    assert 1.8 < lengths[2] / lengths[1] < 2.2 and 2.7 < lengths[3] / lengths[1] < 3.3
