"""Reshaped probabilities against transformers' own, and votes.

pytest tests/prompting/test_sampling.py
"""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from phicookbook.chat import Reply
from phicookbook.prompting import sampling
from phicookbook.settings import CookbookError


@given(
    st.lists(st.integers(1, 10_000), min_size=2, max_size=12, unique=True),
    st.sampled_from((0.3, 0.7, 1.0, 1.6)),
    st.sampled_from((0, 1, 3, 8)),
    st.sampled_from((0.1, 0.5, 0.9, 1.0)),
)
def test_reshape_is_what_transformers_samples_from(weights, temperature, top_k, top_p):
    chances = sorted((w / sum(weights) for w in weights), reverse=True)
    scores = torch.tensor([chances], dtype=torch.float64).log()
    warpers = [TemperatureLogitsWarper(temperature)]
    warpers += [TopKLogitsWarper(min(top_k, len(chances)))] if top_k else []
    warpers += [TopPLogitsWarper(top_p)] if top_p < 1 else []
    for warper in warpers:
        scores = warper(None, scores)
    wanted = scores.softmax(1)[0].tolist()
    found = sampling.reshape(chances, temperature, top_k, top_p)
    # a sum that meets top_p to the last digit may fall on either side of it
    assert (
        found == pytest.approx(wanted, abs=1e-9) or abs(sum(w > 0 for w in wanted) - sum(f > 0 for f in found)) == 1 and top_p < 1
    )
    assert sum(found) == pytest.approx(1)


def test_a_colder_model_is_surer():
    likeliest = [sampling.reshape([0.5, 0.3, 0.2], temperature)[0] for temperature in (2.0, 1.0, 0.5, 0.1)]
    assert likeliest == sorted(likeliest) and likeliest[1] == pytest.approx(0.5) and likeliest[-1] > 0.99


@pytest.mark.parametrize("temperature", [0, -1])
def test_no_temperature_is_refused(temperature):
    with pytest.raises(CookbookError, match="likeliest"):
        sampling.reshape([0.6, 0.4], temperature)


def test_next_tokens_are_the_models(tiny):
    found = sampling.next_tokens(tiny, "Hello", prefix="The")
    text = tiny.tokenizer.apply_chat_template([{"role": "user", "content": "Hello"}], tokenize=False, add_generation_prompt=True)
    ids = tiny.tokenizer(text + "The", return_tensors="pt", add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        wanted = tiny.model(input_ids=ids).logits[0, -1].softmax(0)
    assert found[0][1] == pytest.approx(float(wanted.max()), abs=1e-5)
    assert found[0][0] == tiny.tokenizer.decode([int(wanted.argmax())])
    assert sum(p for _, p in found) == pytest.approx(1, abs=1e-4)


def test_next_tokens_need_a_model_on_this_machine():
    class Elsewhere:
        name = "far"

    with pytest.raises(CookbookError, match="far answers from elsewhere"):
        sampling.next_tokens(Elsewhere(), "Hello")


def test_the_elected_reply_carries_the_cost_of_all_runs():
    runs = [[Reply.from_text(a, tokens=2, prompt_tokens=5, seconds=0.5), Reply.from_text("x", tokens=1)] for a in "aba"]
    first, second = sampling.elect(runs)
    assert (first.answer, first.tokens, first.prompt_tokens, first.seconds) == ("a", 6, 15, 1.5)
    assert (second.answer, second.tokens) == ("x", 3)


@pytest.mark.parametrize("answers, won, share", [("aab", "a", 2 / 3), ("abb", "b", 2 / 3), ("ab", "a", 1 / 2), ("c", "c", 1)])
def test_votes(answers, won, share):
    assert sampling.vote(list(answers)) == won and sampling.agreement(list(answers)) == pytest.approx(share)
