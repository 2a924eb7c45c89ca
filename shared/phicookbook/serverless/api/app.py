"""The service put together: configuration, who may ask, routes, and errors in one shape.

app = create_app(Config(folder=Path("data")))
"""

from __future__ import annotations

import hmac
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from filelock import FileLock, Timeout
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from phicookbook import __version__
from phicookbook.serverless.api import chat, files, jobs, models, shapes
from phicookbook.serverless.api.bodies import MOST_JSON, length_of, limited
from phicookbook.serverless.errors import ApiError, from_exception
from phicookbook.serverless.serving.client import EngineClient
from phicookbook.serverless.store import Store, now
from phicookbook.serverless.supervisor import Supervisor
from phicookbook.serverless.upstream import Upstream
from phicookbook.settings import CookbookError

MOST_BYTES = 512 * 1024 * 1024  # Azure's limit for a training file
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Config:
    """How a service runs: its folder, base model and address; `key` "" asks for none, which only loopback may."""

    folder: Path
    base: str = "pocket"
    host: str = "127.0.0.1"
    key: str = ""
    upstream: str = ""
    upstream_key: str = ""
    at_once: int = 1
    most_bytes: int = MOST_BYTES

    def __post_init__(self):
        if not self.key and self.host not in LOOPBACK:
            raise CookbookError(f"{self.host} is open to other machines: set PHI_API_KEY to the key that clients must show")
        if self.at_once < 1 or self.most_bytes < 1:
            raise CookbookError("the number of jobs and the largest upload must be at least 1")


class Service:
    """What a running service holds."""

    def __init__(self, config: Config):
        self.config, self.started = config, now()
        self.store = Store(config.folder)
        self.lock = FileLock(self.store.folder / "service.lock", timeout=0)
        self.supervisor = Supervisor(self.store, config.at_once)
        self.engine = EngineClient(config.base)
        self.upstream = Upstream(config.upstream, self.store, config.base, config.upstream_key) if config.upstream else None

    def take(self) -> None:
        """Take the folder; raises CookbookError when another service has it."""
        try:
            if not self.lock.is_locked:
                self.lock.acquire()
        except Timeout:
            raise CookbookError(f"{self.store.folder} is served already: stop that service, or give another --data") from None

    async def start(self) -> None:
        """Clear what a kill left, and let jobs go on."""
        self.take()
        self.store.sweep()
        self.supervisor.start()

    async def stop(self) -> None:
        """End what the service started; jobs go on at the next start."""
        self.supervisor.stop()
        await self.engine.stop()
        if self.upstream:
            await self.upstream.stop()
        self.store.close()
        self.lock.release()


def create_app(config: Config, service: Service | None = None) -> FastAPI:
    """The application; nothing runs before it is started, which makes the service unless one is given."""

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        app.state.service = service or Service(config)
        await app.state.service.start()
        yield
        await app.state.service.stop()

    app = FastAPI(
        title="Phi Cookbook service", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None,
        description="Fine-tuning and chat under OpenAI's protocol, on this machine.",
    )  # fmt: skip
    router = APIRouter(prefix="/v1", responses={"4XX": {"model": shapes.ErrorBody}, "5XX": {"model": shapes.ErrorBody}})
    for routes in (files, jobs, models, chat):
        routes.add(router)
    app.include_router(router)
    app.add_api_route("/health", health, methods=["GET"])
    for kind in (ApiError, OSError, DBAPIError, Exception):
        app.add_exception_handler(kind, told)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, unknown)
    app.add_middleware(Guard, config=config)
    return app


def health() -> dict[str, str]:
    """Whether the service answers; asks for no key."""
    return {"status": "ok"}


def told(request: Request, error: Exception) -> JSONResponse:
    """The response to an exception."""
    known = from_exception(error)
    return JSONResponse({"error": known.body}, status_code=known.status)


def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    """The response to a body or a query that does not fit; the first fault is told, with where it is."""
    first = error.errors()[0]
    of_body = first["loc"][0] == "body" and "json" not in request.headers.get("content-type", "")
    if of_body or first["type"] == "json_invalid":
        return told(request, ApiError(400, "The body is no JSON: send one object as application/json.", code="invalid_json"))
    where = first["loc"][:-1]
    ways = [each["msg"] for each in error.errors() if each["loc"][:-1] == where] if first["type"] == "literal_error" else []
    place = (
        ".".join(str(part) for part in (where if len(ways) > 1 else first["loc"])[1:]) or None
    )  # "auto" or a number: both told
    extra = first["type"] == "extra_forbidden"
    said = ", or: ".join(ways or [first["msg"]])
    message = f"Unrecognized request argument supplied: {place}" if extra else f"{place or 'The body'}: {said}."
    return told(request, ApiError(400, message, param=place, code="unknown_parameter" if extra else "invalid_value"))


def unknown(request: Request, error: HTTPException) -> JSONResponse:
    """The response to a path or a method that does not exist, and to a form that cannot be read."""
    said = {404: f"No such route: {request.url.path[:100]}.", 405: f"{request.method} is not possible here."}
    response = told(request, ApiError(error.status_code, said.get(error.status_code, str(error.detail))))
    response.headers.update(error.headers or {})
    return response


class Guard:
    """Lets in who may ask: with a key, whoever shows it; without, only this machine's own programs.

    A browser tells in `Origin` which page asks, and in `Host` which name it looked up: a page of the web that reaches for a
    service on this machine is turned away.
    """

    def __init__(self, app, config: Config):
        self.app, self.config = app, config

    async def __call__(self, scope, receive, send):
        """An ASGI application around another."""
        if scope["type"] == "http" and scope["path"].startswith("/v1") and (refusal := self._refusal(dict(scope["headers"]))):
            response = JSONResponse({"error": refusal.body}, status_code=refusal.status)
            return await response(scope, receive, send)
        if scope["type"] == "http" and scope["path"] != "/v1/files":  # which has a limit of its own
            told = HTTPException(413, f"The body has more than {MOST_JSON:,} bytes, the most that is taken here.")
            known = length_of(dict(scope["headers"]).get(b"content-length", b"").decode("latin-1"))
            receive = limited(receive, MOST_JSON, known, told)
        return await self.app(scope, receive, send)

    def _refusal(self, headers: dict[bytes, bytes]) -> ApiError | None:
        if self.config.key:
            shown = headers.get(b"authorization", b"").removeprefix(b"Bearer ").strip()
            if hmac.compare_digest(shown, self.config.key.encode()):
                return None
            return ApiError(401, "The key is missing or wrong: send it as Authorization: Bearer KEY.", code="invalid_api_key")
        places = [headers.get(b"host", b"")] + ([headers[b"origin"].partition(b"://")[2]] if b"origin" in headers else [])
        if all(_name(place) in LOOPBACK for place in places):
            return None
        return ApiError(403, "Without a key this service answers programs on its own machine only.", code="not_loopback")


def _name(place: bytes) -> str:
    """The host's name in the value of a Host header."""
    try:
        return urlsplit("//" + place.decode("latin-1")).hostname or ""
    except ValueError:
        return ""
