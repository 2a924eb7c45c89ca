"""Exports of every architecture of the family that the builder writes for a CPU, small and with random weights."""

from __future__ import annotations

import json

import pytest
import transformers
from random_models import save_random

from phicookbook.edge import Form, export
from phicookbook.edge.build import for_the_builder
from phicookbook.models import open_model
from phicookbook.settings import CookbookError

SMALL = {
    "hidden_size": 128, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "pad_token_id": 0, "bos_token_id": None, "eos_token_id": [0, 4], "max_position_embeddings": 512,
}  # fmt: skip
LONG = {"rope_type": "longrope", "rope_theta": 10_000.0, "original_max_position_embeddings": 256}
LINE = "The inn opens at 9:30 and the ferry leaves at noon. "
KINDS = {
    "phi-2": lambda words: transformers.PhiConfig(**SMALL, vocab_size=words, partial_rotary_factor=0.5),
    "Phi-3-mini": lambda words: transformers.Phi3Config(**SMALL, vocab_size=words, sliding_window=512),
    "Phi-3.5-mini": lambda words: transformers.Phi3Config(
        **SMALL, vocab_size=words, sliding_window=512, original_max_position_embeddings=256,
        rope_parameters={**LONG, "short_factor": [1.0] * 16, "long_factor": [2.0] * 16},
    ),
    "Phi-4-mini": lambda words: transformers.Phi3Config(
        **SMALL, vocab_size=words, original_max_position_embeddings=256, partial_rotary_factor=0.5, tie_word_embeddings=True,
        rope_parameters={**LONG, "short_factor": [1.0] * 8, "long_factor": [2.0] * 8, "partial_rotary_factor": 0.5},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def words(tiny_folder):
    return transformers.AutoTokenizer.from_pretrained(tiny_folder)


@pytest.mark.parametrize("kind", KINDS)
def test_fp32_says_what_pytorch_says(kind, words, tmp_path):
    folder = save_random(tmp_path / "model", KINDS[kind](len(words)), words, 3)
    before = (folder / "config.json").read_bytes()
    done = export(str(folder), tmp_path / "out", Form("fp32", 16), items=6)
    assert done.parity[""].same
    asked = ["Hello", LINE, LINE * 3]
    exported, opened = open_model(str(done.folder)), open_model(str(folder))
    said = [reply.text for reply in exported.chat_many(asked, max_new_tokens=12)]
    assert said == [reply.text for reply in opened.chat_many(asked, max_new_tokens=12)] and len(set(said)) > 1
    assert (folder / "config.json").read_bytes() == before


def test_a_mixture_of_experts_is_refused_in_words(words, tmp_path):
    config = transformers.PhimoeConfig(**SMALL, vocab_size=len(words), num_local_experts=4, num_experts_per_tok=2)
    folder = save_random(tmp_path / "model", config, words, 3)
    with pytest.raises(CookbookError, match="exports PhiForCausalLM and Phi3ForCausalLM"):
        export(str(folder), tmp_path / "out", Form("fp32", 16), items=2)
    assert not (tmp_path / "out").exists()


def test_the_hub_s_own_words_for_longrope_stay(tmp_path):
    """A configuration as it stands on the hub, such as Phi-3.5-mini's, needs no change."""
    hub = {"rope_scaling": {"type": "longrope", "long_factor": [1.0], "short_factor": [1.0]},
           "max_position_embeddings": 131_072, "original_max_position_embeddings": 4096}  # fmt: skip
    assert for_the_builder(hub) == hub
    saved_again = json.loads(json.dumps(hub | {"rope_parameters": {"rope_type": "longrope"}}))
    del saved_again["rope_scaling"]
    assert for_the_builder(saved_again)["rope_parameters"]["type"] == "longrope"
