"""One process for one job: it trains through the project's one entry point and writes down what happens as it happens.

    python -m phicookbook.serverless.worker DATA_FOLDER JOB_ID ATTEMPT

It may be killed at any moment. The operating system then lets go of its lock, the supervisor starts the next attempt, and
training goes on from the last checkpoint. A process whose attempt is no longer the job's writes nothing and ends.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from sqlmodel import Session, select

from phicookbook.serverless import automatic, errors, jobs
from phicookbook.serverless.store import Checkpoint, Event, Job, Served, Store, new_id, now
from phicookbook.settings import CookbookError

LOCK = "worker.lock"
COLUMNS = {
    "step": "step", "train_loss": "train_loss", "train_mean_token_accuracy": "train_mean_token_accuracy",
    "valid_loss": "valid_loss", "valid_mean_token_accuracy": "validation_mean_token_accuracy",
    "full_valid_loss": "full_valid_loss", "full_valid_mean_token_accuracy": "full_valid_mean_token_accuracy",
}  # fmt: skip
KEPT = 3
VALIDATED = ("valid_loss", "valid_mean_token_accuracy")


class Superseded(BaseException):
    """The job was cancelled or paused, or another process has it: stop here. No Exception, so that nothing catches it."""


def main(folder: Path, job_id: str, attempt: int) -> int:
    """Train a job to its end; 0 when nothing is left to do for this process."""
    store = Store(folder)
    try:
        with FileLock(store.job_folder(job_id) / LOCK, timeout=60):
            Run(store, job_id, attempt).train()
    except (Superseded, Timeout):
        return 0
    return 0


class Run:
    """One attempt at a job."""

    def __init__(self, store: Store, job_id: str, attempt: int):
        self.store, self.job_id, self.attempt = store, job_id, attempt
        self.started, self.first_step = time.monotonic(), 0
        self.out = store.job_folder(job_id) / "model"

    def train(self) -> None:
        """Train, write the result file and let the model appear; a CookbookError or a full disk fails the job with a sentence."""
        from phicookbook.finetune import finetune, read_jsonl

        with self.writing() as (_, job):
            pass  # is the job still this process's?
        try:
            if not (self.out / "run.json").exists():  # else it was killed between training and telling
                rows = [read_jsonl(self.out.with_name(name), job.method) if name else [] for name in self.files(job)]
                chosen = job.hyperparameters
                steps = -(-len(rows[0]) // int(chosen["batch_size"])) * int(chosen["n_epochs"])
                tuning = automatic.settings_for(job.model, job.method, chosen, job.seed, steps)
                options = {"validation": rows[1], "on_event": self.hear, "keep_checkpoints": True}
                finetune(job.model, rows[0], tuning, self.out, progress=False, **options)
            self.finish()
        except CookbookError as error:
            about_rows = str(error).startswith(("row ", "validation row "))
            param = "validation_file" if str(error).startswith("validation") else "training_file"
            with self.writing() as (session, job):
                code, param = (f"invalid_{param}", param) if about_rows else ("training_failed", None)
                jobs.fail(self.store, session, job, str(error), code, param)
        except Exception as error:
            if not errors.disk_full(error):
                raise
            self.give_up_room()

    def give_up_room(self) -> None:
        """End a job that the disk has no room for; what it wrote goes first, else there would be no room to say so."""
        shutil.rmtree(self.out.with_name(self.out.name + ".part"), ignore_errors=True)
        with self.writing() as (session, job):
            told = f"{errors.DISK_FULL}: delete files or models that are no longer needed, and start the job again."
            jobs.fail(self.store, session, job, told, "disk_full")

    def files(self, job: Job) -> tuple[str, str]:
        """Names of the training and of the validation rows, "" for none."""
        return jobs.FILES["training_file"], jobs.FILES["validation_file"] if job.validation_file else ""

    @contextmanager
    def writing(self) -> Iterator[tuple[Session, Job]]:
        """(session, job) of a transaction that only the job's present process gets; others get Superseded."""
        with self.store.write() as session:
            job = jobs.in_session(session, self.job_id)
            if job.attempt != self.attempt or job.status != "running":
                raise Superseded(self.job_id)
            yield session, job

    def hear(self, event: dict) -> None:
        """Write down what training tells: a start, metrics, a validation, a checkpoint."""
        {"train": self.metrics, "validation": self.metrics, "checkpoint": self.checkpoint}.get(event["type"], self.start)(event)

    def start(self, event: dict) -> None:
        """Note where this attempt begins."""
        self.started, self.first_step = time.monotonic(), event["step"]
        if event["type"] == "start" and event["step"]:
            with self.writing() as (session, _):
                self.store.tell(session, self.job_id, f"Going on from the checkpoint of step {event['step']}")

    def metrics(self, event: dict) -> None:
        """Add a point to the curves, once for each step however often the step was trained."""
        step, steps = event["step"], event["steps"]
        values = {name: round(value, 6) for name, value in event.items() if name.startswith(("train_", "valid_"))}
        values |= {f"full_{name}": value for name, value in values.items() if name in VALIDATED}  # it is the whole file
        told = ", ".join(
            f"{name.replace('_', ' ')}={values[name]:.3f}" for name in ("train_loss", "valid_loss") if name in values
        )
        with self.writing() as (session, job):
            same = select(Event).where(Event.job_id == self.job_id, Event.type == "metrics")
            seen = [e for e in session.exec(same) if e.data["step"] == step and set(values) <= set(e.data)]
            if not seen:
                data = {"step": step, "total_steps": steps, **values}
                self.store.tell(session, self.job_id, f"Step {step}/{steps}: {told}", data=data)
            if step > job.last_step:
                job.last_step, job.failures = step, 0
            done = step - self.first_step
            if done > 0:
                pace = (time.monotonic() - self.started) / done
                job.estimated_finish = now() + round(pace * (steps - step))
            session.add(job)

    def checkpoint(self, event: dict) -> None:
        """Let a checkpoint answer as a model, and forget those of which the folders are gone."""
        step, folder = event["step"], Path(event["folder"])
        with self.writing() as (session, job):
            name = jobs.name_of(job, step)
            rows = session.exec(select(Checkpoint).where(Checkpoint.job_id == self.job_id).order_by(Checkpoint.step)).all()
            if step in [row.step for row in rows]:
                return
            names = ("step", "train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy")
            measured = {key: event[key] for key in names if key in event}
            measured |= {f"full_{key}": value for key, value in measured.items() if key in VALIDATED}
            row = Checkpoint(id=new_id("ftckpt"), job_id=self.job_id, created_at=now(), step=step, name=name, metrics=measured)
            session.add(row)
            jobs.serve(session, job, name, folder, "checkpoint")
            self.store.tell(session, self.job_id, f"Checkpoint created at step {step}")
            for old in sorted([*rows, row], key=lambda r: r.step)[:-KEPT]:
                session.delete(old)
                for served in session.exec(select(Served).where(Served.id == old.name, Served.deleted_at == None)):  # noqa: E711
                    served.deleted_at = now()
                    session.add(served)

    def finish(self) -> None:
        """Write the result file; then model, result and the state "succeeded" appear in one transaction."""
        record = json.loads((self.out / "run.json").read_text(encoding="utf-8"))
        with self.writing() as (session, job):
            events = session.exec(select(Event).where(Event.job_id == self.job_id, Event.type == "metrics")).all()
            part = self.store.new_part()
            part.write_text(result_csv([event.data for event in events]), encoding="utf-8", newline="")
            file = self.store.keep(session, part, f"step_metrics_{self.job_id}.csv", "fine-tune-results")
            job.status, job.finished_at, job.estimated_finish = "succeeded", now(), None
            job.trained_tokens, job.result_files = record["trained_tokens"], [file.id]
            job.fine_tuned_model = jobs.name_of(job)
            session.add(job)
            jobs.serve(session, job, job.fine_tuned_model, self.out, "model")
            self.store.tell(session, self.job_id, f"New fine-tuned model created: {job.fine_tuned_model}")
            self.store.tell(session, self.job_id, "The job has successfully completed")


def result_csv(points: list[dict]) -> str:
    """The metrics of a job as Azure's result file: one row a step, empty where nothing was measured."""
    steps: dict[int, dict] = {}
    for point in points:
        steps.setdefault(point["step"], {}).update(point)
    text = io.StringIO()
    rows = csv.DictWriter(text, COLUMNS.values(), extrasaction="ignore")
    rows.writeheader()
    for _, point in sorted(steps.items()):
        rows.writerow({theirs: point.get(ours, "") for ours, theirs in COLUMNS.items()})
    return text.getvalue()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
