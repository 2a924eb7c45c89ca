"""Fine-tuning jobs: create, list, look at, cancel, pause, resume, their events and checkpoints.

add(router)
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlmodel import func

from phicookbook import settings
from phicookbook.serverless import jobs
from phicookbook.serverless.api import shapes
from phicookbook.serverless.api.paging import page
from phicookbook.serverless.forms import JobForm
from phicookbook.serverless.store import Checkpoint, Event, Job

ROOT = "/fine_tuning/jobs"


def add(router: APIRouter) -> None:
    """Add the routes of jobs."""
    router.add_api_route(ROOT, create, methods=["POST"], response_model=shapes.JobShape)
    router.add_api_route(ROOT, listing, methods=["GET"], response_model=shapes.Jobs)
    router.add_api_route(f"{ROOT}/{{job_id}}", retrieve, methods=["GET"], response_model=shapes.JobShape)
    for work in (cancel, pause, resume):
        router.add_api_route(f"{ROOT}/{{job_id}}/{work.__name__}", work, methods=["POST"], response_model=shapes.JobShape)
    router.add_api_route(f"{ROOT}/{{job_id}}/events", events, methods=["GET"], response_model=shapes.Events)
    router.add_api_route(f"{ROOT}/{{job_id}}/checkpoints", checkpoints, methods=["GET"], response_model=shapes.Checkpoints)


def create(request: Request, form: JobForm):
    """Start a job: its files are checked first, then it waits for a processor."""
    service = request.app.state.service
    return shapes.job_shape(jobs.create(service.store, form, service.config.base, settings.seed()))


def listing(request: Request, after: str | None = None, limit: Annotated[int, Query(ge=1, le=10_000)] = 20):
    """The jobs, newest first; metadata[KEY]=VALUE in the query keeps those that have it, metadata=null those that have none."""
    asked, where = request.query_params, []
    for key, value in asked.items():
        if key.startswith("metadata[") and key.endswith("]"):
            name = key.removeprefix("metadata[").removesuffix("]").replace('"', "")
            where.append(func.json_extract(Job.job_metadata, f'$."{name}"') == value)
    if asked.get("metadata") == "null":
        where.append(func.json_type(Job.job_metadata) == "null")
    with request.app.state.service.store.read() as session:
        rows, more = page(session, Job, tuple(where), after, limit)
    return {"object": "list", "data": [shapes.job_shape(row) for row in rows], "has_more": more}


def retrieve(request: Request, job_id: str):
    """One job."""
    return shapes.job_shape(jobs.find(request.app.state.service.store, job_id))


def cancel(request: Request, job_id: str):
    """End a job; its last checkpoints go on answering."""
    return shapes.job_shape(jobs.cancel(request.app.state.service.store, job_id))


def pause(request: Request, job_id: str):
    """Stop a job for now."""
    return shapes.job_shape(jobs.pause(request.app.state.service.store, job_id))


def resume(request: Request, job_id: str):
    """Go on with a paused job."""
    return shapes.job_shape(jobs.resume(request.app.state.service.store, job_id))


def events(request: Request, job_id: str, after: str | None = None, limit: Annotated[int, Query(ge=1, le=10_000)] = 20):
    """What a job told, newest first."""
    store = request.app.state.service.store
    jobs.find(store, job_id)
    with store.read() as session:
        rows, more = page(session, Event, (Event.job_id == job_id,), after, limit)
    return {"object": "list", "data": [shapes.event_shape(row) for row in rows], "has_more": more}


def checkpoints(request: Request, job_id: str, after: str | None = None, limit: Annotated[int, Query(ge=1, le=10_000)] = 10):
    """The last checkpoints of a job, newest first; each answers as a model."""
    store = request.app.state.service.store
    jobs.find(store, job_id)
    with store.read() as session:
        rows, more = page(session, Checkpoint, (Checkpoint.job_id == job_id,), after, limit)
    ends = {"first_id": rows[0].id if rows else None, "last_id": rows[-1].id if rows else None}
    return {"object": "list", "data": [shapes.checkpoint_shape(row) for row in rows], "has_more": more, **ends}
