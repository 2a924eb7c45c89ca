"""Every grammar through the one door: tasks that draw, sides that never meet, draws that repeat in any process.

pytest tests/corpora/test_corpora.py
"""

from __future__ import annotations

import importlib
import os
import random
import subprocess
import sys
from types import SimpleNamespace

import pytest

from phicookbook import corpora
from phicookbook.corpora import Sample, conversation
from phicookbook.finetune.data import fault_of

# What one process draws, as one number: sets and dicts that are walked by hash would change it.
DRAWS = """
import random, zlib
from phicookbook import corpora
total = 0
for task in corpora.TASKS:
    rng = random.Random(f"{task}/7")
    for _ in range(60):
        total = zlib.crc32(repr(corpora.draw(task, rng)).encode(), total)
print(total)
"""


def texts(sample: Sample) -> str:
    return "\x00".join(message["content"] for message in sample.prompt)


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("task", corpora.TASKS)
def test_every_task_draws(task, split):
    rng = random.Random(f"{task} {split}")
    for sample in (corpora.draw(task, rng, split) for _ in range(25)):
        assert not fault_of(sample.messages) and corpora.held_out(sample) == (split == "test")
        assert sample.answer == sample.messages[-1]["content"] and sample.prompt == sample.messages[:-1]
        assert [m["role"] for m in sample.messages][-2:] == ["user", "assistant"]


@pytest.mark.parametrize("task", corpora.TASKS)
def test_splits_are_disjoint(task):
    found = {"train": set(), "test": set()}
    for seed in range(3):
        found["train"] |= {texts(sample) for sample in corpora.samples(task, 250, seed, "train")}
        found["test"] |= {texts(sample) for sample in corpora.samples(task, 40, seed, "test")}
    assert len(found["train"]) > 300 and len(found["test"]) > 40
    assert not found["train"] & found["test"]


@pytest.mark.parametrize("task", corpora.TASKS)
def test_one_prompt_in_forty_is_held_out(task):
    rng = random.Random(f"share {task}")
    module = importlib.import_module(f"phicookbook.corpora.{corpora.TASKS[task]}")
    share = sum(corpora.held_out(module.sample(rng)) for _ in range(4000)) / 4000
    assert abs(share - 1 / corpora.HELD_OUT_SHARE) < 0.013


def test_draws_are_the_same_in_every_process():
    command = [sys.executable, "-c", DRAWS]
    found = {
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1


def test_samples_are_different_and_repeat():
    first = corpora.samples("vitals", 80, seed=4)
    assert len({texts(sample) for sample in first}) == 80
    assert corpora.samples("vitals", 80, seed=4) == first != corpora.samples("vitals", 80, seed=5)
    assert corpora.samples("vitals", 30, seed=4) == first[:30]


def test_samples_of_a_kind():
    assert {sample.kind for sample in corpora.samples("arithmetic", 40, seed=1, kind="add3")} == {"add3"}


def test_samples_that_are_kept():
    found = corpora.samples("labels", 30, keep=lambda sample: sample.meta["shots"] >= 4)
    assert len(found) == 30 and min(sample.meta["shots"] for sample in found) >= 4


@pytest.mark.parametrize("call", [corpora.draw, lambda task, rng: corpora.samples(task, 3)])
def test_an_unknown_task_is_told(call):
    with pytest.raises(ValueError, match=r"unknown task 'poems': choose one of headlines, .*copying"):
        call("poems", random.Random(0))


def test_an_unknown_split_is_told():
    with pytest.raises(ValueError, match="unknown split 'dev': choose train or test"):
        corpora.draw("vitals", random.Random(0), "dev")


def test_a_grammar_that_runs_dry_is_told(monkeypatch):
    poor = SimpleNamespace(sample=lambda rng: Sample("poor", conversation(f"Say {rng.randint(1, 3)}.", "Yes."), "only"))
    monkeypatch.setitem(sys.modules, "phicookbook.corpora.poor", poor)
    monkeypatch.setitem(corpora.TASKS, "poor", "poor")
    assert len(corpora.samples("poor", 3, split="train")) == 3
    with pytest.raises(ValueError, match="'poor' has only 3 different train samples of kind 'only', 4 were asked for"):
        corpora.samples("poor", 4, split="train", kind="only")


def test_the_conversation_holds_a_system_message_when_one_is_given():
    assert [m["role"] for m in conversation("a", "b", "c")] == ["system", "user", "assistant"]
    assert conversation("a", "b") == [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
