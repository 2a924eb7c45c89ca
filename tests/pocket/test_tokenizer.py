"""Pocket's tokenizer: single digits, every text there and back, Phi-3's tokens and its template to the byte.

pytest tests/pocket/test_tokenizer.py
"""

from __future__ import annotations

import importlib.util
import random
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from phicookbook import corpora
from phicookbook.pocket import mixture
from phicookbook.pocket.tokenizer import CHAT_TEMPLATE, SPECIAL, THINKING


def ids_of(tokenizer, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def drawn(count: int = 6):
    rng = random.Random(11)
    return [corpora.draw(task, rng) for task in corpora.TASKS for _ in range(count)]


def test_the_vocabulary_has_the_size_that_was_asked_for(tokenizer):
    assert len(tokenizer) == 512 == len(set(tokenizer.get_vocab().values()))
    assert max(tokenizer.get_vocab().values()) == 511


@given(number=st.integers(0, 10**12), before=st.sampled_from(["", " ", "x", "$", "-"]))
def test_digits_are_split(tokenizer, number, before):
    pieces = [tokenizer.decode([i]) for i in ids_of(tokenizer, f"{before}{number}%")]
    assert [piece for piece in pieces if re.search(r"\d", piece)] == list(str(number))


def test_no_entry_joins_a_digit_to_anything(tokenizer):
    assert {entry for entry in tokenizer.get_vocab() if re.search("[0-9]", entry)} == set("0123456789")


@given(st.text())
@example("naïve café £3.50 ½ ² ٣")
@example("👩‍👩‍👧‍👦 🏳️‍🌈 🇳🇴")
@example("  two  spaces\n\n\ttab\r\n ")
@example("漢字 العربية עברית हिन्दी\u200b\ufeff\x00")
def test_round_trip(tokenizer, text):
    assert tokenizer.decode(ids_of(tokenizer, text)) == text


@pytest.mark.parametrize("token", [*SPECIAL, *THINKING])
def test_a_special_token_is_one_id(tokenizer, token):
    found = ids_of(tokenizer, token)
    assert len(found) == 1 and tokenizer.decode(found) == token
    assert ids_of(tokenizer, f"a{token}\nb").count(found[0]) == 1


def test_ids_that_the_model_s_configuration_names(tokenizer):
    assert [tokenizer.convert_tokens_to_ids(token) for token in SPECIAL] == [0, 1, 2, 3, 4]
    assert tokenizer.pad_token_id == tokenizer.eos_token_id == 0 and tokenizer.bos_token_id is None


def test_thinking_is_shown_and_special_tokens_are_not(tokenizer):
    found = ids_of(tokenizer, "<think>\nso\n</think>\n4<|end|>\n<|endoftext|>")
    assert tokenizer.decode(found, skip_special_tokens=True) == "<think>\nso\n</think>\n4\n"


def test_the_template_is_phi_3_s_to_the_byte():
    shipped = Path(importlib.util.find_spec("trl").origin).parent / "chat_templates" / "phi3.jinja"
    assert CHAT_TEMPLATE.read_bytes() == shipped.read_bytes()


def test_the_template_writes_what_the_mixture_trains_on(tokenizer):
    for sample in drawn():
        asked = tokenizer.apply_chat_template(sample.messages[:1], tokenize=False, add_generation_prompt=True)
        ids, weights = mixture.encode(tokenizer, sample)
        if sample.messages[1]["role"] == "assistant":
            assert ids_of(tokenizer, asked) == ids[: weights.index(1.0)]
        whole = tokenizer.apply_chat_template(sample.messages, tokenize=False)
        assert ids_of(tokenizer, whole) == ids


def test_a_tokenizer_is_the_same_after_it_was_saved(tokenizer, tmp_path):
    from transformers import AutoTokenizer

    tokenizer.save_pretrained(tmp_path)
    read = AutoTokenizer.from_pretrained(tmp_path)
    for sample in drawn(3):
        assert ids_of(read, sample.answer) == ids_of(tokenizer, sample.answer)
    assert read.chat_template == tokenizer.chat_template and read.model_max_length == 1024
    assert (tmp_path / "chat_template.jinja").read_bytes() == CHAT_TEMPLATE.read_bytes()
