"""Errors in OpenAI's shape: {"error": {"message", "type", "param", "code"}}, whatever went wrong.

raise ApiError(404, "no file has the id file-1", param="file_id", code="not_found")
"""

from __future__ import annotations

import errno
import logging
import os
import sqlite3

TYPES = {
    401: "authentication_error", 403: "permission_error", 404: "invalid_request_error", 409: "conflict_error",
    429: "rate_limit_error",
}  # fmt: skip
# A full disk, a quota, and a limit on the size of a file: the same thing to a client.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
TORCH_CANNOT_WRITE = ("iostream error", "PytorchStreamWriter failed writing")
DISK_FULL = "The service's disk is full"
LISTS = {"model": "/v1/models", "file": "/v1/files", "fine-tuning job": "/v1/fine_tuning/jobs"}
log = logging.getLogger("phicookbook.serverless")


class ApiError(Exception):
    """A request that is refused or cannot be served; `status` is the HTTP status."""

    def __init__(self, status: int, message: str, *, param: str | None = None, code: str | None = None):
        super().__init__(message)
        self.status = status
        self.body = {
            "message": message,
            "type": TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error"),
            "param": param,
            "code": code,
        }


def not_found(what: str, id: str, param: str | None = None) -> ApiError:
    """The error for an id that nothing has."""
    return ApiError(404, f"No such {what}: {id[:80]!r}. GET {LISTS[what]} names what there is.", param=param, code="not_found")


def from_exception(error: BaseException) -> ApiError:
    """What a client is told of any exception; one that nobody foresaw is logged and told without its text."""
    if isinstance(error, ApiError):
        return error
    if disk_full(error):
        return ApiError(507, f"{DISK_FULL}: delete files or models that are no longer needed.", code="disk_full")
    if isinstance(cause := _cause(error), sqlite3.Error) and "locked" in str(cause):
        return ApiError(503, "The service's database is busy: try again.", code="busy")
    log.exception("unforeseen", exc_info=error)
    return ApiError(500, "The service failed at this request; its log says why.", code="internal_error")


def disk_full(error: BaseException) -> bool:
    """Whether an exception, or one that it came from, tells of a full disk; writers of weights tell it in words only."""
    cause = _cause(error)
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    if isinstance(cause, OSError) and cause.errno is not None:
        return cause.errno in FULL
    told = any(words in str(cause) for words in (*map(os.strerror, FULL), *TORCH_CANNOT_WRITE))
    before = error.__cause__ or error.__context__
    return told or (before is not None and disk_full(before))


def _cause(error: BaseException) -> BaseException:
    """The driver's own error of a database error, any other as it is."""
    import sqlalchemy.exc

    return error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
