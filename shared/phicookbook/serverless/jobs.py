"""Fine-tuning jobs: made, looked up, stopped and gone on with. What moves a job forward is the supervisor's and the worker's.

    job = create(store, form, base="pocket")
    cancel(store, job.id)

validating_files → queued → running → succeeded | failed | cancelled, and paused, from which a job goes back to queued.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from sqlmodel import Session, select

from phicookbook.serverless.errors import ApiError, not_found
from phicookbook.serverless.forms import JobForm
from phicookbook.serverless.store import Job, Served, Store, new_id, now

ALIVE = ("validating_files", "queued", "running", "paused")
ORGANIZATION = "cookbook"
FILES = {"training_file": "train.jsonl", "validation_file": "validation.jsonl"}


def create(store: Store, form: JobForm, base: str, seed: int) -> Job:
    """A new job in the state validating_files; the files are kept for it, whatever becomes of the uploads.

    Raises ApiError for a model that cannot be trained, an unknown file, or knobs of another method.
    """
    served = store.served(form.model)
    if form.model != base and served is None:
        raise ApiError(
            404, f"No model {form.model[:80]!r} can be fine-tuned here: choose {base}.", param="model", code="model_not_found"
        )
    if served is not None:
        raise ApiError(400, f"{form.model} is tuned already: start from {base}.", param="model", code="model_not_supported")
    method, knobs = _method(form)
    job = Job(
        id=new_id("ftjob"), status="validating_files", model=form.model, suffix=form.suffix or "", method=method,
        training_file=form.training_file, validation_file=form.validation_file, hyperparameters=knobs,
        job_metadata=form.metadata, seed=seed if form.seed is None else form.seed, created_at=now(),
    )  # fmt: skip
    folder = store.job_folder(job.id)
    folder.mkdir(parents=True)
    try:
        for param, name in FILES.items():
            if id := getattr(form, param):
                _take(store, id, param, folder / name)
        with store.write() as session:
            session.add(job)
            store.tell(session, job.id, f"Created fine-tuning job: {job.id}")
            store.tell(session, job.id, f"Validating training file: {job.training_file}")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return job


def _method(form: JobForm) -> tuple[str, dict]:
    """(method, knobs as they were given) of a request; what is not given is "auto"."""
    kind = form.method.type if form.method else "supervised"
    given = getattr(form.method, kind) if form.method else None
    other = form.method and getattr(form.method, "dpo" if kind == "supervised" else "supervised")
    if other:
        raise ApiError(400, f"The method is {kind}: give its knobs under {kind!r}.", param="method", code="invalid_value")
    knobs = given.hyperparameters if given else form.hyperparameters if kind == "supervised" else None
    names = ["batch_size", "learning_rate_multiplier", "n_epochs", *(["beta"] if kind == "dpo" else [])]
    return kind, {name: getattr(knobs, name, None) or "auto" for name in names}


def _take(store: Store, id: str, param: str, kept: Path) -> None:
    """Give a job its own hold on a file: a hard link where the disk can, else a copy."""
    file = store.file(id)
    if file is None:
        raise ApiError(400, f"No such file: {id[:80]!r}. Upload it first.", param=param, code="file_not_found")
    if file.purpose != "fine-tune":
        raise ApiError(
            400, f"{id} was uploaded for {file.purpose}: upload it with purpose fine-tune.", param=param, code="invalid_purpose"
        )
    try:
        os.link(store.path_of(file), kept)
    except OSError:
        shutil.copyfile(store.path_of(file), kept)


def find(store: Store, job_id: str) -> Job:
    """The job of an id; raises ApiError when there is none."""
    job = store.job(job_id)
    if job is None:
        raise not_found("fine-tuning job", job_id, "fine_tuning_job_id")
    return job


def cancel(store: Store, job_id: str) -> Job:
    """End a job that has not ended; what it learnt is dropped, its last checkpoints stay."""
    return _turn(store, job_id, ALIVE, "cancelled", "Fine-tuning job was cancelled")


def pause(store: Store, job_id: str) -> Job:
    """Stop a job for now; it goes on from its last checkpoint."""
    return _turn(store, job_id, ("queued", "running"), "paused", "Fine-tuning job was paused")


def resume(store: Store, job_id: str) -> Job:
    """Let a paused job wait for a processor again."""
    return _turn(store, job_id, ("paused",), "queued", "Fine-tuning job was resumed")


def _turn(store: Store, job_id: str, allowed: tuple[str, ...], status: str, message: str) -> Job:
    """Move a job to another state in one transaction; its process notices that it is no longer the one that may write."""
    find(store, job_id)
    with store.write() as session:
        job = in_session(session, job_id)
        if job.status not in allowed:
            told = f"Job {job_id} is {job.status}: only a job that is {' or '.join(allowed)} can become {status}."
            raise ApiError(400, told, param="fine_tuning_job_id", code="invalid_job_state")
        job.status, job.failures, job.estimated_finish = status, 0, None
        job.attempt += 1
        job.finished_at = now() if status == "cancelled" else None
        session.add(job)
        store.tell(session, job_id, message)
    return job


def in_session(session: Session, job_id: str) -> Job:
    """The row of a job in a session that writes."""
    return session.exec(select(Job).where(Job.id == job_id)).one()


def fail(store: Store, session: Session, job: Job, message: str, code: str, param: str | None = None) -> None:
    """End a job that cannot succeed, and tell why."""
    job.status, job.finished_at, job.estimated_finish = "failed", now(), None
    job.error = {"code": code, "message": message, "param": param}
    session.add(job)
    store.tell(session, job.id, message, "error")


def name_of(job: Job, step: int | None = None) -> str:
    """The name of a job's model, or of its checkpoint at a step, as OpenAI builds them."""
    base = job.model.rstrip("/").rsplit("/", 1)[-1]  # of a hub id or a folder, its last part
    name = f"ft:{base}:{ORGANIZATION}:{job.suffix}:{job.id.removeprefix('ftjob-')[:8]}"
    return name if step is None else f"{name}:ckpt-step-{step}"


def serve(session: Session, job: Job, name: str, folder: Path, kind: str) -> None:
    """Let a finished folder answer as a model from now on."""
    session.add(Served(id=name, folder=str(folder), base=job.model, kind=kind, created_at=now(), job_id=job.id))
