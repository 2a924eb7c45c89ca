"""One uploaded file, read in a process of its own: what a broken or hostile file can cost is that process.

document = read_apart(Path("notes.pdf"), "notes.pdf")

Text is taken out of the file and nothing in it is run; the process may use so much time and memory and no more.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from phicookbook.retrieval.chunking import Document
from phicookbook.retrieval.loading import KINDS, read
from phicookbook.settings import CookbookError

CPU_SECONDS, MEGABYTES = 20, 1_024
PATIENCE = 120  # seconds of waiting, where the system cannot count a process's CPU time


def read_apart(path: Path, name: str) -> Document:
    """The document of a file. Raises CookbookError with the reason when it cannot be read."""
    if path.suffix.lower() not in KINDS:
        raise CookbookError("not a .md, .txt or .pdf file")
    if not path.is_file():
        raise CookbookError("it was no longer there when its turn came: drop it in again")
    command = [sys.executable, "-m", "phicookbook.demos.parsing", str(path), name]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
        found = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise CookbookError("reading it took too long") from None
    except ValueError:  # the process was ended by a limit, or broke
        raise CookbookError("reading it took more time or memory than is allowed here") from None
    if "error" in found:
        raise CookbookError(found["error"])
    return Document(**found)


def main(path: str, name: str) -> None:
    """Read a file under the limits and write the document, or the reason why not, as JSON to standard output."""
    _limit()
    try:
        found = asdict(read(Path(path), name))
    except CookbookError as error:
        found = {"error": str(error)}
    sys.stdout.write(json.dumps(found))


def _limit() -> None:
    try:
        import resource
    except ImportError:  # not on Windows: PATIENCE alone
        return
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES * 2**20, MEGABYTES * 2**20))


if __name__ == "__main__":
    main(*sys.argv[1:])
