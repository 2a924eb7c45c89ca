"""Evaluation in batches against one question at a time: at least five times the tokens a second, in one run on one machine.

    python -m pytest tests/benchmarks/bench_evaluate.py -s

Not part of `make test`: a time means something on a machine that does nothing else.
"""

import time

from phicookbook.models import open_model
from phicookbook.reasoning import items
from phicookbook.reasoning.evaluate import evaluate, protocol_for

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
