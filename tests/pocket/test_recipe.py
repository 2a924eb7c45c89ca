"""The recipe: its schedule, its shape, which optimizer has which weights, and weights that repeat.

pytest tests/pocket/test_recipe.py
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from phicookbook.pocket.recipe import Recipe, build, config, optimizers, precision
from phicookbook.settings import CookbookError


def test_there_and_back():
    recipe = Recipe(hidden=64, seed=9)
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    assert Recipe.from_dict({}) == Recipe()


def test_an_unknown_setting_is_named():
    with pytest.raises(CookbookError, match="no setting depth, width"):
        Recipe.from_dict({"width": 3, "depth": 1, "hidden": 32})


@pytest.mark.parametrize(
    "progress, step, factor",
    [
        (0.0, 0, 0.01),  # warm-up: the first of a hundred steps
        (0.01, 49, 0.5),
        (0.02, 99, 1.0),
        (0.3, 5_000, 1.0),
        (0.4, 6_000, 1.0),  # the last of the constant part
        (0.7, 9_000, 0.5),
        (0.85, 9_500, 0.25),
        (0.999, 9_999, 0.02),  # never below two hundredths
        (1.0, 10_000, 0.02),
    ],
)
def test_rate(progress, step, factor):
    assert Recipe().rate_at(progress, step) == pytest.approx(Recipe().learning_rate * factor)


def test_the_rate_rises_once_and_falls_once():
    recipe = Recipe(warmup_steps=20)
    rates = [recipe.rate_at(step / 400, step) for step in range(401)]
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1]) and rates[top:] == sorted(rates[top:], reverse=True)


def test_the_shape_is_phi_3_s():
    found = config(Recipe())
    assert found.model_type == "phi3" and found.tie_word_embeddings and found.sliding_window is None
    assert (found.hidden_size, found.num_hidden_layers, found.vocab_size) == (192, 4, 6144)
    assert (found.num_attention_heads, found.num_key_value_heads, found.intermediate_size) == (6, 2, 512)
    assert found.max_position_embeddings == 1024
    assert found.pad_token_id == 0 and found.eos_token_id == [0, 4]


def test_the_default_is_small():
    parameters = sum(p.numel() for p in build(Recipe()).parameters())
    embedding, head = 6144 * 192, 192 // 6
    attention = 192 * (6 + 2 * 2) * head + 6 * head * 192
    layer = attention + 3 * 192 * 512 + 2 * 192
    assert parameters == embedding + 4 * layer + 192
    assert 2_000_000 <= parameters <= 5_000_000


def test_weights_follow_the_seed(recipe):
    first, again, other = (build(replace(recipe, seed=seed)).state_dict() for seed in (3, 3, 4))
    assert all(bool((first[name] == again[name]).all()) for name in first)
    assert any(bool((first[name] != other[name]).any()) for name in first)


def test_attention_is_causal(recipe):
    import torch

    model = build(recipe).eval()
    ids = torch.arange(5, 25)[None]
    changed = ids.clone()
    changed[0, -1] = 400
    with torch.inference_mode():
        first, second = (model(input_ids=x).logits[0] for x in (ids, changed))
    assert torch.allclose(first[:-1], second[:-1]) and not torch.allclose(first[-1], second[-1])


@pytest.mark.parametrize(
    ("device", "able", "name"),
    [("cuda", {}, "bfloat16"), ("cpu", {"amx_bf16": True}, "bfloat16"), ("cpu", {"avx512_bf16": True}, "bfloat16"),
     ("cpu", {"avx512_bf16": False, "avx512_f": True}, "float32"), ("cpu", {}, "float32")],
)  # fmt: skip
def test_bfloat16_is_for_those_who_have_instructions_for_it(monkeypatch, device, able, name):
    import torch

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    assert precision(torch.device(device)) == getattr(torch, name)


def test_matrices_go_to_muon_and_the_rest_to_adamw(recipe):
    model = build(recipe)
    muon, adamw = optimizers(model, recipe)
    assert (type(muon).__name__, type(adamw).__name__) == ("Muon", "AdamW")
    names = {id(p): name for name, p in model.named_parameters()}
    held = [sorted(names[id(p)] for group in o.param_groups for p in group["params"]) for o in (muon, adamw)]
    assert sorted(held[0] + held[1]) == sorted(names.values())
    assert all(name.endswith("_proj.weight") for name in held[0]) and len(held[0]) == 4
    assert all("embed" in name or "norm" in name for name in held[1])
    assert muon.param_groups[0]["weight_decay"] == recipe.weight_decay and adamw.param_groups[0]["weight_decay"] == 0


def test_experts_are_phi_3_5_s_mixture():
    recipe = Recipe(hidden=64, heads=2, kv_heads=1, feed_forward=128, experts=4, muon=False)
    model = build(recipe)
    assert model.config.model_type == "phimoe"
    assert (model.config.num_local_experts, model.config.num_experts_per_tok, model.config.intermediate_size) == (4, 2, 64)
    first, second = optimizers(model, recipe)
    held = [weights for stepper in (first, second) for group in stepper.param_groups for weights in group["params"]]
    assert len(held) == len(list(model.parameters()))
    assert not any(type(stepper).__name__ == "Muon" for stepper in (first, second))


def test_experts_with_muon_are_refused():
    with pytest.raises(CookbookError, match="set muon=False with experts"):
        Recipe(experts=8)
