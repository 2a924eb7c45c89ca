"""LongRoPE's frequencies against the formula by hand, and what they do to the slow pairs."""

from __future__ import annotations

import math

import pytest

from phicookbook.facts import longrope, member
from phicookbook.family import rope
from phicookbook.settings import CookbookError

NAMES = ["Phi-4-mini-instruct", "Phi-3.5-mini-instruct"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("tokens", "rescaled", "kind"), [(4096, True, "short"), (4097, True, "long"), (131_072, True, "long"), (131_072, False, "")]
)
def test_transformers_agrees_with_the_formula(name, tokens, rescaled, kind):
    factors = longrope(name)
    divided_by = {"short": factors.short_factor, "long": factors.long_factor}.get(kind, [1.0] * len(factors.long_factor))
    by_hand = [10_000 ** (-pair / len(divided_by)) / factor for pair, factor in enumerate(divided_by)]
    assert rope.frequencies(member(name), tokens, rescaled)[0] == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_attention_is_scaled_as_in_the_paper(name):
    assert rope.frequencies(member(name), 131_072)[1] == pytest.approx(math.sqrt(1 + math.log(32) / math.log(4096)))


def test_wavelengths_and_angles_are_two_views_of_one_thing():
    each = member(NAMES[0])
    turns = [angle / (2 * math.pi) for angle in rope.angles(each, 4096)]
    assert turns == pytest.approx([4096 / length for length in rope.wavelengths(each, 4096)])
    assert rope.wavelengths(each, 4096)[0] == pytest.approx(2 * math.pi)


@pytest.mark.parametrize("name", NAMES)
def test_slow_pairs_stay_within_training_only_with_longrope(name):
    each = member(name)
    slow = rope.slow_pairs(each)
    assert slow == list(range(slow[0], len(longrope(name).long_factor)))
    assert 2 * math.pi * 10_000 ** ((slow[0] - 1) / 48) < 4096 < 2 * math.pi * 10_000 ** (slow[0] / 48)
    assert all(rope.within_training(each)) and not any(rope.within_training(each, rescaled=False))


def test_a_model_without_factors_is_told():
    with pytest.raises(CookbookError, match="'microsoft/phi-2' is no model with LongRoPE factors"):
        rope.frequencies(member("phi-2"), 2048)
