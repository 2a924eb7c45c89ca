"""Pocket's tokenizer: byte-level BPE with single digits, Phi-3's special tokens and chat template.

train_tokenizer(texts, 6144).save_pretrained("folder")
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

SPECIAL = ["<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
THINKING = ["<think>", "</think>"]
# Byte for byte the template of microsoft/Phi-3-mini-4k-instruct, so that tools recognise it.
CHAT_TEMPLATE = Path(__file__).with_name("phi3.jinja")


def train_tokenizer(texts: Iterable[str], vocabulary: int):
    """A fast tokenizer with `vocabulary` entries learned from `texts`.

    Numbers are split into digits, because columns of digits are what arithmetic works on.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(THINKING),
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    core.add_tokens([AddedToken(token, normalized=False) for token in THINKING])
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=SPECIAL[1:],
        chat_template=CHAT_TEMPLATE.read_text(encoding="utf-8"),
        model_input_names=["input_ids", "attention_mask"],
        clean_up_tokenization_spaces=False,
        model_max_length=1024,
    )
