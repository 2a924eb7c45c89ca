"""Restart & Run All for a chapter, in place, and save it clean.

    python -m phicookbook.book.save cookbook/04_serverless_finetuning.ipynb

Progress bars, warnings and time stamps are left out of the saved file: they differ on every run. What the chapter
measured goes to docs/results.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from phicookbook import settings
from phicookbook.book import results


def save(path: Path) -> None:
    """Execute a notebook from a fresh kernel and replace it by the executed, cleaned one."""
    import nbformat
    import psutil
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    began = _clocks()
    NotebookClient(notebook, timeout=3600, kernel_name="python3", resources={"metadata": {"path": path.parent}}).execute()
    wall, work = (now - before for now, before in zip(_clocks(), began))
    clean(notebook)
    settings.write_text(path, nbformat.writes(notebook).rstrip("\n") + "\n")
    if path.resolve().parent == settings.COOKBOOK:
        load = psutil.getloadavg()[0]  # above the number of cores other work ran beside it, and the seconds say little
        took = f" It took {wall:.0f} s, or {work:.0f} CPU seconds, the start of the kernel included; the load was {load:.1f}."
        results.write(notebook, path.stem, f"python -m phicookbook.book.save cookbook/{path.name}", took)


def _clocks() -> tuple[float, float]:
    """Seconds that have passed, and CPU seconds of the processes that were started from here and have ended."""
    times = os.times()
    return times.elapsed, times.children_user + times.children_system


def clean(notebook) -> None:
    """Drop what differs between runs: bars, error streams, time stamps, the kernel's build."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _passing(output)]


def _passing(output) -> bool:
    """Whether an output belongs to one run only: the error stream or a progress bar."""
    return output.get("name") == "stderr" or results.WIDGET in output.get("data", {})


if __name__ == "__main__":
    for name in sys.argv[1:]:
        save(Path(name))
