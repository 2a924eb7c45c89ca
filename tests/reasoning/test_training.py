"""Curation, rewards and the training of a reasoning model, with tiny budgets.

pytest tests/reasoning/test_training.py
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict, replace

import pytest
import stub_endpoint
from hypothesis import given
from hypothesis import strategies as st

from phicookbook.chat import Reply
from phicookbook.cli import main
from phicookbook.cli.reasoning import fine_tune
from phicookbook.models import checksums, open_model
from phicookbook.reasoning import canonical, curate, items, rewards, score, sft
from phicookbook.reasoning.evaluate import BATCH_OVER_NETWORK
from phicookbook.reasoning.extract import flexible
from phicookbook.reasoning.package import command, finish
from phicookbook.reasoning.reinforce import Reinforcement, reinforce, rewards_of
from phicookbook.reasoning.tasks.sat import make
from phicookbook.reasoning.training import Plan, pooled, rows_for, table, tests, train
from phicookbook.settings import CookbookError

SUMS = items("arithmetic", 12, seed=1, level=1, split="train")
TINY = Reinforcement(steps=1, prompts=1, group=2, budget=8, save_steps=1)
GOOD = "<think>\n1 + 1 = 2\n</think>\n2"


def test_the_accuracy_reward_is_trls_cosine_beyond_the_free_part():
    from trl.rewards import get_cosine_scaled_reward

    assert [rewards.accuracy(True, share) for share in (0, rewards.FREE, 1)] == pytest.approx([1, 1, 0.5])
    assert [rewards.accuracy(False, share) for share in (0, rewards.BRAVE, 1)] == pytest.approx([-1, -0.5, -0.5])
    cosine = get_cosine_scaled_reward(max_len=1_000)
    for tokens in range(0, 1_001, 100):
        given = {"completions": [[{"content": "\\boxed{1}"}]], "completion_ids": [[0] * tokens]}
        right, wrong = (cosine(solution=[f"\\boxed{{{n}}}"], **given)[0] for n in (1, 2))
        assert rewards.accuracy(True, rewards.FREE + (1 - rewards.FREE) * tokens / 1_000) == pytest.approx(right)
        assert rewards.accuracy(False, rewards.BRAVE * tokens / 1_000) == pytest.approx(wrong)


@given(st.lists(st.sampled_from("abc"), max_size=30))
def test_repetition_is_trls(words):
    from trl.rewards import get_repetition_penalty_reward

    theirs = get_repetition_penalty_reward(5, -1.0)(completion_ids=[[ord(w) for w in words]])[0]
    assert rewards.repetition(" ".join(words)) == pytest.approx(theirs)


@pytest.mark.parametrize(
    "text, formed",
    [(GOOD, True), ("2", False), ("<think>\n2", False), ("<think>a</think>", False), ("x <think>a</think>2", False),
     ("<think>a<think>b</think>2", False), ("<think>a</think>2<think>", False)],
)  # fmt: skip
def test_well_formed(text, formed):
    assert rewards.well_formed(text) is formed


def test_the_reward_of_a_reply():
    item = json.dumps(SUMS[0].to_dict())
    right = f"<think>\nsum\n</think>\n{SUMS[0].answer}"
    replies = [(right, 10), (right, 100), ("<think>\nsum\n</think>\n-1", 50), (SUMS[0].answer, 3)]
    found = rewards_of(100)([[{"content": text}] for text, _ in replies], [[0] * n for _, n in replies], [item] * 4)
    assert found == pytest.approx([8 / 13, -4 / 13, -4 / 13, -8 / 13])


def test_teachable_prompts_lie_at_the_edge():
    records = [{"item": item.id, "repeat": r, "correct": r < n % 5} for n, item in enumerate(SUMS) for r in range(4)]
    rates = curate.pass_rates(records)
    assert {rates[item.id] for item in curate.teachable(SUMS, rates)} == {0.25, 0.5, 0.75}
    assert curate.teachable(SUMS, {}) == []


def test_the_quality_filter(tiny):
    ask = {"role": "user", "content": "What is 1 + 1?"}
    texts = [
        GOOD,
        GOOD,
        "2",
        "<think>\n1 + 1",
        "<think>a</think> \n",
        "<think>a</think>" + "la " * 40,
        "<think>" + "1 " * 500 + "</think>2",
    ]
    rows = [
        {"messages": [{**ask, "content": ask["content"] + " " * (n > 1) * n}, {"role": "assistant", "content": t}]}
        for n, t in enumerate(texts)
    ]
    rows[1]["messages"][0] = rows[0]["messages"][0]
    assert curate.good(rows, tiny.tokenizer, 200) == [rows[1]] or curate.good(rows, tiny.tokenizer, 200) == [rows[0]]


def test_a_mixture_has_its_shares():
    rows = {"a": [{"d": "a", "n": n} for n in range(10)], "b": [{"d": "b", "n": n} for n in range(3)]}
    found = curate.mixture(rows, {"a": 3, "b": 1}, 20, seed=2)
    assert sum(row["d"] == "a" for row in found) == 15 and found == curate.mixture(rows, {"a": 3, "b": 1}, 20, seed=2)
    for shares in ({"c": 1}, {}, {"a": -1, "b": 3}, {"a": 0}):
        with pytest.raises(ValueError, match="shares need domains"):
            curate.mixture(rows, shares, 5)


def test_rows_are_even_over_their_turns():
    rows = sft.taught(items("sat", 120, seed=1, level=4, split="train"))
    found = curate.by_turns(rows, 40)
    turns = [min(4, row["messages"][-1]["content"].count("\nchange")) for row in found]
    assert len(found) == 40 and found == curate.by_turns(rows, 40)
    assert max(map(turns.count, range(5))) - min(map(turns.count, range(4))) <= 4
    assert len(curate.by_turns(rows, 10_000)) == len(rows)


def test_rows_of_a_program_and_of_a_model():
    rows = sft.taught(SUMS)
    assert len(rows) == 12 and all(rewards.well_formed(row["messages"][-1]["content"]) for row in rows)
    assert [sft.without_steps(row)["messages"][-1]["content"] for row in rows] == [item.answer for item in SUMS]

    class Teacher:
        def chat_many(self, prompts, system, **generation):
            texts = [f"<think>\nhm\n</think>\n{item.answer if n % 2 else '-1'}" for n, item in enumerate(SUMS)]
            return [Reply.from_text(text, finished=n != 1) for n, text in enumerate(texts)]

    assert [r["messages"][1]["content"] for r in sft.taught_by(Teacher(), SUMS)] == [item.prompt for item in SUMS[3::2]]


def test_a_model_s_right_answer_is_kept_as_it_is_and_its_form_was_asked_for():
    puzzle = make([[1, 2, 3]], 3)
    other = "a false, b false, c true"
    asked = []

    class Teacher:
        def chat_many(self, prompts, system, **generation):
            asked.extend(prompts)
            return [Reply.from_text(f"<think>\ntry {other}\n</think>\n{other}")]

    (row,) = sft.taught_by(Teacher(), [puzzle])
    assert puzzle.answer != other and row["messages"][-1]["content"].endswith(f"</think>\n{other}")
    assert asked == [f"{puzzle.prompt}\n\n{puzzle.form}"] and row["messages"][1]["content"] == puzzle.prompt


def test_a_hasty_teacher_answers_a_try_that_failed():
    puzzles = items("sat", 60, seed=1, level=4, split="train")
    rows = sft.taught(puzzles)
    cut = sft.hasty(rows, patience=0.0)
    for item, before, after in zip(puzzles, rows, cut, strict=True):
        replies = [row["messages"][-1]["content"] for row in (before, after)]
        turned = "\nchange " in replies[0]
        assert turned == (not score(item, flexible(replies[1], item.shape)).correct) or "no try is left" in replies[0]
        assert turned or replies[0] == replies[1]
        assert rewards.well_formed(replies[1]) and "\nchange " not in replies[1]
    assert sft.hasty(rows, patience=1.0) == rows
    assert sft.hasty(rows, 0.5, seed=3) == sft.hasty(rows, 0.5, seed=3) not in (rows, cut)


def test_pocket_knows_the_steps_of_sums_and_not_of_clauses():
    model = open_model("pocket")
    right, total = sft.step_accuracy(model, sft.taught(SUMS))
    assert right / total > 0.9
    right, total = sft.step_accuracy(model, sft.taught(items("sat", 4, level=3, split="train")))
    assert right / total < 0.5


def test_reinforcement_runs_keeps_a_log_and_resumes(tiny_folder, tmp_path):
    log = reinforce(str(tiny_folder), SUMS, tmp_path / "out", TINY, progress=False)
    assert [entry["step"] for entry in log] == [1] and {"reward", "frac_reward_zero_std", "entropy"} <= set(log[0])
    assert (tmp_path / "out" / "model.safetensors").exists() and not (tmp_path / "out.part").exists()


KILLED = """
import os, signal
from pathlib import Path
from transformers.trainer_callback import TrainerState
from phicookbook.reasoning import items
from phicookbook.reasoning.reinforce import Reinforcement, reinforce

whole = TrainerState.save_to_json

def save(self, path):
    whole(self, path)
    if self.global_step == 3:  # dies while it writes its third checkpoint
        Path(path).write_text(Path(path).read_text()[:99])
        os.kill(os.getpid(), signal.SIGKILL)

TrainerState.save_to_json = save
reinforce({base!r}, items("arithmetic", 12, seed=1, level=1, split="train"), Path({out!r}), Reinforcement(**{setting!r}), False)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_reinforcement_killed_while_it_saves_ends_as_if_it_had_not_been(tiny_folder, tmp_path):
    setting = replace(TINY, steps=4, prompts=2, learning_rate=1e-3, temperature=2.0)
    script = KILLED.format(base=str(tiny_folder), out=str(tmp_path / "out"), setting=asdict(setting))
    assert subprocess.run([sys.executable, "-c", script], capture_output=True).returncode == -signal.SIGKILL
    assert sorted(path.name for path in (tmp_path / "out.part").glob("checkpoint-*")) == ["checkpoint-2", "checkpoint-3"]
    logs = [reinforce(str(tiny_folder), SUMS, tmp_path / name, setting, progress=False) for name in ("out", "whole")]
    assert [entry["step"] for entry in logs[0]] == [1, 2, 3, 4]
    assert logs[0] == logs[1]
    weights = [load((tmp_path / name / "model.safetensors").read_bytes()) for name in ("out", "whole")]
    assert weights[0] == weights[1] != load((tiny_folder / "model.safetensors").read_bytes())


def test_other_weights_of_the_same_base_begin_anew(tiny_folder, tmp_path, monkeypatch):
    from safetensors.torch import load_file, save_file

    from phicookbook.reasoning import reinforce as room

    def stopped(*arguments):
        raise KeyboardInterrupt

    base = shutil.copytree(tiny_folder, tmp_path / "base")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(room, "_trainer", stopped)
        reinforce(str(base), SUMS, tmp_path / "out", TINY, progress=False)
    trace = tmp_path / "out.part" / "trace"
    for changed in (False, True):
        trace.touch()
        if changed:
            weights = load_file(base / "model.safetensors")
            save_file({name: tensor + 1 for name, tensor in weights.items()}, base / "model.safetensors", {"format": "pt"})
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(room, "_trainer", stopped)
            reinforce(str(base), SUMS, tmp_path / "out", TINY, progress=False)
        assert trace.exists() is not changed


def load(data: bytes) -> dict:
    from safetensors.torch import load

    return {name: tensor.tolist() for name, tensor in load(data).items()}


def test_a_reinforcement_killed_after_its_last_step_takes_no_further_one(tiny_folder, tmp_path, monkeypatch):
    from phicookbook.reasoning import reinforce as room

    def killed(*paths):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(room.os, "replace", killed)
        reinforce(str(tiny_folder), SUMS, tmp_path / "out", TINY, progress=False)
    saved = (tmp_path / "out.part" / "checkpoint-1" / "model.safetensors").read_bytes()
    log = reinforce(str(tiny_folder), SUMS, tmp_path / "out", TINY, progress=False)
    assert [entry["step"] for entry in log] == [1]
    assert load(saved) == load((tmp_path / "out" / "model.safetensors").read_bytes())


@pytest.fixture
def plan():
    return Plan(
        base="pocket", domains=(("arithmetic", 1, "sums", 1.0),), rows=8, most_tokens=200, batch=4, pool=4, pool_repeats=2,
        reinforcement=TINY, test=4,
    )  # fmt: skip


def test_a_whole_run_writes_its_stages_and_goes_on_after_a_stop(plan, tmp_path, monkeypatch):
    from phicookbook.reasoning import training

    def stop(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training, "reinforce", stop)
        train(plan, tmp_path, fine_tune, progress=False)
    made = (tmp_path / "pocket-reasoning" / "model.safetensors").stat().st_mtime_ns
    result = train(plan, tmp_path, fine_tune, progress=False)
    assert (tmp_path / "pocket-reasoning" / "model.safetensors").stat().st_mtime_ns == made
    assert list(result["stages"]["arithmetic:1:sums at 0"]) == ["base", "pocket-reasoning", "pocket-reasoning-plus"]
    assert json.loads((tmp_path / "training.json").read_text())["reinforcement"] == result["reinforcement"]
    assert "single steps" in table(result)
    for folder in finish(tmp_path):
        checksums.verify(folder)
        card = (folder / "README.md").read_text()
        assert command(result["plan"]) in card and "not a Microsoft model" in card and "{" not in card
        assert (folder / "curve.png").read_bytes()[:4] == b"\x89PNG" and open_model(str(folder)).name
    with pytest.raises(CookbookError, match="another plan"):
        train(replace(plan, rows=9), tmp_path, fine_tune, progress=False)


def test_the_command_trains_without_reinforcement_on_a_model_s_traces(tmp_path, capsys):
    run = ["reasoning", "train", "arithmetic:1:sums=2", "--rows", "8", "--rl-steps", "0", "--test", "2", "--out", str(tmp_path)]
    assert main([*run, "--teacher", "pocket"]) == 0
    out = capsys.readouterr().out
    assert "arithmetic:1:sums at 0.8" in out and "pocket-reasoning" in out and (tmp_path / "training.json").exists()
    assert re.search(r"[4-8] of 8 traces of arithmetic:1:sums are right and whole", out)
    card = (tmp_path / "model" / "pocket-reasoning" / "README.md").read_text()
    assert "--teacher pocket" in card and "| teacher | `pocket`, whose right answers alone" in card


def answering(known: dict[str, str]):
    """A way for the stub to answer: it thinks, and is right when the right answer is even."""
    whole = stub_endpoint.Handler.whole

    def told(self, asked):
        answer = known[asked["messages"][-1]["content"].partition("\n\n")[0]]
        reply = whole(self, asked)
        reply["choices"][0]["message"]["content"] = f"<think>\nhm\n</think>\nAnswer: {answer if int(answer) % 2 == 0 else -1}"
        return reply

    return told


def test_an_endpoint_s_right_traces_are_the_rows_and_what_it_answered_is_not_asked_again(tiny, plan, tmp_path, monkeypatch):
    pool = items("arithmetic", 24, plan.seed, 1, "sums", "train")
    monkeypatch.setattr(stub_endpoint.Handler, "whole", answering({item.prompt: item.answer for item in pool}))
    with stub_endpoint.serving() as stub:
        teacher = open_model(stub.name)
        stub.script = [None] * BATCH_OVER_NETWORK + [500] * 100
        with pytest.raises(CookbookError, match="failed .500."):
            rows_for(replace(plan, teacher=stub.name, rows=24), tiny.tokenizer, tmp_path, teacher)
        stub.script, before = [], len(stub.seen)
        rows = rows_for(replace(plan, teacher=stub.name, rows=24), tiny.tokenizer, tmp_path, teacher)
        assert len({str(one["messages"]) for one in stub.seen[before:]}) == 24 - BATCH_OVER_NETWORK
    right = {item.prompt for item in pool if int(item.answer) % 2 == 0}
    assert {row["messages"][-2]["content"] for row in rows} == right and len(rows) == 24
    assert all("<think>\nhm\n</think>" in row["messages"][-1]["content"] for row in rows)


@pytest.mark.parametrize(
    "options, told",
    [(["--teacher", "pockett"], "no model is called 'pockett'. Did you mean 'pocket'"),
     (["--teacher", "https://me:secret@host/v1#phi"], "leave keys out of the address of host"),
     (["--teacher", "http://host/v1"], "is no endpoint"),
     (["--teacher", "pocket", "--patience", "0.5"], "patience is a habit of the tasks' own programs"),
     (["--pool", "8"], "a step of reinforcement takes 16 prompts, and the pool has 8"),
     (["--teacher", "pocket", "--rows", "4"], "no trace of sat:4:light of pocket that is right and thinks fits 448 tokens")],
)  # fmt: skip
def test_what_cannot_teach_is_refused(options, told, tmp_path, capsys):
    assert main(["reasoning", "train", *options, "--test", "2", "--out", str(tmp_path / "run")]) == 2
    assert told in capsys.readouterr().err
    assert "secret" not in "".join(path.read_text() for path in tmp_path.rglob("*.json*"))


def test_no_row_and_no_prompt_of_a_run_is_a_test_item_in_another_order(plan, tiny, tmp_path):
    plan = replace(plan, domains=(("countdown", 3, "small", 1.0),), rows=200, most_tokens=4_000, pool=200, test=200)
    asked = {canonical(item) for item in tests(plan)}
    drawn = items("countdown", 608, plan.seed, 3, "small", "train")
    assert any(canonical(item) in asked for item in drawn)  # the hash of the text lets them through
    asks = {item.prompt for item in drawn if canonical(item) in asked}
    assert not asks & {row["messages"][-2]["content"] for row in rows_for(plan, tiny.tokenizer, tmp_path)}
    (pool,) = pooled(plan, 200, plan.seed + 1, "train").values()
    assert len(pool) == 200 and not any(canonical(item) in asked for item in pool)


@pytest.mark.parametrize(
    "domain, told", [("satt:4", "did you mean 'sat'"), ("sat:x", "is no domain"), ("sat:4:light=much", "is no domain")]
)
def test_the_command_tells_a_bad_domain(domain, told, tmp_path, capsys):
    assert main(["reasoning", "train", domain, "--out", str(tmp_path)]) == 2
    assert told in capsys.readouterr().err
