"""What this machine has and whether the book can run on it, each row with its remedy.

print(show(rows()))
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata

from phicookbook import settings
from phicookbook.settings import CookbookError

NEEDED_DISK_GB, NEEDED_MEMORY_GB = 2.0, 2.0
PORTS = {"cookbook serve": 8000, "cookbook demo": 7860, "make lab": 8888}
ANSWER_SECONDS = 5.0
LOCKED = ("torch", "transformers", "peft", "trl", "lancedb", "papermill", "gradio")


@dataclass(frozen=True)
class Row:
    """One finding; `remedy` is what to do when it is not good."""

    name: str
    found: str
    good: bool
    remedy: str = ""


def rows() -> list[Row]:
    """Python, memory, disk, threads, GPU, ports, versions against the lock, bundled weights, and the endpoint in force."""
    import psutil

    disk, memory = shutil.disk_usage(settings.ROOT).free / 1e9, psutil.virtual_memory().available / 1e9
    return [
        Row("Python", platform.python_version(), sys.version_info >= (3, 11), "install Python 3.11 or newer"),
        Row("threads", f"{settings.threads()} of {os.cpu_count()} cores", True),
        Row(
            "memory",
            f"{memory:.0f} GB free",
            memory >= NEEDED_MEMORY_GB,
            f"free {NEEDED_MEMORY_GB:.0f} GB: close programs",
        ),
        Row("disk", f"{disk:.0f} GB free", disk >= NEEDED_DISK_GB, f"free {NEEDED_DISK_GB:.0f} GB"),
        Row("GPU", _gpu(), True),
        *[_port(use, port) for use, port in PORTS.items()],
        *_versions(),
        *_weights(),
        *_endpoint(),
    ]


def _gpu() -> str:
    """The GPUs' names as NVIDIA's own tool tells them; importing torch would take seconds."""
    tool = shutil.which("nvidia-smi")
    told = subprocess.run([tool, "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True) if tool else None
    names = told.stdout.strip().splitlines() if told and not told.returncode else []
    return ", ".join(names) or "none, and none is needed"


def _port(use: str, port: int) -> Row:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        taken = probe.connect_ex(("127.0.0.1", port)) == 0
    return Row(f"port {port}", f"in use: give `{use}` another with --port" if taken else f"free for `{use}`", True)


def _endpoint() -> list[Row]:
    """Whether the endpoint in force answers one short question; the key itself is never shown."""
    if not settings.model().startswith(("http://", "https://")):
        return []
    from phicookbook.models.endpoint import open_endpoint

    key = Row("key", "set" if settings.api_key() else "not set", True)
    try:
        open_endpoint(settings.model(), ANSWER_SECONDS, retries=0).chat("Hello", max_new_tokens=1)
    except CookbookError as error:
        return [key, Row("endpoint", "does not answer", False, str(error))]
    return [key, Row("endpoint", "answers", True)]


def locked_versions() -> dict[str, str]:
    """Version of each package in the lock file; of several lines for one package, the first."""
    found: dict[str, str] = {}
    path = settings.ROOT / "shared" / "requirements.lock"
    if not path.exists():
        raise CookbookError(f"{path} is missing: restore it with `git checkout -- {path}`")
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, version = line.split(";")[0].strip().partition("==")
        if separator:
            found.setdefault(name, version)
    return found


def _versions() -> list[Row]:
    locked, found = locked_versions(), []
    for name in LOCKED:
        try:
            here = metadata.version(name)
        except metadata.PackageNotFoundError:
            here = "missing"
        wanted = locked.get(name, "nothing")
        found.append(Row(name, here, here.split("+")[0] == wanted, f"the lock says {wanted}: run `make setup`"))
    return found


def _weights() -> list[Row]:
    from phicookbook.models.checksums import verify

    found = []
    for name, folder in settings.bundled().items():
        try:
            verify(folder)
        except CookbookError as error:
            found.append(Row(name, "damaged", False, str(error)))
        else:
            found.append(Row(name, "checksums agree", True))
    return found


def show(found: list[Row]) -> str:
    """The findings as lines for a terminal."""
    width = max(len(row.name) for row in found)
    return "\n".join(
        f"{'ok ' if row.good else 'BAD'}  {row.name.ljust(width)}  {row.found}{'' if row.good else '  -> ' + row.remedy}"
        for row in found
    )
