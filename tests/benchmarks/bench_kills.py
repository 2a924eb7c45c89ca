"""kill -9 at moments that a seed draws: of a job's process, of the server, of both, three times each over one job.

    python -m pytest tests/benchmarks/bench_kills.py -s

`tests/serverless/test_crash.py` kills at chosen moments; this looks for those that nobody thought of. Not part of `make test`:
it takes some minutes.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
from service_client import ROWS, connect, ended, jsonl, tune, upload

from phicookbook.serverless import start

KILLS, SEED = 9, 1


def workers(job_id: str) -> list[psutil.Process]:
    found = psutil.process_iter(["cmdline"])
    return [p for p in found if job_id in (p.info["cmdline"] or []) and "phicookbook.serverless.worker" in p.info["cmdline"]]


def kill(victims) -> None:
    for victim in victims:
        try:
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait()
        except (ProcessLookupError, psutil.NoSuchProcess):
            pass


def test_whenever_it_is_killed_the_job_succeeds_and_nothing_is_there_twice_or_half(tmp_path):
    rng, data = random.Random(SEED), tmp_path / "data"
    service = start(data)
    client = connect(service.url)
    job = tune(client, knobs={"n_epochs": 50}, validation_file=upload(client, ROWS[:4]).id)
    kept = upload(client)
    stood = []  # the steps at which a process was killed under a living server: three at one step fail the job, as they should
    for number in range(KILLS):
        time.sleep(rng.uniform(0, 9))
        what = ("worker", "server", "both")[number % 3]
        status = client.fine_tuning.jobs.retrieve(job.id)
        reached = [event.data["step"] for event in client.fine_tuning.jobs.list_events(job.id).data if event.type == "metrics"]
        step = max(reached, default=0)
        what = "both" if what == "worker" and stood[-2:] == [step] * 2 else what
        stood += [step] if what == "worker" else []
        print(f"kill {number + 1}: {what}, job {status.status}, step {step}", flush=True)
        assert status.status in ("validating_files", "queued", "running", "succeeded"), status.error
        if what != "server":
            kill(workers(job.id))
        if what != "worker":
            kill([service.process])
            service = start(data)
            client = connect(service.url)
        models = [model.id for model in client.models.list()]
        assert len(models) == len(set(models)) <= 1 + 3 + 1, "the base, the last three checkpoints, the model"
        assert client.files.content(kept.id).read() == jsonl(ROWS)
    try:
        done = ended(client, job.id)
        assert done.status == "succeeded", done.error
        points = [event.data for event in client.fine_tuning.jobs.list_events(job.id, limit=1000).data if event.type == "metrics"]
        steps = [point["step"] for point in points if "train_loss" in point]
        assert len(steps) == len(set(steps)) and max(steps) == 150
        assert sorted(point["step"] for point in points if "valid_loss" in point) == list(range(3, 151, 3))
        named = [model.id for model in client.models.list() if model.id.startswith(done.fine_tuned_model)]
        last = [c.fine_tuned_model_checkpoint for c in client.fine_tuning.jobs.checkpoints.list(job.id).data]
        assert len(last) == 3 and sorted(named) == sorted([done.fine_tuned_model, *last])
        for model in named:
            assert client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hi"}], max_tokens=2).choices
        assert {path.name for path in (data / "files").iterdir()} == {file.id for file in client.files.list()}
    finally:
        service.stop()
