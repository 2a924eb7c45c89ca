"""Moves jobs forward: files are checked, the oldest waiting job gets a process, a process that died gets another attempt.

    supervisor = Supervisor(store, at_once=1)
    supervisor.start()

All that it knows stands in the database and in locks that the operating system lets go of, so it may be killed too: the
next one finds the jobs that were running, leaves alone those whose process lives on, and starts the others again.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading

from filelock import FileLock, Timeout
from sqlmodel import select

from phicookbook import settings
from phicookbook.serverless import automatic, jobs, validation
from phicookbook.serverless.store import Job, Store
from phicookbook.serverless.worker import LOCK
from phicookbook.settings import CookbookError

TICK_SECONDS = 0.2
MOST_FAILURES = 3
log = logging.getLogger("phicookbook.serverless")


class Supervisor:
    """One thread that looks at all jobs five times a second."""

    def __init__(self, store: Store, at_once: int = 1):
        self.store, self.at_once = store, at_once
        self.processes: dict[str, tuple[int, subprocess.Popen]] = {}
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._work, name="supervisor", daemon=True)

    def start(self) -> None:
        """Begin; jobs that were running when the service ended go on."""
        self.thread.start()

    def stop(self) -> None:
        """End the thread and the processes; their jobs stay as they are and go on at the next start."""
        self.ended.set()
        self.thread.join()
        for _, process in self.processes.values():
            _end(process)

    def _work(self) -> None:
        while not self.ended.wait(TICK_SECONDS):
            try:
                self.tick()
            except Exception:  # a full disk or a busy database: look again at the next tick
                log.exception("the supervisor could not do its work")

    def tick(self) -> None:
        """One look at everything that has not ended."""
        with self.store.read() as session:
            waiting = session.exec(select(Job).where(Job.status.in_(("validating_files", "queued", "running")))).all()
        running = {job.id: job for job in waiting if job.status == "running"}
        for job_id, (attempt, process) in list(self.processes.items()):
            if job_id not in running or running[job_id].attempt != attempt:
                _end(process)
                del self.processes[job_id]
        for job in running.values():
            self._watch(job)
        for job in sorted((j for j in waiting if j.status == "validating_files"), key=lambda j: j.seq)[:1]:
            self._validate(job)
        free = self.at_once - len(running)
        for job in sorted((j for j in waiting if j.status == "queued"), key=lambda j: j.seq)[: max(0, free)]:
            self._begin(job, "Fine-tuning job started" if job.last_step == 0 else "Fine-tuning job goes on")

    def _validate(self, job: Job) -> None:
        """Check a job's files; then it waits for a processor, or has failed with every bad line told."""
        folder, param, rows, fault = self.store.job_folder(job.id), "training_file", 0, ""
        try:
            rows = validation.check(folder / jobs.FILES[param], job.method)
            if job.validation_file:
                param = "validation_file"
                validation.check(folder / jobs.FILES[param], job.method, least=1)
        except CookbookError as error:
            fault = str(error)
        except OSError as error:
            fault = f"The file cannot be read ({error.strerror}): upload it again and start another job."
        with self.store.write() as session:
            job = jobs.in_session(session, job.id)
            if job.status != "validating_files":
                return
            if fault:
                jobs.fail(self.store, session, job, fault, f"invalid_{param}", param)
                return
            job.status, job.rows = "queued", rows
            job.hyperparameters = automatic.choose(job.hyperparameters, rows, job.method)
            session.add(job)
            self.store.tell(session, job.id, "Files validated, moving job to queued state")

    def _watch(self, job: Job) -> None:
        """Give a running job another attempt when its process is gone."""
        mine = self.processes.get(job.id)
        if mine and mine[1].poll() is None:
            return
        if mine:
            del self.processes[job.id]
            if job.failures + 1 >= MOST_FAILURES:
                with self.store.write() as session:
                    job = jobs.in_session(session, job.id)
                    told = f"The job's process ended {MOST_FAILURES} times without getting further. {self._last_words(job)}"
                    if job.status == "running":
                        jobs.fail(self.store, session, job, told, "server_error")
                return
        elif self._lives(job):
            return
        self._begin(job, "The job's process was lost: going on", lost=mine is not None)

    def _lives(self, job: Job) -> bool:
        """Whether a process of an earlier service still trains this job."""
        try:
            with FileLock(self.store.job_folder(job.id) / LOCK, timeout=0):
                return False
        except Timeout:
            return True

    def _begin(self, job: Job, message: str, lost: bool = False) -> None:
        with self.store.write() as session:
            now = jobs.in_session(session, job.id)
            if (now.status, now.attempt) != (job.status, job.attempt):
                return
            now.status, now.attempt = "running", now.attempt + 1
            now.failures += lost
            session.add(now)
            self.store.tell(session, job.id, message, "warn" if job.status == "running" else "info")
        words = [sys.executable, "-m", "phicookbook.serverless.worker", str(self.store.folder), job.id, str(now.attempt)]
        with (self.store.job_folder(job.id) / "worker.log").open("ab") as out:
            process = subprocess.Popen(  # a session of its own: Ctrl-C in the server's terminal is for the server
                words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, env=settings.without_keys()
            )
        self.processes[job.id] = (now.attempt, process)

    def _last_words(self, job: Job) -> str:
        """The last line of a job's log, which is where Python says what went wrong."""
        path = self.store.job_folder(job.id) / "worker.log"
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n") if path.exists() else []
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"Its last words: {last[:300]}" if last else "It left no words: it may have been killed for its memory."


def _end(process: subprocess.Popen) -> None:
    """End a training process; it may be killed at any time, so there is nothing to wait for."""
    process.kill()
    process.wait()
