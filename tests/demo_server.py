"""The workshop in a process of its own, for the check of its memory: each line of input is answered by what it holds, as JSON.

python tests/demo_server.py FOLDER   # with a model in FOLDER/small and documents in FOLDER/guide
"""

from __future__ import annotations

import ctypes
import gc
import json
import sys
from pathlib import Path

import psutil
from word_vectors import Words

from phicookbook.demos import safety, wizard_desk, workshop
from phicookbook.demos.uploads import Desks
from phicookbook.demos.wizard_service import Service
from phicookbook.models import open_model


def holds(running, desks: Desks) -> dict:
    """What the process holds once everything that can be freed is freed: memory in MB (its own, and its children's),
    children, open files, threads, uploads on disk, and visitors who are remembered."""
    gc.collect()
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
    here = psutil.Process()
    children = here.children(recursive=True)
    wizards = [each for each in gc.get_objects() if type(each) is wizard_desk.Desk]  # the page keeps its own to itself
    return {
        "memory": here.memory_full_info().uss / 1e6,
        "service": sum(child.memory_full_info().uss for child in children) / 1e6,
        "children": len(children),
        "open": here.num_fds() if hasattr(here, "num_fds") else here.num_handles(),
        "threads": here.num_threads(),
        "uploads": sum(
            path.is_file() and path.stat().st_size > 0 for path in running.folder.rglob("*")
        ),  # Gradio leaves empty ones
        "visitors": len(desks) + sum(len(each.drafts) for each in wizards),
    }


def main(folder: Path) -> None:
    """Serve until the input ends; the first line of output is the address."""
    pocket, desks, service = open_model("pocket"), Desks(Words()), Service(folder=folder / "service")
    options = {
        "playground": {"base": pocket, "tuned": pocket}, "prompting": {"model": pocket},
        "retrieval": {"model": pocket, "guide": folder / "guide", "desks": desks}, "finetuning": {"service": service},
        "edge": {"source": str(folder / "small")}, "reasoning": {"open_model": lambda name: pocket},
    }  # fmt: skip
    running = safety.start(lambda: workshop.make_app(**options))
    print(running.address, flush=True)
    for _ in sys.stdin:
        print(json.dumps(holds(running, desks)), flush=True)
    running.close()
    service.stop()
    desks.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
