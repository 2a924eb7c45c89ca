"""What a run tells and keeps: events with metrics, the last epochs' checkpoints as models, and a way on after kill -9."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from phicookbook.finetune import POCKET, FinetuneSettings, chat_rows, checkpoints, finetune
from phicookbook.models import open_model

ROWS = chat_rows([(f"Is {i} good?", "positive" if i % 2 else "negative") for i in range(32)])
SMALL = dict(lora_r=4, num_train_epochs=4, learning_rate=1e-2, warmup_steps=0, logging_steps=1, save_steps=1)
TUNING = FinetuneSettings(**POCKET | SMALL)


class Killed(Exception):
    """What stops a run in these tests."""


@pytest.fixture(scope="module")
def run(tiny_folder, tmp_path_factory):
    """A run of four epochs of two steps: (its folder, its events, the answers of each checkpoint when it was told)."""
    events, opened = [], []
    out = tmp_path_factory.mktemp("run") / "tuned"

    def on_event(event):
        events.append(event)
        if event["type"] == "checkpoint":
            opened.append(open_model(str(event["folder"])).chat("Is 3 good?", max_new_tokens=4).text)

    finetune(str(tiny_folder), ROWS, TUNING, out, progress=False, validation=ROWS[:8], on_event=on_event, keep_checkpoints=True)
    return out, events, opened


def test_every_step_is_told_with_its_metrics(run):
    trained = [event for event in run[1] if event["type"] == "train"]
    assert [event["step"] for event in trained] == list(range(1, 9))
    assert {event["steps"] for event in trained} == {8}
    assert trained[1]["epoch"] == 1 and trained[0]["epoch"] == 0.5
    assert all(0 <= event["train_mean_token_accuracy"] <= 1 and event["learning_rate"] >= 0 for event in trained)
    assert trained[-1]["train_loss"] < trained[0]["train_loss"]


def test_each_epoch_ends_with_the_figures_of_the_whole_validation_set(run, tiny_folder):
    valid = [event for event in run[1] if event["type"] == "validation"]
    assert [event["step"] for event in valid] == [2, 4, 6, 8]
    assert valid[-1]["valid_loss"] < valid[0]["valid_loss"]
    assert all(0 <= event["valid_mean_token_accuracy"] <= 1 for event in valid)


def test_three_checkpoints_stay_and_each_opened_when_it_was_told(run):
    out, events, opened = run
    told = [event for event in events if event["type"] == "checkpoint"]
    assert [event["step"] for event in told] == [2, 4, 6, 8] and len(opened) == 4
    kept = checkpoints.checkpoints_of(out)
    assert [path.name for path in kept] == ["step-4", "step-6", "step-8"]
    assert {path.name for path in checkpoints.folder_of(out).iterdir()} == {path.name for path in kept}
    assert checkpoints.metrics_of(kept[0])["valid_loss"] == pytest.approx(told[1]["valid_loss"])
    last, final = (open_model(str(folder)).chat("Is 3 good?", max_new_tokens=4).text for folder in (kept[-1], out))
    assert last == final
    files = {path.name for path in kept[0].iterdir()}
    assert {"adapter_model.safetensors", "adapter_config.json", "metrics.json"} <= files
    assert not {"optimizer.pt", "training_args.bin", "trainer_state.json", "README.md"} & files


def test_a_run_that_goes_on_tells_the_checkpoints_again_and_rewrites_none(tiny_folder, tmp_path):
    out = tmp_path / "tuned"

    def stop(event):
        if event["type"] == "train" and event["step"] == 5:
            raise Killed

    with pytest.raises(Killed):
        finetune(str(tiny_folder), ROWS, TUNING, out, progress=False, on_event=stop, keep_checkpoints=True)
    made = {path: path.stat().st_mtime_ns for path in checkpoints.folder_of(out).glob("*/adapter_model.safetensors")}
    heard = []
    finetune(str(tiny_folder), ROWS, TUNING, out, progress=False, on_event=heard.append, keep_checkpoints=True)
    assert [event["step"] for event in heard if event["type"] == "checkpoint"] == [2, 4, 6, 8]
    assert [event["step"] for event in heard if event["type"] == "train"][0] == 5
    assert all(path.stat().st_mtime_ns == when for path, when in made.items() if path.exists())


def test_a_run_that_was_killed_after_its_last_step_takes_no_further_one(tiny_folder, tmp_path):
    def stop(event):
        if event["type"] == "checkpoint" and event["step"] == 8:
            raise Killed

    with pytest.raises(Killed):
        finetune(str(tiny_folder), ROWS, TUNING, tmp_path / "out", progress=False, on_event=stop, keep_checkpoints=True)
    heard = []
    found = finetune(
        str(tiny_folder), ROWS, TUNING, tmp_path / "out", progress=False, on_event=heard.append, keep_checkpoints=True
    )
    assert found.steps == 8 and [step for step, _ in found.losses] == list(range(1, 9))
    assert [event["step"] for event in heard if event["type"] == "train"] == []


def test_a_checkpoint_that_was_never_finished_is_not_gone_on_from(tmp_path):
    for step, whole in ((2, True), (10, True), (12, False)):
        (tmp_path / f"checkpoint-{step}").mkdir()
        if whole:
            checkpoints.mark_whole(tmp_path / f"checkpoint-{step}")
    assert checkpoints.last_whole(tmp_path) == str(tmp_path / "checkpoint-10")
    assert not (tmp_path / "checkpoint-12").exists()
    assert checkpoints.last_whole(tmp_path / "none") is None


def test_a_run_starts_anew_when_it_is_not_to_go_on(tiny_folder, tmp_path):
    def stop(step, steps, loss):
        if step == 3:
            raise Killed

    afresh = replace(TUNING, resume_from_checkpoint=False)
    with pytest.raises(Killed):
        finetune(str(tiny_folder), ROWS, afresh, tmp_path / "out", stop, progress=False)
    heard = []
    finetune(str(tiny_folder), ROWS, afresh, tmp_path / "out", lambda step, *_: heard.append(step), progress=False)
    assert heard[0] == 1


WORK = """
import sys, json, time
from pathlib import Path
from phicookbook.finetune import FinetuneSettings, finetune
base, rows, settings, out = json.loads(sys.argv[1])
def on_event(event):
    print(event["type"], event["step"], flush=True)
    time.sleep(0.05)
finetune(base, rows, FinetuneSettings(**settings), Path(out), progress=False, on_event=on_event, keep_checkpoints=True)
"""


def test_kill_9_at_any_step_loses_no_more_than_a_checkpoint(tiny_folder, tmp_path):
    """A process is killed twice, at steps that a real clock chooses; the third one finishes."""
    words = json.dumps([str(tiny_folder), ROWS, TUNING.to_dict(), str(tmp_path / "out")])
    for wanted in ("train 3", "checkpoint 4"):
        work = subprocess.Popen([sys.executable, "-c", WORK, words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in work.stdout:
            if line.strip() == wanted:
                break
        time.sleep(0.02)
        os.kill(work.pid, signal.SIGKILL)
        work.wait()
        assert not (tmp_path / "out").exists()
    done = subprocess.run([sys.executable, "-c", WORK, words], capture_output=True, text=True)
    steps = [int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("train")]
    assert done.returncode == 0 and steps[-1] == 8 and steps[0] >= 3, done.stderr
    assert (tmp_path / "out" / "adapter_config.json").exists()
    assert [path.name for path in checkpoints.checkpoints_of(tmp_path / "out")] == ["step-4", "step-6", "step-8"]
