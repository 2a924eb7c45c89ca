"""The meter: tokens trained, read and written, and hours hosted, for each model.

count(store, "pocket", prompt_tokens=30, completion_tokens=2)
read(store)["pocket"].completion_tokens
"""

from __future__ import annotations

from pydantic import BaseModel
from sqlmodel import select

from phicookbook.serverless.store import Job, Served, Store, Usage, now


class Use(BaseModel):
    """What one model has used. `hosted_hours` runs from when it could be called until it was deleted; the base has none."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    trained_tokens: int = 0
    hosted_hours: float = 0.0


def count(store: Store, model: str, prompt_tokens: int, completion_tokens: int) -> None:
    """Add one answered request."""
    with store.write() as session:
        row = session.get(Usage, model) or Usage(model=model)
        row.requests += 1
        row.prompt_tokens += prompt_tokens
        row.completion_tokens += completion_tokens
        session.add(row)


def read(store: Store) -> dict[str, Use]:
    """The use of every model, deleted ones too. Failed and cancelled jobs trained nothing that is charged."""
    uses: dict[str, Use] = {}
    with store.read() as session:
        for row in session.exec(select(Usage)):
            values = {"requests": row.requests, "prompt_tokens": row.prompt_tokens, "completion_tokens": row.completion_tokens}
            uses[row.model] = Use(**values)
        for served in session.exec(select(Served)):
            use = uses.setdefault(served.id, Use())
            use.hosted_hours += ((served.deleted_at or now()) - served.created_at) / 3600
        for job in session.exec(select(Job).where(Job.status == "succeeded")):
            uses.setdefault(job.fine_tuned_model, Use()).trained_tokens += job.trained_tokens or 0
    return uses
