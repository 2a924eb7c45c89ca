"""How a demo is served: to this machine alone, or to a room with a password; nothing leaves, and no upload stays.

from phicookbook.demos import playground, safety
running = safety.start(playground.make_demo); running.address; running.close()
"""

from __future__ import annotations

import hmac
import io
import ipaddress
import os
import secrets
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from phicookbook.settings import CookbookError

LOCAL = "127.0.0.1"
MOST_WAITING = 128  # events in the queue; who comes later is told that it is full
MOST_VISITORS = 200  # whose state is kept
MOST_BYTES = 5_000_000  # of an upload
LETTERS = "23456789abcdefghijkmnpqrstuvwxyz"  # without those that look alike on a projector
# The page may load and ask only what this server has. Gradio's page writes scripts and styles into itself.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; form-action 'self'"
)
HEADERS = {"content-security-policy": POLICY, "referrer-policy": "no-referrer", "x-content-type-options": "nosniff"}


@dataclass
class Running:
    """A demo that is being served. `password` is "" where none is asked for; `folder` holds uploads while they are read."""

    demo: object
    address: str
    password: str
    folder: Path

    def close(self) -> None:
        """End the server and remove what visitors left."""
        self.demo.close(verbose=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def is_local(host: str) -> bool:
    """Whether only this machine can reach a host's address; a name other than localhost counts as reachable."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def new_password() -> str:
    """Three groups of four letters and digits, 60 random bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


def start(make: Callable, host: str = LOCAL, port: int = 0, **more: str) -> Running:
    """Serve the Blocks that `make()` builds and come back; port 0 takes a free one.

    Beyond this machine a password is generated; any user name goes with it. Raises CookbookError when host and port
    cannot be had. `more` is what `page.look` takes.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    folder = Path(tempfile.mkdtemp(prefix="cookbook-demo-"))
    os.environ["GRADIO_TEMP_DIR"] = str(folder)  # where Gradio puts uploads; components read it when they are made
    password = "" if is_local(host) else new_password()
    demo = None
    try:
        demo = make()
        _launch(demo, host, port, password, more)
    finally:
        if demo is None or not demo.is_running:
            shutil.rmtree(folder, ignore_errors=True)
    return Running(demo, f"http://{reachable(host)}:{demo.server_port}/", password, folder)


def _launch(demo, host: str, port: int, password: str, more: dict[str, str]) -> None:
    from starlette.middleware import Middleware

    from phicookbook.demos.page import look

    demo.delete_cache = (300, 900)  # seconds: uploads that no event has used go as well
    demo.queue(max_size=MOST_WAITING, api_open=False, default_concurrency_limit=8)
    try:
        demo.launch(
            server_name=host, server_port=port or None, share=False, prevent_thread_lock=True, quiet=True, inbrowser=False,
            auth=(lambda _, given: _same(given, password)) if password else None, max_file_size=MOST_BYTES,
            state_session_capacity=MOST_VISITORS, run_history=False, enable_monitoring=False, mcp_server=False, pwa=False,
            ssr_mode=False, footer_links=[], app_kwargs={"middleware": [Middleware(_Headers)]}, **look(**more),
        )  # fmt: skip
    except OSError as error:
        raise CookbookError(
            f"nothing can be served at {host}:{port}: the port is taken, or the address is not this machine's. "
            f"Give another --port or --host"
        ) from error


def serve(make: Callable, host: str = LOCAL, port: int = 7860, **more: str) -> None:
    """Serve until Ctrl-C, after telling where, and the password where there is one."""
    running = start(make, host, port, **more)
    try:
        print(invitation(running.address, running.password, _draws_blocks()), flush=True)
        threading.Event().wait()
    finally:
        running.close()


def reachable(host: str) -> str:
    """The address that others type: this machine's own in its network when the host means every address."""
    if host not in ("0.0.0.0", "::", ""):
        return f"[{host}]" if ":" in host else host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:  # a UDP socket tells its own address without a word sent
        try:
            way.connect(("192.0.2.1", 9))
            return way.getsockname()[0]
        except OSError:
            return socket.gethostname()


def invitation(address: str, password: str, blocks: bool = True) -> str:
    """What the terminal shows: the address, and for a room the password and a QR code of the address.

    `blocks` draws the code with half-block letters; without them it takes twice the size and ANSI colours.
    """
    if not password:
        return f"Open {address} in a browser. Ctrl-C ends it."
    import segno

    drawn = io.StringIO()
    segno.make(address, error="m").terminal(out=drawn, border=2, compact=blocks)
    return (
        f"{drawn.getvalue()}\nOpen {address}\nPassword: {password}   (any user name; it is shown this once and changes with "
        "every start)\nThe connection is not encrypted: use a network that you trust. Ctrl-C ends it."
    )


def _draws_blocks() -> bool:
    return "utf" in (sys.stdout.encoding or "").lower()


def _same(given: str, password: str) -> bool:
    return hmac.compare_digest(given.strip().encode(), password.encode())


class _Headers:
    """Adds HEADERS to every answer of the server."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        async def with_headers(message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *((k.encode(), v.encode()) for k, v in HEADERS.items())]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)
