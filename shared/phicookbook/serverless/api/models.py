"""Models: the base and whatever was tuned here; and what they have cost so far.

add(router)
"""

from __future__ import annotations

import shutil
from pathlib import Path

from fastapi import APIRouter, Request
from sqlmodel import select

from phicookbook.serverless import meter
from phicookbook.serverless.api import shapes
from phicookbook.serverless.errors import ApiError, not_found
from phicookbook.serverless.store import Served, now


def add(router: APIRouter) -> None:
    """Add the routes of models."""
    router.add_api_route("/models", listing, methods=["GET"], response_model=shapes.Models)
    router.add_api_route("/models/{model:path}", retrieve, methods=["GET"], response_model=shapes.ModelShape)
    router.add_api_route("/models/{model:path}", delete, methods=["DELETE"], response_model=shapes.Deleted)
    router.add_api_route("/usage", usage, methods=["GET"], response_model=dict[str, meter.Use])


def _base(request: Request) -> dict:
    service = request.app.state.service
    return {"id": service.config.base, "object": "model", "created": service.started, "owned_by": "phicookbook"}


def listing(request: Request):
    """The base first, then what was tuned, newest first."""
    with request.app.state.service.store.read() as session:
        query = select(Served).where(Served.deleted_at == None).order_by(Served.seq.desc())  # noqa: E711
        rows = session.exec(query).all()
    return {"object": "list", "data": [_base(request), *(shapes.model_shape(row) for row in rows)]}


def retrieve(request: Request, model: str):
    """One model."""
    if model == request.app.state.service.config.base:
        return _base(request)
    found = request.app.state.service.store.served(model)
    if found is None:
        raise not_found("model", model, "model")
    return shapes.model_shape(found)


async def delete(request: Request, model: str):
    """Delete a tuned model: it answers no more, and its files go unless they stand outside the service's folder."""
    service = request.app.state.service
    if model == service.config.base:
        raise ApiError(403, f"{model} is the base that everything here stands on: it cannot be deleted.", param="model")
    found = service.store.served(model)
    if found is None:
        raise not_found("model", model, "model")
    with service.store.write() as session:
        row = session.get(Served, found.seq)
        row.deleted_at = row.deleted_at or now()
        session.add(row)
    await service.engine.unload(found.folder)
    if service.upstream:
        await service.upstream.forget(model)
    if service.store.folder in Path(found.folder).parents:
        shutil.rmtree(found.folder, ignore_errors=True)
    return {"id": model, "object": "model", "deleted": True}


def usage(request: Request):
    """What each model trained, read, wrote and how long it was hosted: what a bill is made of. Not in OpenAI's protocol."""
    return meter.read(request.app.state.service.store)
