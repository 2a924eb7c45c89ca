"""The shapes of answers under OpenAI's names, for the OpenAPI page, and how rows become them.

job_shape(row)   # {"id": "ftjob-...", "object": "fine_tuning.job", ...}
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from phicookbook.serverless.jobs import ORGANIZATION
from phicookbook.serverless.store import Checkpoint, Event, File, Job, Served


class Fault(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(BaseModel):
    """The body of every error."""

    error: Fault


class FileShape(BaseModel):
    """A file."""

    id: str
    object: Literal["file"]
    bytes: int
    created_at: int
    expires_at: int | None
    filename: str
    purpose: str
    status: Literal["processed"]
    status_details: str | None


class Deleted(BaseModel):
    """What was deleted."""

    id: str
    object: Literal["file", "model"]
    deleted: Literal[True]


class JobError(BaseModel):
    """Why a job failed."""

    code: str
    message: str
    param: str | None


class JobShape(BaseModel):
    """A fine-tuning job."""

    id: str
    object: Literal["fine_tuning.job"]
    created_at: int
    finished_at: int | None
    estimated_finish: int | None
    model: str
    fine_tuned_model: str | None
    organization_id: str
    status: Literal["validating_files", "queued", "running", "succeeded", "failed", "cancelled", "paused"]
    training_file: str
    validation_file: str | None
    result_files: list[str]
    trained_tokens: int | None
    seed: int
    hyperparameters: dict[str, int | float | str]
    method: dict[str, Any]
    metadata: dict[str, str] | None
    integrations: list[Any]
    error: JobError | None


class EventShape(BaseModel):
    """An event of a job."""

    id: str
    object: Literal["fine_tuning.job.event"]
    created_at: int
    level: Literal["info", "warn", "error"]
    message: str
    type: Literal["message", "metrics"]
    data: dict[str, Any] | None


class CheckpointShape(BaseModel):
    """A checkpoint of a job."""

    id: str
    object: Literal["fine_tuning.job.checkpoint"]
    created_at: int
    fine_tuning_job_id: str
    fine_tuned_model_checkpoint: str
    step_number: int
    metrics: dict[str, float]


class ModelShape(BaseModel):
    """A model that answers."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class Listing(BaseModel):
    """A page of a list."""

    object: Literal["list"]
    has_more: bool = False


class Files(Listing):
    """Files."""

    data: list[FileShape]


class Jobs(Listing):
    """Jobs."""

    data: list[JobShape]


class Events(Listing):
    """Events."""

    data: list[EventShape]


class Checkpoints(Listing):
    """Checkpoints."""

    data: list[CheckpointShape]
    first_id: str | None
    last_id: str | None


class Models(BaseModel):
    """Models."""

    object: Literal["list"]
    data: list[ModelShape]


class Choice(BaseModel):
    """One answer."""

    index: int
    message: dict[str, Any]
    logprobs: dict[str, Any] | None
    finish_reason: Literal["stop", "length", "tool_calls"]


class TokenUsage(BaseModel):
    """Tokens of a request."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Completion(BaseModel):
    """A chat completion."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: Annotated[list[Choice], Field(min_length=1)]
    usage: TokenUsage
    system_fingerprint: str | None = None
    service_tier: str | None = None


def file_shape(row: File) -> dict:
    """A file as the protocol shows it."""
    return {
        "id": row.id, "object": "file", "bytes": row.bytes, "created_at": row.created_at, "expires_at": row.expires_at,
        "filename": row.filename, "purpose": row.purpose, "status": "processed", "status_details": None,
    }  # fmt: skip


def job_shape(row: Job) -> dict:
    """A job as the protocol shows it; `error` is null while nothing has failed."""
    same = (
        "id", "created_at", "finished_at", "estimated_finish", "model", "fine_tuned_model", "status", "training_file",
        "validation_file", "result_files", "trained_tokens", "seed", "hyperparameters", "error",
    )  # fmt: skip
    return {name: getattr(row, name) for name in same} | {
        "object": "fine_tuning.job",
        "organization_id": ORGANIZATION,
        "method": {"type": row.method, row.method: {"hyperparameters": row.hyperparameters}},
        "metadata": row.job_metadata,
        "integrations": [],
    }


def event_shape(row: Event) -> dict:
    """An event as the protocol shows it."""
    same = ("id", "created_at", "level", "message", "type", "data")
    return {name: getattr(row, name) for name in same} | {"object": "fine_tuning.job.event"}


def checkpoint_shape(row: Checkpoint) -> dict:
    """A checkpoint as the protocol shows it."""
    return {
        "id": row.id, "object": "fine_tuning.job.checkpoint", "created_at": row.created_at, "fine_tuning_job_id": row.job_id,
        "fine_tuned_model_checkpoint": row.name, "step_number": row.step, "metrics": {"step": row.step, **row.metrics},
    }  # fmt: skip


def model_shape(row: Served) -> dict:
    """A fine-tuned model as the protocol shows it."""
    return {"id": row.id, "object": "model", "created": row.created_at, "owned_by": ORGANIZATION}
