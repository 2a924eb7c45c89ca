"""Evaluation in batches: at least five times the tokens a second of one question at a time, and no fewer than lm_eval's own
backend for Hugging Face models, in one run on one machine.

    python -m pip install lm_eval   # for the second; it is not in the lock
    python -m pytest tests/benchmarks/bench_evaluate.py -s

Not part of `make test`: a time means something on a machine that does nothing else.
"""

import time

import pytest

from phicookbook.chat import as_messages
from phicookbook.models import open_model
from phicookbook.reasoning import extract, items
from phicookbook.reasoning.evaluate import BATCH, evaluate, protocol_for

BAR = 5.0  # times


def test_batches_are_five_times_as_fast_as_single_questions(tmp_path):
    model, protocol = open_model("pocket"), protocol_for("pocket")
    chosen = items("arithmetic", 192, seed=1, level=2)
    model.chat(chosen[0].prompt, protocol.system, max_new_tokens=8)  # the first call loads what both need
    started = time.process_time()
    alone = [model.chat(item.prompt, protocol.system, max_new_tokens=protocol.budget) for item in chosen[::8]]
    single = sum(reply.tokens for reply in alone) / (time.process_time() - started)
    started = time.process_time()
    records = evaluate(model, chosen, tmp_path / "run.jsonl", protocol, progress="")
    batched = sum(row["tokens"] for row in records) / (time.process_time() - started)
    assert [row["text"] for row in records[::8]] == [reply.text for reply in alone]
    print(f"\none at a time {single:.0f}, in batches {batched:.0f} tokens per CPU second: {batched / single:.1f} times")
    assert batched >= BAR * single


def test_batches_are_as_fast_as_lm_evals_backend(tmp_path):
    pytest.importorskip("lm_eval", reason="lm_eval is not installed: python -m pip install lm_eval")
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    model, protocol = open_model("pocket"), protocol_for("pocket")
    chosen = items("arithmetic", 192, seed=1, level=2)
    asked = [
        model.tokenizer.apply_chat_template(as_messages(item.prompt, protocol.system), tokenize=False, add_generation_prompt=True)
        for item in chosen
    ]
    theirs = HFLM(pretrained=model.model, tokenizer=model.tokenizer, batch_size=BATCH, device="cpu")
    settings = {"until": ["<|end|>"], "max_gen_toks": protocol.budget, "do_sample": False}
    requests = [Instance("generate_until", {}, (prompt, dict(settings)), n) for n, prompt in enumerate(asked)]
    seconds = {"ours": [], "lm_eval": []}
    for turn in range(2):
        started = time.process_time()
        records = evaluate(model, chosen, tmp_path / f"run-{turn}.jsonl", protocol, progress="")
        seconds["ours"].append(time.process_time() - started)
        started = time.process_time()
        found = theirs.generate_until(requests, disable_tqdm=True)
        seconds["lm_eval"].append(time.process_time() - started)
    same = sum(row["answer"] == extract.flexible(text, "number") for row, text in zip(records, found, strict=True))
    tokens = sum(row["tokens"] for row in records)
    ours, other = (tokens / min(each) for each in seconds.values())
    print(f"\nours {ours:.0f}, lm_eval {other:.0f} tokens per CPU second: {ours / other:.2f} times")
    print(f"{same} of {len(chosen)} answers alike")
    assert same >= 0.98 * len(chosen)
    assert ours >= other
