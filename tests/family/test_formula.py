"""Parameters by hand against transformers' own models, and what one written token reads against a model that writes one."""

from __future__ import annotations

import pytest

from phicookbook.facts import family, member
from phicookbook.family.build import FORMULA, build, config, deviation
from phicookbook.family.formula import language_model, read, stored

MEMBERS = list(family().values())


@pytest.mark.parametrize("each", MEMBERS, ids=lambda each: each.name)
def test_by_hand_it_is_what_transformers_counts(counts, each):
    found = counts[each.name]
    assert (stored(each), language_model(each)) == (found.total, found.parts["language model"])
    assert (found.built == FORMULA) == ("small" in each.name)  # no class to hold it against


@pytest.mark.parametrize("each", [each for each in MEMBERS if "small" not in each.name], ids=lambda each: each.name)
def test_a_token_reads_the_counted_parts_without_what_rests(each):
    """Of the parameters that transformers names: no encoder, no resting expert, and an input table only where it is the
    output table as well."""
    expected = 0
    for name, weights in build(config(each)).named_parameters():
        if "embed_tokens_extend" in name or ("embed_tokens" in name and not each.tied_embeddings):
            continue
        expected += weights.numel() * each.experts_per_token // each.experts if ".experts." in name else weights.numel()
    assert read(each) == expected


def test_writing_text_reads_the_language_model_alone(counts):
    multimodal, vision = member("Phi-4-multimodal-instruct"), member("Phi-3.5-vision-instruct")
    assert read(multimodal) == counts[multimodal.name].parts["language model"] == counts["Phi-4-mini-instruct"].total
    assert read(vision) == counts[vision.name].parts["language model"] - 32_064 * 3_072
    assert 0.034 < 1 - read(member("phi-4")) / counts["phi-4"].total < 0.036


@pytest.mark.parametrize("tied", [False, True])
def test_one_token_uses_one_row_of_an_input_table_and_all_of_the_rest(tied):
    """A real small model on the CPU: what a weight did for one token, its gradient tells."""
    from dataclasses import replace

    import torch
    import transformers

    small = replace(
        member("Phi-4-mini-instruct"), vocabulary=96, hidden=48, feed_forward=32, layers=2, heads=4, kv_heads=2,
        tied_embeddings=tied, rotary_share=1.0,
    )  # fmt: skip
    torch.manual_seed(3)
    model = transformers.Phi3ForCausalLM(config(small, pad_token_id=0, bos_token_id=1, eos_token_id=2))
    model(input_ids=torch.tensor([[7, 5]])).logits[0, -1].exp().sum().backward()
    table = model.model.embed_tokens.weight
    used = sum(p.numel() for p in model.parameters() if p is not table and p.grad.abs().sum() > 0)
    rows = int((table.grad.abs().sum(dim=1) > 0).sum())
    assert rows == (small.vocabulary if tied else 2)  # two tokens went in
    assert used + (table.numel() if tied else 0) == read(small)


def test_phi_3_small_needs_one_table():
    """Two tables of embeddings would lie further than a unit from the published 7."""
    small = member("Phi-3-small-8k-instruct")
    assert deviation(language_model(small), 7) < 0.5 <= deviation(language_model(small, tied=False), 7)


def test_fewer_experts_are_fewer_parameters():
    mixture = member("Phi-3.5-MoE-instruct")
    assert language_model(mixture) - language_model(mixture, experts=2) == 32 * 14 * 3 * 4096 * 6400
