"""Weights, cache, longest prompt and roofline against figures worked out by hand."""

from __future__ import annotations

import pytest

from phicookbook.facts import family, member
from phicookbook.family.formula import read, stored
from phicookbook.family.memory import (
    bits_per_weight,
    kv_bytes,
    kv_bytes_per_token,
    longest_prompt,
    tokens_per_second,
    weight_bytes,
)
from phicookbook.settings import CookbookError


@pytest.mark.parametrize(
    ("bits", "group", "found"), [(4, 32, 4.5), (8, 32, 8.5), (16, 32, 16), (32, 32, 32), (4, 128, 4.125), (4, 1, 20), (3, 16, 4)]
)
def test_bits_with_their_scale(bits, group, found):
    assert bits_per_weight(bits, group) == found


@pytest.mark.parametrize(("bits", "group"), [(0, 32), (7, 32), (4, 0), (-4, 32)])
def test_impossible_bits_are_told(bits, group):
    with pytest.raises(CookbookError, match="give 2, 3, 4, 5, 6, 8, 16 or 32 bits"):
        bits_per_weight(bits, group)


def test_a_block_of_llama_cpp():
    """Q4_0 keeps 32 weights in 18 bytes, Q8_0 in 34."""
    assert (weight_bytes(32, 4), weight_bytes(32, 8), weight_bytes(32, 16)) == (18, 34, 64)


@pytest.mark.parametrize(
    ("name", "shared", "alone"),
    [
        ("Phi-3-mini-4k-instruct", 393_216, 393_216),
        ("Phi-4-mini-instruct", 131_072, 393_216),
        ("phi-4", 204_800, 819_200),
        ("phi-2", 327_680, 327_680),
    ],
)
def test_cache_of_a_token(name, shared, alone):
    each = member(name)
    assert (kv_bytes_per_token(each), kv_bytes_per_token(each, shared=False)) == (shared, alone)
    assert kv_bytes_per_token(each, bits=8) == shared // 2


def test_only_a_sliding_window_ends_the_cache():
    assert kv_bytes(member("Phi-3-mini-4k-instruct"), 4096) == 2047 * 393_216
    assert kv_bytes(member("Phi-4-mini-instruct"), 131_072) == 131_072 * 131_072


@pytest.mark.parametrize("memory_gb", [1, 2.2, 2.5, 8, 24, 80])
@pytest.mark.parametrize("each", family().values(), ids=lambda each: each.name)
def test_the_longest_prompt_fits_and_one_more_token_does_not(each, memory_gb):
    longest = longest_prompt(each, memory_gb)
    room = memory_gb * 1e9 - weight_bytes(stored(each), 4)
    assert 0 <= longest <= each.context
    assert longest == 0 or kv_bytes(each, longest) <= room
    assert longest == each.context or kv_bytes(each, longest + 1) > room


def test_sharing_lengthens_the_prompt_threefold():
    old, new = (longest_prompt(member(name), 8) for name in ("Phi-3.5-mini-instruct", "Phi-4-mini-instruct"))
    assert old == (8e9 - 3_821_079_552 * 4.5 / 8) // 393_216 and new / old == pytest.approx(3, rel=0.01)


def test_the_counted_size_sets_the_prompt_not_the_rounded_one():
    """Phi-3-medium has a little less than its published 14 billion, which leaves room for some hundred tokens more."""
    medium = member("Phi-3-medium-4k-instruct")
    assert longest_prompt(medium, 8) == (8e9 - 13_960_238_080 * 4.5 / 8) // 204_800 > (8e9 - 14e9 * 4.5 / 8) // 204_800


def test_roofline():
    each = member("Phi-3.5-MoE-instruct")
    assert tokens_per_second(each, 65.1, 16) == pytest.approx(5, rel=1e-3)  # 6.51 billion weights of two bytes at 65.1 GB/s
    assert tokens_per_second(each, 65.1, 16, 1000) < 5
    speeds = [tokens_per_second(member("phi-4"), 50, bits) for bits in (16, 8, 4)]
    assert speeds == sorted(speeds) and speeds[2] / speeds[0] == pytest.approx(16 / 4.5)


@pytest.mark.parametrize("bits", [16, 8, 4])
def test_writing_text_a_multimodal_member_is_as_fast_as_its_language_model(bits):
    """Its encoders and LoRAs are stored and not read."""
    multimodal, alone = member("Phi-4-multimodal-instruct"), member("Phi-4-mini-instruct")
    assert tokens_per_second(multimodal, 50, bits, 4096) == tokens_per_second(alone, 50, bits, 4096)
    assert longest_prompt(multimodal, 8, bits) < longest_prompt(alone, 8, bits)


def test_an_input_table_that_is_not_the_output_table_is_not_read():
    dense = member("phi-4")
    fastest = 50e9 / weight_bytes(stored(dense) - dense.vocabulary * dense.hidden, 4)
    assert tokens_per_second(dense, 50) == pytest.approx(fastest) and read(dense) < stored(dense)
