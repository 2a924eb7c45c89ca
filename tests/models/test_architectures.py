"""Every architecture of the family that transformers has, small and with random weights: it opens, chats and takes part.

pytest tests/models/test_architectures.py
"""

from __future__ import annotations

import pytest
import transformers
from random_models import save_random

from phicookbook.finetune import POCKET, FinetuneSettings, finetune
from phicookbook.models import open_model
from phicookbook.prompting import inside, sampling, structured
from phicookbook.retrieval import answering
from phicookbook.retrieval.support import Sentence

SMALL = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "pad_token_id": 0, "bos_token_id": None, "eos_token_id": [0, 4],
}  # fmt: skip
LONG = {"rope_type": "longrope", "rope_theta": 10_000.0, "short_factor": [1.0] * 4, "long_factor": [2.0] * 4}
LENGTHS = {"max_position_embeddings": 512, "original_max_position_embeddings": 256}
PLAIN = {"max_position_embeddings": 512}
EYES = {
    "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 28,
    "crop_size": 28,
}  # fmt: skip
EARS = {
    "hidden_size": 16, "intermediate_size": 24, "num_blocks": 2, "num_attention_heads": 2, "ext_pw_out_channel": 16,
    "depthwise_separable_out_channel": 16, "nemo_conv_channels": 8, "input_size": 16,
}  # fmt: skip
# What transformers has of the family: phi-2; Phi-3 and phi-4; Phi-3.5-mini; Phi-4-mini; Phi-3.5-MoE; and Phi-4-multimodal, asked
# here about text alone.
CONFIGS = {
    "phi": lambda words: transformers.PhiConfig(**SMALL, **PLAIN, vocab_size=words, partial_rotary_factor=0.5),
    "phi3": lambda words: transformers.Phi3Config(**SMALL, **PLAIN, vocab_size=words, sliding_window=64),
    "phi3-longrope": lambda words: transformers.Phi3Config(**SMALL, vocab_size=words, **LENGTHS, rope_parameters=dict(LONG)),
    "phi4-mini": lambda words: transformers.Phi3Config(
        **SMALL, vocab_size=words, **LENGTHS, partial_rotary_factor=0.75, tie_word_embeddings=True,
        rope_parameters={**LONG, "short_factor": [1.0] * 3, "long_factor": [2.0] * 3, "partial_rotary_factor": 0.75},
    ),
    "phimoe": lambda words: transformers.PhimoeConfig(
        **SMALL, **PLAIN, vocab_size=words, num_local_experts=4, num_experts_per_tok=2
    ),
    "phi4-multimodal": lambda words: transformers.Phi4MultimodalConfig(
        **SMALL, **LENGTHS, vocab_size=words, tie_word_embeddings=True, vision_config=dict(EYES), audio_config=dict(EARS),
    ),
}  # fmt: skip
LINES = ["The inn opens at 9:30.", "Dogs are welcome."]


@pytest.fixture(scope="module", params=list(CONFIGS))
def folder(request, tiny_folder, tmp_path_factory):
    """A saved model of one architecture with random weights, in the tiny model's words."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_folder)
    config = CONFIGS[request.param](len(tokenizer))
    return save_random(tmp_path_factory.mktemp(request.param), config, tokenizer, 8)


@pytest.fixture(scope="module")
def model(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_THREADS", "1")
        return open_model(str(folder))


def test_a_batch_says_what_single_chats_say(model):
    asked = ["What is the sentiment?", "Contoso was breached.", "neutral"]
    together = [reply.text for reply in model.chat_many(asked, max_new_tokens=12)]
    assert together == [model.chat(text, max_new_tokens=12).text for text in asked]
    assert len(set(together)) > 1


def test_it_streams_what_it_says(model):
    asked = [{"role": "user", "content": "The system was breached."}]
    assert "".join(model.stream(asked, max_new_tokens=12)).strip() == model.chat(asked, max_new_tokens=12).text.strip()


def test_it_is_held_to_a_schema_and_looked_into(model):
    reply = model.chat("Which team?", schema=structured.one_of(["billing", "sales"]), max_new_tokens=24)
    assert reply.text.strip('"') in ("billing", "sales")
    asked = "Contoso was breached."
    likeliest = sampling.next_tokens(inside(model), asked)[0][0]
    assert model.chat(asked, max_new_tokens=1).text.strip() in (likeliest.strip(), "")


def test_it_answers_from_lines(model):
    found = answering.Answer("When does the inn open?", "", [], [Sentence(text, 0, 1.0) for text in LINES], [], 1.0)
    (answered,) = answering.answer([found], model, least=0)
    (asked,) = [model.chat(answering.prompt(found.question, LINES)).answer]
    assert answered.text == asked and answered.cited == answering.cite(asked, LINES)


def test_lora_trains_it(folder, tmp_path):
    rows = [
        {"messages": [{"role": "user", "content": f"Contoso {n}"}, {"role": "assistant", "content": "negative"}]}
        for n in range(16)
    ]
    losses = []
    small = dict(lora_r=2, lora_alpha=4, max_steps=6, per_device_train_batch_size=8, learning_rate=1e-2, logging_steps=1)
    settings = FinetuneSettings(**POCKET | small)
    finetune(str(folder), rows, settings, tmp_path / "adapter", lambda step, steps, loss: losses.append(loss), progress=False)
    assert losses[-1] < losses[0]
    tuned = open_model(str(tmp_path / "adapter"))
    assert sampling.next_tokens(tuned, "Contoso 1") != sampling.next_tokens(open_model(str(folder)), "Contoso 1")
