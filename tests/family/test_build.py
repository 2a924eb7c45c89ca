"""Counts held against published figures, hand formulas, and exact sizes of checkpoints; caches against formulas."""

from __future__ import annotations

import pytest

from phicookbook.facts import family, member
from phicookbook.family.build import build, cache_bytes, config, deviation
from phicookbook.family.memory import kv_bytes, kv_bytes_per_token
from phicookbook.settings import CookbookError

MEMBERS = list(family().values())


@pytest.mark.parametrize("each", MEMBERS, ids=lambda each: each.name)
def test_a_count_explains_the_published_figure(counts, each):
    found = counts[each.name]
    assert deviation(found.total, each.parameters) < 1
    assert deviation(found.active, each.active) < 1
    assert sum(found.parts.values()) == found.total >= found.active > 0


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("Phi-4-mini-instruct", 3_836_021_760),  # parameters of the published checkpoint
        ("phi-4", 14_659_507_200),
        ("Phi-3-mini-4k-instruct", 3_821_079_552),
        ("phi-2", 2_779_683_840),
    ],
)
def test_exact_sizes(counts, name, total):
    assert counts[name].total == total


def test_phi_2_by_hand(counts):
    """Parallel blocks with one LayerNorm, two feed-forward matrices, biases everywhere and on the output."""
    layer = 4 * (2560 * 2560 + 2560) + 2 * 2560 * 10240 + 10240 + 2560 + 2 * 2560
    assert counts["phi-2"].total == 32 * layer + 2 * 2560 + 2 * 51200 * 2560 + 51200


def test_the_mixture_by_hand(counts):
    """Active is the total without 14 of 16 experts in each layer, each of three matrices."""
    found = counts["Phi-3.5-MoE-instruct"]
    assert found.total - found.active == 32 * 14 * 3 * 4096 * 6400 and found.built == "PhimoeForCausalLM"


def test_phi_3_small_has_no_class(counts):
    small = member("Phi-3-small-8k-instruct")
    assert counts[small.name].built == "formula"
    with pytest.raises(CookbookError, match="no class for microsoft/Phi-3-small"):
        config(small)


def test_untied_phi_4_mini_would_miss_its_figure():
    untied = build(config(member("Phi-4-mini-instruct"), tie_word_embeddings=False))
    assert deviation(sum(p.numel() for p in untied.parameters()), 3.8) > 1


def test_parts_of_the_multimodal_members(counts):
    multimodal, vision = counts["Phi-4-multimodal-instruct"].parts, counts["Phi-3.5-vision-instruct"].parts
    assert multimodal["language model"] == counts["Phi-4-mini-instruct"].total
    assert vision["language model"] == counts["Phi-3.5-mini-instruct"].total
    # Per layer: (3072 + 5120) + (3072 + 3072) + (3072 + 16384) + (8192 + 3072), for ranks 256 and 320.
    assert multimodal["LoRA for images"] == 256 * 32 * 45056 and multimodal["LoRA for audio"] == 320 * 32 * 45056


@pytest.mark.parametrize(
    ("counted", "published", "units"),
    [(3_821_079_552, 3.8, 0.21), (2_779_683_840, 2.7, 0.8), (41_873_153_344, 42, 0.13), (14_000_000_000, 14, 0), (7e9, 7.5, 5)],
)
def test_deviation_is_in_units_of_the_last_digit(counted, published, units):
    assert deviation(int(counted), published) == pytest.approx(units, abs=0.005)


def test_a_model_on_the_meta_device_holds_no_memory():
    assert {parameter.device.type for parameter in build(config(member("phi-4"))).parameters()} == {"meta"}


@pytest.mark.parametrize("name", ["phi-2", "Phi-3-mini-128k-instruct", "phi-4", "Phi-4-mini-instruct", "Phi-3.5-MoE-instruct"])
def test_the_cache_of_transformers_is_the_formulas(name):
    each = member(name)
    assert cache_bytes(each, 7) == 7 * kv_bytes_per_token(each) == kv_bytes(each, 7)


def test_the_twin_without_sharing():
    each = member("Phi-4-mini-instruct")
    twin = cache_bytes(each, 5, num_key_value_heads=each.heads)
    assert twin == 5 * kv_bytes_per_token(each, shared=False) == 3 * cache_bytes(each, 5)


def test_a_sliding_window_ends_the_cache():
    """transformers keeps one token less than the window: the newest one is added when it is used."""
    each = member("Phi-3-mini-4k-instruct")
    assert cache_bytes(each, 3000) == kv_bytes(each, 3000) - kv_bytes_per_token(each)


def test_a_real_small_cache_weighs_what_the_formula_says():
    """Real tensors on the CPU, not the meta device: two layers, three query heads share a KV head."""
    import torch
    from transformers import Phi3Config, Phi3ForCausalLM

    small = Phi3Config(
        vocab_size=64, hidden_size=48, intermediate_size=32, num_hidden_layers=2, num_attention_heads=6,
        num_key_value_heads=2, pad_token_id=0, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    model = Phi3ForCausalLM(small).to(torch.bfloat16)
    with torch.no_grad():
        layers = model(input_ids=torch.ones((1, 11), dtype=torch.long), use_cache=True).past_key_values.layers
    stored = sum(t.untyped_storage().nbytes() for layer in layers for t in (layer.keys.clone(), layer.values.clone()))
    from dataclasses import replace

    each = replace(member("phi-4"), layers=2, hidden=48, heads=6, kv_heads=2)
    assert stored == kv_bytes(each, 11)
