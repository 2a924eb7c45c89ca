"""The same job in one process, in two, and on a Ray cluster of two nodes: the same curve, also when a worker is killed."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from dataclasses import replace

import pytest

from phicookbook.finetune import POCKET, FinetuneSettings, chat_rows, write_jsonl
from phicookbook.finetune.job import Job, divided, read_events
from phicookbook.finetune.launch import launch, torchrun
from phicookbook.models import open_model
from phicookbook.settings import CookbookError

ROWS = chat_rows([(f"Is {i} good?", "positive" if i % 2 else "negative") for i in range(64)])
SMALL = dict(lora_r=4, num_train_epochs=3, learning_rate=1e-2, warmup_steps=0, logging_steps=1, save_steps=2)
TUNING = FinetuneSettings(**POCKET | SMALL)


@pytest.fixture(scope="module")
def job(tiny_folder, tmp_path_factory):
    """A job of twelve steps, run in this process."""
    folder = tmp_path_factory.mktemp("job")
    write_jsonl(folder / "train.jsonl", ROWS)
    made = Job(str(tiny_folder), str(folder / "train.jsonl"), str(folder / "one"), settings=TUNING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_THREADS", "1")
        launch(made)
    return made


def curve(job) -> dict[int, float]:
    """Loss by step as the events tell it; of a step that was done twice, the second time."""
    return {event["step"]: event["train_loss"] for event in read_events(job) if event["type"] == "train"}


def killer(job, step: int) -> list[int]:
    """Start a thread that kills the first worker with signal 9 once it has told a step; returns the pids it killed."""
    killed: list[int] = []

    def watch() -> None:
        while not killed:
            events = read_events(job)
            if any(event["step"] >= step for event in events if event["type"] == "train"):
                killed.append([event for event in events if event["type"] == "start"][-1]["pid"])
                os.kill(killed[0], signal.SIGKILL)
            time.sleep(0.05)

    threading.Thread(target=watch, daemon=True).start()
    return killed


def went_on(job, killed: list[int]) -> None:
    """The run was started twice, the second time from a checkpoint and not from the beginning, and is whole."""
    starts = [event for event in read_events(job) if event["type"] == "start"]
    assert killed and [event["pid"] == killed[0] for event in starts] == [True, False]
    assert starts[0]["step"] == 0 and starts[1]["step"] >= 2
    assert {event["processes"] for event in starts} == {2}
    assert list(curve(job)) == list(range(1, 13))


def test_two_processes_with_the_same_global_batch_have_the_same_curve_even_when_one_is_killed(job):
    two = replace(job, output=job.output + "-two", settings=divided(TUNING, 2))
    killed = killer(two, 5)
    assert torchrun(two, 2).is_dir()
    went_on(two, killed)
    assert curve(two) == pytest.approx(curve(job), rel=2e-3)
    told = [open_model(path).chat("Is 3 good?", max_new_tokens=6).text for path in (job.output, two.output)]
    assert told[0] == told[1]


def test_a_ray_cluster_of_two_nodes_goes_on_from_the_checkpoint_when_a_worker_is_killed(job, monkeypatch):
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    on_ray = replace(job, output=job.output + "-ray", settings=divided(TUNING, 2))
    monkeypatch.setenv("RAY_worker_niceness", "0")  # Ray gives its workers less of a busy machine than everyone else
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 80_000_000})
    try:
        cluster.add_node(num_cpus=1, object_store_memory=80_000_000)
        ray.init(address=cluster.address, log_to_driver=False)
        assert len([node for node in ray.nodes() if node["Alive"]]) == 2
        killed = killer(on_ray, 5)
        assert launch(on_ray, "ray", 2).is_dir()
    finally:
        ray.shutdown()
        cluster.shutdown()
    went_on(on_ray, killed)
    assert curve(on_ray) == pytest.approx(curve(job), rel=2e-3)


def test_a_run_that_cannot_work_is_told(job, tmp_path):
    (tmp_path / "bad.jsonl").write_text("[]")
    for place in ("local", "torchrun", "ray", "azureml"):  # before any process is started
        with pytest.raises(CookbookError, match="line 1"):
            launch(replace(job, training_data=str(tmp_path / "bad.jsonl")), place)
    with pytest.raises(CookbookError, match="the run of 2 processes failed"):
        torchrun(replace(job, training_data=str(tmp_path / "bad.jsonl")), 2, restarts=0)


def test_an_unknown_place_is_told(job):
    with pytest.raises(CookbookError, match="no place is called 'moon': choose one of local, torchrun, ray, azureml"):
        launch(job, "moon")


def test_a_batch_that_cannot_be_shared_is_told():
    assert divided(TUNING, 4).per_device_train_batch_size == 4
    with pytest.raises(CookbookError, match="16 cannot be shared by 3 processes: give a multiple of 3"):
        divided(TUNING, 3)


def test_events_are_json_lines_that_name_no_folder_of_this_machine(job):
    lines = job.events.read_text().splitlines()
    kinds = [json.loads(line)["type"] for line in lines]
    assert kinds[0] == "start" and kinds.count("checkpoint") == 3
    assert not any(job.output in line for line in lines)
