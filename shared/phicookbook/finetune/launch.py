"""Where a job runs: in this process, in several by torchrun, on a Ray cluster, or in Azure ML.

launch(Job.read(Path("job.yaml")), "torchrun", processes=2)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from phicookbook import settings as book_settings
from phicookbook.finetune.data import read_jsonl
from phicookbook.finetune.job import Job, run_job
from phicookbook.finetune.train import check_out
from phicookbook.settings import CookbookError

PLACES = ("local", "torchrun", "ray", "azureml")
RESTARTS = 3


def launch(job: Job, on: str = "local", processes: int = 0, on_event: Callable[[dict], None] | None = None):
    """Run a job and return its output folder, from Azure ML the name of its job; `processes` 0 means the settings' own number.

    `on_event` hears a local run. Raises CookbookError when the run fails or the place does not exist.
    """
    check_place(on, processes)
    count = processes or job.settings.processes
    if on == "local":
        return run_job(job, on_event).folder
    check_files(job)  # here once, and not in each process of each attempt
    if on == "torchrun":
        return torchrun(job, count)
    if on == "ray":
        from phicookbook.finetune.cluster import train

        return train(job, count)
    from phicookbook.finetune.azure import submit

    return submit(job)


def check_place(on: str, processes: int = 0) -> None:
    """Raise CookbookError for a place that does not exist, or that does not take a number of processes."""
    if on not in PLACES:
        raise CookbookError(f"no place is called {on!r}: choose one of {', '.join(PLACES)}")
    if processes and on == "local":
        raise CookbookError("local is one process: leave --processes out, or run on torchrun or ray")
    if processes and on == "azureml":
        raise CookbookError("Azure ML starts nodes x devices: set num_nodes_finetune and number_of_gpu_to_use_finetuning")


def plan(job: Job, on: str, processes: int = 0) -> str:
    """What `launch` would do, as text; nothing runs and nothing is sent. Raises CookbookError for data or an output that `launch`
    would refuse."""
    check_place(on, processes)
    check_files(job)
    count = processes or job.settings.processes
    if on == "torchrun":
        return " ".join(torchrun_command(Path("job.yaml"), count))
    if on == "azureml":
        from phicookbook.finetune.azure import dry_run

        return dry_run(job)
    return f"{job.model} on {job.training_data}, into {job.output}" + (f", {count} Ray workers" if on == "ray" else "")


def check_files(job: Job) -> None:
    """Raise CookbookError for rows that cannot be learnt, and for an output that may not be replaced; addresses are not read."""
    for path in (job.training_data, job.validation_data):
        if path and "://" not in path:
            read_jsonl(path, job.settings.method)
    check_out(Path(job.output))


def torchrun(job: Job, processes: int, restarts: int = RESTARTS) -> Path:
    """Train in several processes of this machine, gloo between them; when one dies all are started again and go on from the last
    checkpoint. Raises CookbookError when that has happened more than `restarts` times.

    Each start is a torchrun of its own: when torchrun itself restarted its workers (`--max-restarts`), two of seven restarts hung
    for good, both workers waiting to connect to each other.
    """
    job = going_on(job)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job.yaml"
        job.write(path)
        for _ in range(restarts + 1):
            done = subprocess.run(torchrun_command(path, processes), env=environment(processes))
            if done.returncode == 0:
                return Path(job.output)
    raise CookbookError(f"the run of {processes} processes failed (exit code {done.returncode}): its messages stand above")


def going_on(job: Job) -> Job:
    """The job for workers that may be started again: they go on; what an earlier run left is removed first, if it is to be."""
    if not job.settings.resume_from_checkpoint:
        shutil.rmtree(job.output + ".part", ignore_errors=True)
    return replace(job, settings=replace(job.settings, resume_from_checkpoint=True))


def torchrun_command(path: Path, processes: int) -> list[str]:
    """The command that trains the job of a YAML file in several processes."""
    return [
        sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}",
        "--max-restarts=0", "-m", "phicookbook.finetune.worker", str(path),
    ]  # fmt: skip


def environment(processes: int) -> dict[str, str]:
    """The environment of a worker: this package on its path, and its share of the machine's threads."""
    threads = str(max(1, book_settings.threads() // processes))
    path = os.pathsep.join(filter(None, [str(book_settings.PACKAGE.parent), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path, "PHI_THREADS": threads, "OMP_NUM_THREADS": threads}
