"""Execute chapters with papermill, each in a process of its own, and judge their claims.

outcome = run(["04_serverless_finetuning"])
"""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from phicookbook import settings
from phicookbook.book import claims
from phicookbook.settings import CookbookError

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Outcome:
    """What became of one chapter: its seconds, and "" or what went wrong."""

    chapter: str
    seconds: float
    error: str = ""


def chapters() -> list[str]:
    """Names of all chapters in their order, such as "04_serverless_finetuning"."""
    return sorted(path.stem for path in settings.COOKBOOK.glob("[0-9][0-9]_*.ipynb"))


def find(name: str) -> str:
    """The chapter that a name, a number or a file means; raises CookbookError that names the nearest ones."""
    known, wanted = chapters(), Path(name).stem
    hits = [chapter for chapter in known if chapter == wanted or chapter.split("_")[0] == wanted.zfill(2)]
    if hits:
        return hits[0]
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.3)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise CookbookError(f"no chapter is called {name!r}. {hint}The chapters are: {', '.join(known)}")


def executed_path(chapter: str) -> Path:
    """Where the executed notebook of a chapter is kept."""
    return settings.artifacts() / "executed" / f"{chapter}.ipynb"


def run(names: list[str], jobs: int = 0, model: str = "") -> list[Outcome]:
    """Execute chapters, several at once, and return an outcome for each in their order.

    `jobs` 0 means one for each core. Ctrl-C ends the chapters that are running.
    """
    chosen = list(dict.fromkeys(find(name) for name in names)) or chapters()
    if not chosen:
        raise CookbookError(f"there are no chapters in {settings.COOKBOOK}")
    if jobs < 0:
        raise CookbookError(f"jobs is {jobs}: give a whole number from 0 up")
    jobs = min(jobs or os.cpu_count() or 1, len(chosen))
    running: list[subprocess.Popen] = []
    for chapter in chosen:
        claims.forget(chapter)
        executed_path(chapter).unlink(missing_ok=True)
    with ThreadPoolExecutor(jobs) as pool:
        # The later chapters take longest: they start first, so that none of them runs on alone at the end.
        last_first = [pool.submit(_execute, chapter, jobs, model, running) for chapter in reversed(chosen)]
        futures = last_first[::-1]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            for process in running:
                process.terminate()
            raise


def _execute(chapter: str, jobs: int, model: str, running: list) -> Outcome:
    threads = max(1, settings.threads() // jobs)
    environment = {**os.environ, "PHI_THREADS": str(threads), **({"PHI_MODEL": model} if model else {})}
    out = executed_path(chapter).with_suffix(".part.ipynb")  # papermill writes it cell by cell
    out.parent.mkdir(parents=True, exist_ok=True)
    print(f"running  {chapter}", flush=True)
    started = time.monotonic()
    command = [
        sys.executable, "-m", "papermill", str(settings.COOKBOOK / f"{chapter}.ipynb"), str(out),
        "--cwd", str(settings.COOKBOOK), "--no-progress-bar", "--log-level", "ERROR",
    ]  # fmt: skip
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    running.append(process)
    _, errors = process.communicate()
    seconds = time.monotonic() - started
    if process.returncode < 0:  # ended from outside: what it wrote so far is no executed chapter
        out.unlink(missing_ok=True)
    elif out.exists():
        os.replace(out, executed_path(chapter))
    errors = errors.decode("utf-8", errors="replace")
    fault = "" if process.returncode == 0 else _fault(executed_path(chapter), errors)
    word = "stopped " if process.returncode < 0 else "failed  " if fault else "finished"
    print(f"{word} {chapter} after {seconds:.0f} s", flush=True)
    return Outcome(chapter, seconds, fault)


def _fault(out: Path, errors: str) -> str:
    """Which cell failed and how, from the executed notebook; the error stream when there is none."""
    if not out.exists():
        return errors.strip()[-2000:] or "it was ended before it began"
    cells = json.loads(out.read_text(encoding="utf-8"))["cells"]
    number = 0
    for cell in cells:
        number += cell["cell_type"] == "code" and "papermill-error-cell-tag" not in cell["metadata"].get("tags", [])
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                if output["ename"] == "CookbookError":  # a sentence that says what is wrong and what to do
                    return f"code cell {number} of {out}:\n{output['evalue']}"
                traceback = COLOUR.sub("", "\n".join(output["traceback"])) or f"{output['ename']}: {output['evalue']}"
                return f"code cell {number} of {out}:\n{traceback[-4000:]}"
    return errors.strip()[-2000:]


def report(outcomes: list[Outcome], seconds: float) -> str:
    """The closing words of a run: claims table, seconds, failures, where to look next."""
    ran = [outcome.chapter for outcome in outcomes]
    lines = ["", claims.table(ran), "", claims.summary(ran), ""]
    lines += [f"{o.chapter}: {o.seconds:.0f} s" for o in outcomes]
    lines.append(f"in all: {seconds:.0f} s on {os.cpu_count()} cores")
    for outcome in outcomes:
        if outcome.error:
            lines += ["", f"{outcome.chapter} failed in {outcome.error}"]
    lines += ["", *claims.failures([o.chapter for o in outcomes if not o.error])]
    lines += [
        f"executed chapters: {settings.artifacts() / 'executed'}",
        "read on: `make lab` opens JupyterLab, `make demo` opens the demos",
    ]
    return "\n".join(lines)


def failed(outcomes: list[Outcome]) -> bool:
    """Whether a chapter failed or a claim that should hold does not."""
    return any(o.error for o in outcomes) or bool(claims.failures([o.chapter for o in outcomes]))
