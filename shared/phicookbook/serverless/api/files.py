"""Files: upload, list, look at, read, delete.

add(router)
"""

from __future__ import annotations

import os
import shutil
from pathlib import PurePosixPath
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from phicookbook.serverless.api import shapes
from phicookbook.serverless.api.bodies import length_of, limited
from phicookbook.serverless.api.paging import page
from phicookbook.serverless.errors import ApiError, not_found
from phicookbook.serverless.store import File, Store, now

PURPOSES = ("fine-tune", "batch", "assistants", "vision", "user_data", "evals")
EXPIRY = range(3_600, 2_592_001)
FIELD_BYTES = 10_000  # beside the file: purpose, expiry, the borders between the parts
UPLOAD = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file", "purpose"],
                "dependentRequired": {
                    "expires_after[anchor]": ["expires_after[seconds]"],
                    "expires_after[seconds]": ["expires_after[anchor]"],
                },
                "properties": {
                    "file": {"type": "string", "format": "binary", "minLength": 1},
                    "purpose": {"type": "string", "enum": list(PURPOSES)},
                    "expires_after[anchor]": {"type": "string", "enum": ["created_at"]},
                    "expires_after[seconds]": {"type": "integer", "minimum": EXPIRY[0], "maximum": EXPIRY[-1]},
                },
            }
        }
    },
}
READ = {200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}


def add(router: APIRouter) -> None:
    """Add the routes of files."""
    router.add_api_route(
        "/files", create, methods=["POST"], response_model=shapes.FileShape, openapi_extra={"requestBody": UPLOAD}
    )
    router.add_api_route("/files", listing, methods=["GET"], response_model=shapes.Files)
    router.add_api_route("/files/{file_id}", retrieve, methods=["GET"], response_model=shapes.FileShape)
    router.add_api_route("/files/{file_id}", delete, methods=["DELETE"], response_model=shapes.Deleted)
    router.add_api_route("/files/{file_id}/content", content, methods=["GET"], response_class=StreamingResponse, responses=READ)


async def create(request: Request):
    """Upload a file. One that is larger than the service takes is refused while it arrives, and not kept."""
    service = request.app.state.service
    if "multipart/form-data" not in request.headers.get("content-type", ""):
        raise ApiError(400, "Send the file as multipart/form-data.", param="file", code="invalid_content_type")
    most = service.config.most_bytes
    refusal = ApiError(
        413, f"The file has more than {most:,} bytes, the most that is taken here.", param="file", code="file_too_large"
    )
    known = length_of(request.headers.get("content-length", ""))
    counted = Request(request.scope, limited(request.receive, most + FIELD_BYTES, known, refusal))
    async with counted.form(max_files=1, max_fields=8, max_part_size=FIELD_BYTES) as form:
        upload, purpose = form.get("file"), form.get("purpose")
        if not hasattr(upload, "file"):
            raise ApiError(
                400, "There is no file: send it in a part called file, with a file name.", param="file", code="missing"
            )
        if purpose not in PURPOSES:
            raise ApiError(400, f"purpose is none of {', '.join(PURPOSES)}.", param="purpose", code="invalid_value")
        expires_at = _expiry(form.get("expires_after[anchor]"), form.get("expires_after[seconds]"))
        row = await run_in_threadpool(_keep, service.store, upload, purpose, expires_at)
    return shapes.file_shape(row)


def _expiry(anchor, seconds) -> int | None:
    if anchor is None and seconds is None:
        return None
    if anchor != "created_at" or not isinstance(seconds, str) or not seconds.isdecimal() or int(seconds) not in EXPIRY:
        told = f"expires_after wants the anchor created_at and seconds from {EXPIRY[0]:,} to {EXPIRY[-1]:,}."
        raise ApiError(400, told, param="expires_after", code="invalid_value")
    return now() + int(seconds)


def _keep(store: Store, upload, purpose: str, expires_at: int | None) -> File:
    """Bring an upload to the data folder, whole or not at all; of its name only the last part is kept, as text."""
    part = store.new_part()
    name = PurePosixPath((upload.filename or "").replace("\\", "/").replace("\0", "")).name[:255]
    name = name if name.strip(".") else "file"
    try:
        with part.open("wb") as out:
            shutil.copyfileobj(upload.file, out, 1024 * 1024)
            out.flush()
            os.fsync(out.fileno())
        if part.stat().st_size == 0:
            raise ApiError(400, "The file is empty: nothing can be learnt from it.", param="file", code="empty_file")
        with store.write() as session:
            return store.keep(session, part, name, purpose, expires_at)
    finally:
        part.unlink(missing_ok=True)


def listing(
    request: Request,
    purpose: str | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    order: Literal["asc", "desc"] = "desc",
    after: str | None = None,
):
    """The files, newest first unless `order` is "asc"."""
    where = ((File.expires_at == None) | (File.expires_at > now()), *([File.purpose == purpose] if purpose else []))  # noqa: E711
    with request.app.state.service.store.read() as session:
        rows, more = page(session, File, where, after, limit, order == "desc")
    return {"object": "list", "data": [shapes.file_shape(row) for row in rows], "has_more": more}


def _file(request: Request, file_id: str) -> File:
    found = request.app.state.service.store.file(file_id)
    if found is None:
        raise not_found("file", file_id, "file_id")
    return found


def retrieve(request: Request, file_id: str):
    """One file."""
    return shapes.file_shape(_file(request, file_id))


def delete(request: Request, file_id: str):
    """Delete a file; jobs that train on it keep their own hold on it."""
    request.app.state.service.store.drop_file(_file(request, file_id))
    return {"id": file_id, "object": "file", "deleted": True}


def content(request: Request, file_id: str):
    """The bytes of a file."""
    try:
        file = request.app.state.service.store.path_of(_file(request, file_id)).open("rb")
    except FileNotFoundError:
        raise not_found("file", file_id, "file_id") from None

    def pieces():
        with file:
            while piece := file.read(1024 * 1024):
                yield piece

    return StreamingResponse(pieces(), media_type="application/octet-stream")
