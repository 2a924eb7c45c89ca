"""kill -9 of the worker, of the server, of the answering process: nothing is lost, no job is stuck, no model is half there."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys

import openai
import psutil
import pytest
from service_client import QUESTION, ROWS, connect, ended, jsonl, tune, until, upload

from phicookbook.serverless import start


@pytest.fixture
def data(tmp_path, quiet_environment):
    return tmp_path / "data"


def processes(service, module: str, job_id: str = "") -> list[psutil.Process]:
    """The service's processes that run a module; a worker outlives its server, so it is looked for everywhere."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if f"phicookbook.serverless.{module}" in words and (job_id in words if job_id else process.ppid() == service.process.pid):
            found.append(process)
    return found


def kill(*victims) -> None:
    for victim in victims:
        with contextlib.suppress(psutil.NoSuchProcess):
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait()


def metrics(client, job_id: str) -> list[dict]:
    events = client.fine_tuning.jobs.list_events(job_id, limit=500).data
    return [event.data for event in events if event.type == "metrics"][::-1]


def test_worker_and_server_killed_and_the_job_goes_on(data):
    """One job, killed three ways on its way: the worker, the server alone, both at once."""
    service = start(data)
    client = connect(service.url)
    knobs = {"n_epochs": 14}
    job = tune(client, knobs=knobs)
    kept = upload(client, name="kept.jsonl")
    until(lambda: client.fine_tuning.jobs.checkpoints.list(job.id).data, "a checkpoint")
    kill(*processes(service, "worker", job.id))
    assert client.fine_tuning.jobs.retrieve(job.id).status == "running"
    until(lambda: any("was lost" in e.message for e in client.fine_tuning.jobs.list_events(job.id).data), "another attempt")
    until(lambda: any("Going on from" in e.message for e in client.fine_tuning.jobs.list_events(job.id).data), "the checkpoint")

    reached = len(metrics(client, job.id))
    worker = processes(service, "worker", job.id)
    kill(service.process)
    assert worker and all(process.is_running() for process in worker), "a training process outlives its server"
    service = start(data)
    client = connect(service.url)
    assert client.fine_tuning.jobs.retrieve(job.id).status in ("running", "succeeded")
    assert len(metrics(client, job.id)) >= reached
    assert len(processes(service, "worker", job.id)) <= 1, "the process that lives on is left alone"

    kill(*processes(service, "worker", job.id), service.process)
    (data / "files" / "file-half.part").write_bytes(b"half")
    (data / "files" / "file-stray").write_bytes(b"stray")
    service = start(data)
    try:
        client = connect(service.url)
        done = ended(client, job.id)
        assert done.status == "succeeded", done.error
        points = metrics(client, job.id)
        steps = sorted(point["step"] for point in points if "train_loss" in point)
        told_at = set(range(4, 43, 4)) | set(range(3, 43, 3))  # each tenth of the way, and at the end of each epoch
        assert steps == sorted(told_at), "every point once, whatever was trained twice"
        assert client.files.content(kept.id).read() == jsonl(ROWS)
        assert {path.name for path in (data / "files").iterdir()} == {file.id for file in client.files.list()}
        assert sum(model.id == done.fine_tuned_model for model in client.models.list()) == 1
        assert client.chat.completions.create(model=done.fine_tuned_model, messages=QUESTION, max_tokens=3).choices

        kill(*processes(service, "serving.process"))
        answered = until(lambda: answer_or_none(client), "an answer after the answering process was killed")
        assert answered.choices
    finally:
        service.stop()


def answer_or_none(client):
    try:
        return client.chat.completions.create(model="pocket", messages=QUESTION, max_tokens=3)
    except openai.InternalServerError as error:
        assert error.status_code == 503 and error.code == "engine_lost"
        return None


def test_killed_between_training_and_telling(data):
    """The state after that kill: the model's folder is whole, and the database still says that the job runs."""
    from sqlmodel import select

    from phicookbook.serverless import jobs
    from phicookbook.serverless.store import Served, Store

    service = start(data)
    try:
        client = connect(service.url)
        job = ended(client, tune(client).id)
        points = metrics(client, job.id)
    finally:
        service.stop()
    store = Store(data)
    record = store.job_folder(job.id) / "model" / "run.json"
    trained_at = record.stat().st_mtime_ns
    with store.write() as session:
        row = jobs.in_session(session, job.id)
        row.status, row.finished_at, row.fine_tuned_model, row.result_files = "running", None, None, []
        session.add(row)
        session.delete(session.exec(select(Served).where(Served.id == job.fine_tuned_model)).one())
    service = start(data)
    try:
        client = connect(service.url)
        done = ended(client, job.id)
        assert done.status == "succeeded" and done.fine_tuned_model == job.fine_tuned_model
        assert metrics(client, job.id) == points and record.stat().st_mtime_ns == trained_at, "it was not trained again"
        assert client.chat.completions.create(model=done.fine_tuned_model, messages=QUESTION, max_tokens=3).choices
    finally:
        service.stop()


def test_a_server_killed_before_a_job_runs_takes_it_up(data):
    service = start(data)
    client = connect(service.url)
    made = [tune(client, b"{}").id for _ in range(3)]
    kill(service.process)
    service = start(data)
    try:
        assert [ended(connect(service.url), id).status for id in made] == ["failed"] * 3
    finally:
        service.stop()


def test_a_process_that_always_dies_fails_its_job(data):
    """The folder where the model would go is a file: training cannot work, and the job says so instead of trying for ever."""
    service = start(data)
    try:
        client = connect(service.url)
        first = tune(client, knobs={"n_epochs": 50})
        job = tune(client)
        folder = data / "jobs" / job.id
        (folder / "model.part").write_text("in the way")
        client.fine_tuning.jobs.cancel(first.id)
        done = ended(client, job.id)
        assert (done.status, done.error.code) == ("failed", "server_error")
        assert "ended 3 times without getting further" in done.error.message and "Its last words" in done.error.message
        assert done.fine_tuned_model is None
    finally:
        service.stop()


def test_one_folder_is_served_once_and_ctrl_c_ends_cleanly(data):
    service = start(data)
    try:
        words = [sys.executable, "-m", "phicookbook.cli", "serve", "--data", str(data), "--port", "0"]
        second = subprocess.run(words, capture_output=True, text=True, timeout=200)
        assert second.returncode != 0 and "is served already: stop that service" in second.stdout + second.stderr
    finally:
        service.process.send_signal(signal.SIGINT)
        service.process.wait(60)
    assert "Traceback" not in service.log.read_text()
    service.stop()


def test_it_ends_with_its_parent(data):
    service = start(data)
    pid = service.process.pid
    service.process.stdin.close()
    until(lambda: service.process.poll() is not None, f"the end of {pid}")


LIMITED = """
import resource, sys
from phicookbook import cli
most = 2_000_000
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="a limit on the size of files is POSIX's")
def test_a_full_disk_is_told_and_nothing_is_lost(data):
    """A limit on the size of a file stands in for a full disk: the system refuses the write in the same way.

    A file that is too large is refused, and a job whose checkpoints do not fit ends with the reason and leaves no half of one.
    """
    from phicookbook.serverless.server import Background

    class Limited(Background):
        def __init__(self):
            data.mkdir()
            self.log, self.port = data / "service.log", 0
            words = ["serve", "--data", str(data), "--port", "0", "--with-parent"]
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(
                [sys.executable, "-c", LIMITED, *words], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
            )
            self.url = self.process.stdout.readline().split(" on ")[1].split(",")[0]

    service = Limited()
    try:
        client = connect(service.url)
        small = until(lambda: try_upload(client), "the first upload")
        with pytest.raises(openai.APIStatusError, match="disk is full") as told:
            upload(client, b"x" * 3_000_000)
        assert (told.value.status_code, told.value.code) == (507, "disk_full")
        assert [file.id for file in client.files.list()] == [small.id]
        assert client.files.content(small.id).read() == jsonl(ROWS)
        assert not list((data / "files").glob("*.part"))
        done = ended(client, tune(client).id)
        assert (done.status, done.error.code) == ("failed", "disk_full") and done.error.message.startswith(
            "The service's disk is"
        )
        assert done.fine_tuned_model is None and [model.id for model in client.models.list()] == ["pocket"]
        assert not (data / "jobs" / done.id / "model.part").exists()
        assert ended(client, tune(client, b"{}").id).error.code == "invalid_training_file", "the next job has its turn"
    finally:
        service.stop()
        service.process.stdout.close()


def try_upload(client):
    with contextlib.suppress(openai.APIConnectionError):
        return upload(client)
    return None
