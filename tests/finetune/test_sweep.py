"""A sweep: every trial trained, scored and tracked, in processes of their own, in the order they were given, as many at once
as is asked for."""

from __future__ import annotations

import threading
import time

import pytest

from phicookbook.finetune import POCKET, FinetuneSettings, registry
from phicookbook.finetune.sweep import Trial, at_a_time, folder_of, sweep
from phicookbook.models.artifacts import lock_of

PATIENCE = 600  # seconds: a machine that does other work too must not fail a test
SMALL = FinetuneSettings(
    **POCKET | dict(max_steps=1, lora_r=2, per_device_train_batch_size=4, max_seq_length=-1, logging_steps=1)
)
TRIALS = [Trial("one", 4, SMALL), Trial("two", 8, SMALL)]


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Two threads, and no tracking server of the caller's shell."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("PHI_THREADS", "2")


def tracked() -> list:
    """The runs of the sweep, in the order in which they began."""
    asked = registry.client()
    found = asked.get_experiment_by_name("sweep")
    return sorted(asked.search_runs([found.experiment_id]), key=lambda run: run.info.start_time) if found else []


class Gate(threading.Thread):
    """Lets no trial train until all have begun: each has to wait for the lock of the folder that it writes to."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.closed, self.most = folder, threading.Event(), 0

    def run(self):
        locks = [lock_of(folder_of(self.folder, trial)) for trial in TRIALS]
        for lock in locks:
            lock.acquire()
        self.closed.set()
        ends = time.monotonic() + PATIENCE
        while self.most < len(TRIALS) and time.monotonic() < ends:
            self.most = max(self.most, sum(run.info.status == "RUNNING" for run in tracked()))
            time.sleep(0.2)
        for lock in locks:
            lock.release()


def test_two_at_once_run_side_by_side_scored_and_tracked(tiny_folder, tmp_path):
    (tmp_path / "sweep").mkdir()
    gate = Gate(tmp_path / "sweep")
    gate.start()
    gate.closed.wait(PATIENCE)
    found = sweep(TRIALS, tmp_path / "sweep", str(tiny_folder), probe=5, at_once=2)
    assert gate.most == 2, "the second trial began only when the first had ended"
    first, second = tracked()
    assert second.info.start_time < first.info.end_time
    assert [(o.trial.name, o.trial.rows, o.score.n, o.exact.n) for o in found] == [("one", 4, 5, 5), ("two", 8, 5, 5)]
    assert all(outcome.loss > 0 and outcome.trained_tokens > 0 for outcome in found)
    assert {run.info.run_name: run.data.params["rows"] for run in (first, second)} == {"one": "4", "two": "8"}
    assert {run.data.metrics["accuracy"] for run in (first, second)} == {outcome.score.value for outcome in found}


def test_one_at_a_time_runs_one_after_the_other(tiny_folder, tmp_path):
    sweep(TRIALS, tmp_path / "sweep", str(tiny_folder), probe=5, at_once=1)
    first, second = tracked()
    assert first.info.end_time <= second.info.start_time


def test_as_many_at_once_as_there_are_threads_and_no_more_than_there_are_trials(monkeypatch):
    assert [at_a_time(9), at_a_time(1), at_a_time(9, 4), at_a_time(3, 4)] == [2, 1, 4, 3]
    monkeypatch.setenv("PHI_THREADS", "1")
    assert at_a_time(9) == 1
