"""The mixture: shares that move and settle, and batches that depend on the seed and the step alone.

pytest tests/pocket/test_mixture.py
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from phicookbook import corpora
from phicookbook.corpora import Sample, conversation
from phicookbook.pocket import mixture

STARTS, MIDDLES, LASTS = ({task: row[place] for task, row in mixture.SHARES.items()} for place in range(3))


def targets(row_weights: list[float]) -> list[int]:
    """Places whose token counts fully as a target."""
    return [place for place, weight in enumerate(row_weights) if weight == 1.0]


def rows(parts):
    """(ids, weights, task) of every row, its padding still on."""
    return [row for part in parts for row in zip(part.ids, part.weights, part.tasks, strict=True)]


def test_every_task_has_a_share():
    assert set(mixture.SHARES) == set(corpora.TASKS)
    assert min(min(row) for row in mixture.SHARES.values()) > 0


@pytest.mark.parametrize("progress, settled", [(0.0, 0.0), (0.05, 0.2), (0.125, 0.5), (0.25, 1.0), (0.5, 1.0), (0.69, 1.0)])
def test_shares_move_until_a_quarter(progress, settled):
    found = mixture.shares(progress)
    for task in mixture.SHARES:
        assert found[task] == pytest.approx(STARTS[task] + (MIDDLES[task] - STARTS[task]) * settled)
    total = sum(STARTS.values()) * (1 - settled) + sum(MIDDLES.values()) * settled
    assert sum(found.values()) == pytest.approx(total)


@pytest.mark.parametrize("progress", [0.7, 0.9, 1.0])
def test_headlines_come_last(progress):
    assert mixture.shares(progress) == LASTS
    of_all = [row["headlines"] / sum(row.values()) for row in (STARTS, MIDDLES, LASTS)]
    assert of_all == sorted(of_all) and LASTS["headlines"] > 2 * max(n for task, n in LASTS.items() if task != "headlines")


def test_copying_gives_way():
    def copying(progress):
        mix = mixture.shares(progress)
        return mix["copying"] / sum(mix.values())

    assert copying(0.0) >= 0.3 > copying(0.125) > copying(0.25) == copying(0.6) > copying(1.0)


@pytest.mark.parametrize("progress", [0.0, 1.0])
def test_tasks_are_drawn_by_their_shares(tokenizer, monkeypatch, progress):
    sample = Sample("short", conversation("a", "b"))
    counts = Counter()
    monkeypatch.setattr(corpora, "draw", lambda task, rng: counts.update([task]) or sample)
    mixture.batch(tokenizer, seed=1, step=0, progress=progress, tokens=30_000)
    mix = mixture.shares(progress)
    for task, share in mix.items():
        assert abs(counts[task] / counts.total() - share / sum(mix.values())) < 0.03


def test_a_batch_depends_on_seed_and_step_alone(tokenizer):
    first = mixture.batch(tokenizer, 1, 5, 0.4, 2_000)
    random.seed(99)
    mixture.batch(tokenizer, 1, 6, 0.4, 2_000)
    assert mixture.batch(tokenizer, 1, 5, 0.4, 2_000) == first
    assert mixture.batch(tokenizer, 1, 6, 0.4, 2_000) != first
    assert mixture.batch(tokenizer, 2, 5, 0.4, 2_000) != first


def test_an_answer_and_its_end_carry_all_weight(tokenizer):
    sample = Sample("x", conversation("What is 2 + 2?", "<think>\nFour.\n</think>\n4", "Think."))
    ids, weights = mixture.encode(tokenizer, sample)
    assert set(weights) == {0.0, 1.0} and len(ids) == len(weights)
    assert tokenizer.decode([ids[place] for place in targets(weights)]) == "<think>\nFour.\n</think>\n4<|end|>\n<|endoftext|>"
    prompt = [i for i, weight in zip(ids, weights, strict=True) if weight == 0.0]
    assert tokenizer.decode(prompt) == "<|system|>\nThink.<|end|>\n<|user|>\nWhat is 2 + 2?<|end|>\n<|assistant|>\n"


def test_a_row_is_what_the_chat_template_writes(tokenizer):
    sample = Sample("x", conversation("Hi", "Yes", "Be short."))
    ids, _ = mixture.encode(tokenizer, sample)
    assert tokenizer.decode(ids) == tokenizer.apply_chat_template(sample.messages, tokenize=False)


FULL = mixture.PROMPT_SHARE


@pytest.mark.parametrize("progress, share", [(0.0, FULL), (0.6, FULL), (0.725, FULL / 2), (0.85, 0.0), (1.0, 0.0)])
def test_targets_in_the_prompt_get_fewer(progress, share):
    for task in mixture.SHARES:
        assert mixture.prompt_share(task, progress) == pytest.approx(share if task in mixture.PROMPTS_TEACH else 0.0)
    assert set(mixture.PROMPTS_TEACH) < set(mixture.SHARES)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_that_share_of_a_prompt_s_tokens_are_targets_but_never_the_first(tokenizer, share):
    sample = Sample("x", conversation("one two three " * 200, "Yes"))
    ids, weights = mixture.encode(tokenizer, sample, share, random.Random(1))
    prompt = len(tokenizer("<|user|>\n" + sample.prompt[0]["content"] + "<|end|>\n<|assistant|>\n")["input_ids"])
    assert weights[0] == 0.0 and set(weights) <= {0.0, 1.0}
    assert sum(weights[1:prompt]) / (prompt - 1) == pytest.approx(share, abs=0.06)
    assert weights[prompt:] == [1.0] * (len(ids) - prompt)


def test_every_answer_of_a_dialogue_counts(tokenizer):
    messages = [*conversation("a: 1; b: 2\nb?", "2"), *conversation("a?", "1")]
    ids, weights = mixture.encode(tokenizer, Sample("dialogues", messages))
    assert tokenizer.decode([ids[place] for place in targets(weights)]) == "2<|end|>1<|end|>\n<|endoftext|>"
    assert weights[0] == 0.0 and set(weights) == {0.0, 1.0}


@pytest.mark.parametrize("progress", [0.0, 0.55, 0.7, 0.9])
def test_weights_of_a_batch(tokenizer, progress):
    for ids, weights, task in rows(mixture.batch(tokenizer, 1, 2, progress, 3_000)):
        answer = targets(weights)
        if mixture.prompt_share(task, progress) == 0.0 and task not in ("dialogues", "titles"):  # these may have several answers
            assert answer == list(range(answer[0], answer[-1] + 1))
            assert tokenizer.decode(ids[: answer[0]]).endswith("<|assistant|>\n")
        assert tokenizer.decode(ids[: answer[-1] + 1]).endswith("<|end|>\n<|endoftext|>")
        assert weights[0] == 0.0 and set(weights) == {0.0, 1.0}
        assert set(ids[answer[-1] + 1 :]) <= {tokenizer.pad_token_id}


def test_padding_stands_on_the_right_and_is_not_counted(tokenizer):
    parts = mixture.batch(tokenizer, 1, 3, 0.6, 6_000)
    pad, padded = tokenizer.pad_token_id, 0
    for part in parts:
        assert len({len(ids) for ids in part.ids}) == 1 == len({len(weights) for weights in part.weights})
        lengths = [ids.index(pad) + 1 for ids in part.ids]  # the token that pads also ends each row
        assert max(lengths) == len(part.ids[0]) <= mixture.MAX_TOKENS and part.tokens == sum(lengths)
        assert lengths == sorted(lengths)
        padded += sum(len(ids) for ids in part.ids) - sum(lengths)
    assert padded > 0
    total = sum(part.tokens for part in parts)
    assert 6_000 <= total < 6_000 + mixture.MAX_TOKENS


def test_rows_of_a_part_are_similar_unless_the_part_is_small(tokenizer):
    parts = mixture.batch(tokenizer, 1, 4, 0.6, 20_000)
    assert len(parts) > 1
    padded = sum(len(part.ids) * len(part.ids[0]) for part in parts)
    assert padded < 1.25 * sum(part.tokens for part in parts)
    assert all(part.tokens >= mixture.LEAST_TOKENS for part in parts[:-1])


def test_no_held_out_sample_is_trained_on(tokenizer, monkeypatch):
    drawn, draw = [], corpora.draw
    monkeypatch.setattr(corpora, "draw", lambda task, rng, *split: drawn.append(draw(task, rng, *split)) or drawn[-1])
    mixture.batch(tokenizer, 1, 0, 0.5, 20_000)
    assert len(drawn) > 100 and not any(map(corpora.held_out, drawn))
