"""Run the service: `cookbook serve`, and the same in the background for a chapter or a test.

with running(Path("data")) as address:
    client = OpenAI(base_url=address, api_key="none")
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from phicookbook import settings
from phicookbook.settings import CookbookError

START_SECONDS = 120


def serve(config, port: int, with_parent: bool = False) -> None:
    """Serve until Ctrl-C; `with_parent`, also until standard input ends, which it does when the parent is gone.

    Raises CookbookError when the port is taken or another service has the folder.
    """
    import uvicorn

    from phicookbook.serverless.api.app import Service, create_app

    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    if os.name != "nt":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((config.host, port))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "a port is a number from 0 to 65535"
        raise CookbookError(f"{config.host}:{port} cannot be listened on ({why}): give another --host or --port") from None
    service = Service(config)
    service.take()
    app = create_app(config, service)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5, backlog=2048, lifespan="on"))
    if with_parent:
        threading.Thread(target=_follow, args=(server,), daemon=True).start()
    print(f"serving {config.base} on http://{config.host}:{listening.getsockname()[1]}/v1, data in {config.folder}", flush=True)
    server.run(sockets=[listening])


def _follow(server) -> None:
    while os.read(0, 1024):
        pass
    server.should_exit = True


class Background:
    """A service in a process of its own that ends with this one. `url` is for the client's base_url."""

    def __init__(self, folder: Path, *options: str, key: str = "", log: Path | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.log = log or folder / "service.log"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}/v1"
        words = ["-m", "phicookbook.cli", "serve", "--data", str(folder), "--port", str(self.port), "--with-parent", *options]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, *words], stdin=subprocess.PIPE, stdout=out, stderr=out, env={**os.environ, "PHI_API_KEY": key}
            )
        self._wait()

    def _wait(self) -> None:
        """Until the service answers; raises CookbookError with the log's end when it does not."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self.stop()
        raise CookbookError(f"the service did not start: {self.log.read_text(encoding='utf-8', errors='replace')[-500:]}")

    def stop(self) -> None:
        """End the service; jobs that are running go on when it is next started on the same folder."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.process.stdin.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(folder: Path, *options: str, key: str = "") -> Iterator[str]:
    """The address of a service on a folder, until the block ends."""
    service = Background(folder, *options, key=key or settings.api_key())
    try:
        yield service.url
    finally:
        service.stop()
