"""Follow a fine-tuning job through the official client, here or in the cloud: it knows nothing but the protocol.

job = watch(client, job.id, on_log=LiveCurve().on_log)
"""

from __future__ import annotations

import time
from collections.abc import Callable

from phicookbook.settings import CookbookError

ENDED = ("succeeded", "failed", "cancelled")


def watch(client, job_id: str, on_log: Callable[[int, int, float], None] | None = None, title: str = "", seconds: float = 0.5):
    """The job once it has ended; `on_log(step, steps, loss)` hears of every step's loss as it comes.

    Asks every `seconds` seconds. `title` is that of a progress bar, "" for none. Raises CookbookError with the service's own
    words when the job fails, is cancelled or paused.
    """
    from tqdm.auto import tqdm

    told = 0
    with tqdm(desc=title, disable=not title) as bar:
        while True:
            job = client.fine_tuning.jobs.retrieve(job_id)  # before its events: those of a job that has ended are complete
            for point in losses(client, job_id, told):
                told, bar.total, bar.n = point["step"], point["total_steps"], point["step"]
                bar.refresh()
                if on_log:
                    on_log(point["step"], point["total_steps"], point["train_loss"])
            if job.status == "succeeded":
                return job
            if job.status in (*ENDED, "paused"):
                raise CookbookError(f"{job_id} is {job.status}: {job.error.message if job.error else 'start or resume it again'}")
            time.sleep(seconds)


def losses(client, job_id: str, after_step: int = 0) -> list[dict]:
    """The training losses of a job after a step, oldest first: {"step", "total_steps", "train_loss", ...}.

    An event's `data` is no fixed part of the protocol; points without a step and a loss are left out.
    """
    points = []
    for event in client.fine_tuning.jobs.list_events(job_id, limit=100):  # newest first, page by page
        data = event.data if event.type == "metrics" and isinstance(event.data, dict) else {}
        step = data.get("step", after_step + 1)
        if step <= after_step:
            break
        if "train_loss" in data and "step" in data:
            points.append({"total_steps": step, **data})
    return points[::-1]
