"""The transformers backend, held against plain transformers on a tiny model with random weights."""

from __future__ import annotations

import json
import random
import time

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, Phi3Config

from phicookbook import settings
from phicookbook.models import tokens
from phicookbook.models.local import LocalModel, _batch_tokens, open_folder
from phicookbook.models.tokens import TokenModel
from phicookbook.settings import CookbookError

PROMPTS = [
    "Hello",
    "What is the sentiment of this headline? The system was breached.",
    "2 + 2",
    [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}, {"role": "user", "content": "Why?"}],
    "positive " * 12,
    "Contoso",
    "The system, says Contoso, was not breached at all this week.",
]
SHORT = {"max_new_tokens": 12}


@pytest.fixture
def plain(tiny_folder):
    """(model, tokenizer) of transformers alone."""
    return AutoModelForCausalLM.from_pretrained(tiny_folder).eval(), AutoTokenizer.from_pretrained(tiny_folder)


@pytest.fixture
def ends(tiny, monkeypatch):
    """A function that makes some token end the tiny model's answers: a random model hardly ever ends by itself."""

    def set_end(token: int) -> None:
        monkeypatch.setattr(tiny.model.generation_config, "eos_token_id", [0, 4, token])
        monkeypatch.setattr(tiny, "ends", [0, 4, token])

    return set_end


def written(model, tokenizer, prompt: str, **options) -> list[int]:
    """Token ids that plain transformers generate for a user's text."""
    chat = [{"role": "user", "content": prompt}]
    read = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    out = model.generate(**read, **options)
    return out[0, read["input_ids"].shape[1] :].tolist()


def texts(replies) -> list[str]:
    return [reply.text for reply in replies]


def test_greedy_answers_are_those_of_plain_transformers(tiny, plain):
    for prompt in (p for p in PROMPTS if isinstance(p, str)):
        tokens = written(*plain, prompt, do_sample=False, max_new_tokens=12)
        reply = tiny.chat(prompt, **SHORT)
        assert reply.text == plain[1].decode(tokens, skip_special_tokens=True)
        assert reply.tokens == len([t for t in tokens if t not in (0, 4)])


@pytest.mark.parametrize("options", [{"temperature": 0.7}, {"temperature": 1.3, "top_p": 0.8}, {"temperature": 1.0, "top_k": 5}])
def test_sampled_answers_are_those_of_plain_transformers(tiny, plain, options):
    reply = tiny.chat("Hello", seed=5, **SHORT, **options)
    torch.manual_seed(5)
    tokens = written(*plain, "Hello", do_sample=True, max_new_tokens=12, **({"top_k": 0} | options))
    assert reply.text == plain[1].decode(tokens, skip_special_tokens=True)


def test_prompt_tokens_count_the_template(tiny, plain):
    chat = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    reply = tiny.chat("Hello", system="Be brief.", **SHORT)
    assert reply.prompt_tokens == len(plain[1].apply_chat_template(chat, add_generation_prompt=True)["input_ids"])
    assert reply.seconds > 0


def test_system_text_and_earlier_messages_reach_the_model(tiny):
    plain_reply = tiny.chat("Why?", **SHORT)
    assert tiny.chat("Why?", system="Be brief.", **SHORT).text != plain_reply.text
    assert tiny.chat([{"role": "user", "content": "Why?"}], **SHORT).text == plain_reply.text
    assert tiny.chat([*PROMPTS[3][:2], {"role": "user", "content": "Why?"}], **SHORT).text != plain_reply.text


@pytest.mark.parametrize("batch_tokens", [1, 100, TokenModel.batch_tokens])
def test_chat_many_is_chat_in_any_order_and_batch(tiny, monkeypatch, batch_tokens):
    monkeypatch.setattr(tiny, "batch_tokens", batch_tokens)
    alone = [tiny.chat(prompt, **SHORT) for prompt in PROMPTS]
    assert len(set(texts(alone))) == len(PROMPTS)
    for seed in range(3):
        order = random.Random(seed).sample(range(len(PROMPTS)), len(PROMPTS))
        many = tiny.chat_many([PROMPTS[i] for i in order], **SHORT)
        assert texts(many) == [alone[i].text for i in order]
        assert [r.prompt_tokens for r in many] == [alone[i].prompt_tokens for i in order]
        assert [r.tokens for r in many] == [alone[i].tokens for i in order]


def test_chat_many_of_nothing_is_nothing(tiny):
    assert tiny.chat_many([]) == []


def test_batches_hold_every_row_once_and_stay_under_the_limits():
    prompts = [[0] * length for length in (1, 5, 5, 20, 30, 45, 200)]
    groups = list(tokens.batches(list(range(7)), prompts, 10, 100))
    assert groups == [[0, 1, 2], [3, 4], [5], [6]]  # 3 x 15 fit, 4 x 30 do not; 2 x 40 fit, 3 x 55 do not
    assert [len(g) for g in tokens.batches(list(range(300)), [[0]] * 300, 1, 10**9)] == [128, 128, 44]


@pytest.mark.parametrize(
    "config, least, most",
    [
        (Phi3Config(hidden_size=192, num_attention_heads=6, num_key_value_heads=2, num_hidden_layers=4), 65_536, 65_536),
        (Phi3Config(vocab_size=200_064, hidden_size=3072, num_hidden_layers=32, num_attention_heads=24, num_key_value_heads=8,
                    intermediate_size=8192, tie_word_embeddings=True), 12_000, 18_000),
    ],
    ids=["a small model", "Phi-4-mini's shape"],
)  # fmt: skip
def test_a_batch_may_hold_what_its_keys_and_values_leave(config, least, most):
    with torch.device("meta"):
        assert least <= _batch_tokens(AutoModelForCausalLM.from_config(config)) <= most


def test_greedy_is_deterministic_whatever_the_seed(tiny):
    first = tiny.chat("Hello", seed=1, **SHORT)
    torch.manual_seed(99)
    assert tiny.chat("Hello", seed=2, **SHORT).text == first.text


def test_draws_follow_the_seed(tiny, monkeypatch):
    def draw(**options):
        return texts(tiny.chat_many(PROMPTS[:3], temperature=1.5, **SHORT, **options))

    assert draw(seed=7) == draw(seed=7) != draw(seed=8)
    assert draw(seed=0) != draw() == draw(seed=42)
    monkeypatch.setenv("PHI_SEED", "7")
    assert draw() == draw(seed=7)


@pytest.mark.parametrize(
    "bad", [{"temperature": -0.1}, {"temperature": 1, "top_p": 0}, {"temperature": 1, "top_p": 1.1}, {"top_k": -1}]
)
def test_bad_sampling_settings_are_told(tiny, bad):
    with pytest.raises(CookbookError, match="top_p must be above 0 and at most 1"):
        tiny.chat("Hello", **bad)


def test_too_long_a_prompt_is_told_with_both_lengths(tiny):
    used = tiny.chat("Hello", max_new_tokens=1).prompt_tokens
    tiny.chat("Hello", max_new_tokens=256 - used)
    with pytest.raises(CookbookError) as caught:
        tiny.chat("Hello", max_new_tokens=257 - used)
    told = str(caught.value)
    assert f"the prompt has {used} tokens and {257 - used} more" in told and "tiny holds 256" in told
    assert "shorten the prompt or lower max_new_tokens" in told
    with pytest.raises(CookbookError, match="the prompt has 1,2"):
        list(tiny.stream("7" * 1_200))


def test_finished_tells_an_end_from_a_cut(tiny, plain, ends):
    tokens = written(*plain, "Hello", do_sample=False, max_new_tokens=12)
    cut = tiny.chat("Hello", **SHORT)
    assert (cut.finished, cut.tokens) == (False, 12)
    last = next(t for t in reversed(tokens) if tokens.count(t) == 1)
    ends(last)
    ended = tiny.chat("Hello", **SHORT)
    assert (ended.finished, ended.tokens) == (True, tokens.index(last))
    assert ended.text == plain[1].decode(tokens[: tokens.index(last)], skip_special_tokens=True)


def test_a_row_that_ends_early_in_a_batch_is_not_padded_into_the_answer(tiny, plain, ends):
    tokens = written(*plain, "Hello", do_sample=False, max_new_tokens=12)
    ends(tokens[2])
    alone = [tiny.chat(p, **SHORT) for p in PROMPTS]
    many = tiny.chat_many(PROMPTS, **SHORT)
    assert [(r.text, r.tokens, r.finished) for r in many] == [(r.text, r.tokens, r.finished) for r in alone]
    assert many[0].finished and many[0].tokens <= 2 and not all(r.finished for r in many)


@pytest.mark.parametrize(
    "options", [{}, {"temperature": 1.2, "seed": 3}, {"temperature": 1.2, "seed": 0}, {"temperature": 1.2, "top_k": 4}]
)
def test_stream_is_chat_in_pieces(tiny, options):
    pieces = list(tiny.stream("The system was", system="Be brief.", **SHORT, **options))
    assert all(pieces)
    assert "".join(pieces) == tiny.chat("The system was", system="Be brief.", **SHORT, **options).text


def test_stream_comes_before_the_end(tiny, monkeypatch):
    steps = []
    forward = tiny.model.forward

    def slow(*args, **kwargs):
        steps.append(time.perf_counter())
        time.sleep(0.02)
        return forward(*args, **kwargs)

    monkeypatch.setattr(tiny.model, "forward", slow)
    stream = tiny.stream("positive negative neutral", max_new_tokens=30)
    next(stream)
    seen = len(steps)
    list(stream)
    assert seen < len(steps) == 30


def test_an_error_while_streaming_is_raised_and_does_not_hang(tiny, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(tiny.model, "forward", broken)
    with pytest.raises(RuntimeError, match="out of memory"):
        list(tiny.stream("Hello", **SHORT))


def test_an_unknown_generation_setting_is_refused_everywhere(tiny):
    with pytest.raises(TypeError, match="max_tokens"):
        tiny.chat("Hello", max_tokens=3)
    with pytest.raises(TypeError, match="max_tokens"):
        list(tiny.stream("Hello", max_tokens=3))


@pytest.fixture
def adapter(tiny_folder, tmp_path):
    """A LoRA folder on the tiny model that changes its answers."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    base = AutoModelForCausalLM.from_pretrained(tiny_folder)
    tuned = get_peft_model(base, LoraConfig(r=4, target_modules=["qkv_proj", "down_proj"], init_lora_weights=False))
    tuned.save_pretrained(tmp_path / "adapter")
    return tmp_path / "adapter", tuned.eval()


def test_adapter_folder_answers_as_peft_does(adapter, tiny, plain):
    folder, tuned = adapter
    opened = open_folder(folder, "tuned")
    assert not [name for name, _ in opened.model.named_parameters() if "lora" in name]  # merged, so no slower than its base
    reply = opened.chat("Hello", **SHORT)
    tokens = written(tuned, plain[1], "Hello", do_sample=False, max_new_tokens=12)
    assert reply.text == plain[1].decode(tokens, skip_special_tokens=True)
    assert reply.text != tiny.chat("Hello", **SHORT).text


def test_adapter_on_pocket_finds_the_bundled_weights(adapter, tiny_folder, monkeypatch):
    folder, _ = adapter
    by_path = open_folder(folder, "tuned").chat("Hello", **SHORT).text
    listing = folder / "adapter_config.json"
    listing.write_text(json.dumps(json.loads(listing.read_text()) | {"base_model_name_or_path": "pocket"}))
    monkeypatch.setattr(settings, "POCKET_WEIGHTS", tiny_folder)
    assert open_folder(folder, "tuned").chat("Hello", **SHORT).text == by_path


def test_context_comes_from_the_configuration(tiny, tiny_folder):
    assert tiny.context == json.loads((tiny_folder / "config.json").read_text())["max_position_embeddings"] == 256
    assert isinstance(tiny, LocalModel) and tiny.name == "tiny"


def test_threads_are_those_of_the_settings(tiny_folder, monkeypatch):
    before = torch.get_num_threads()
    monkeypatch.setenv("PHI_THREADS", "2")
    try:
        open_folder(tiny_folder, "tiny")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
