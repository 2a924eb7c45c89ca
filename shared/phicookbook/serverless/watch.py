"""Follow a fine-tuning job through the official client, here or in the cloud: it knows nothing but the protocol.

curve = LiveCurve()
job = watch(client, job.id, curve.on_log, curve.on_validation)
answering(client, "headlines")   # waits for a deployment that is made elsewhere
"""

from __future__ import annotations

import time
from collections.abc import Callable

from phicookbook.settings import CookbookError

ENDED = ("succeeded", "failed", "cancelled")
Heard = Callable[[int, int, float], None]


def watch(
    client, job_id: str, on_log: Heard | None = None, on_validation: Heard | None = None, title: str = "", seconds: float = 0.5
):
    """The job once it has ended; `on_log(step, steps, loss)` hears of every step's loss as it comes, and `on_validation` of the
    loss on the validation file in the same way.

    Asks every `seconds` seconds. `title` is that of a progress bar, "" for none. Raises CookbookError with the service's own
    words when the job fails, is cancelled or paused.
    """
    from tqdm.auto import tqdm

    last = ""
    with tqdm(desc=title, disable=not title) as bar:
        while True:
            job = client.fine_tuning.jobs.retrieve(job_id)  # before its events: those of a job that has ended are complete
            for event in events_after(client, job_id, last):
                last = event.id
                if point := point_of(event):
                    bar.total, bar.n = point["total_steps"], point["step"]
                    bar.refresh()
                    for name, hear in (("train_loss", on_log), ("valid_loss", on_validation)):
                        if hear and name in point:
                            hear(point["step"], point["total_steps"], point[name])
            if job.status == "succeeded":
                return job
            if job.status in (*ENDED, "paused"):
                raise CookbookError(f"{job_id} is {job.status}: {job.error.message if job.error else 'start or resume it again'}")
            time.sleep(seconds)


def events_after(client, job_id: str, last: str = "") -> list:
    """What a job has told since the event of an id, oldest first; all of it for ""."""
    found = []
    for event in client.fine_tuning.jobs.list_events(job_id, limit=100):  # newest first, page by page
        if event.id == last:
            break
        found.append(event)
    return found[::-1]


def point_of(event) -> dict:
    """The point of a job's curves that an event holds: {"step", "total_steps", "train_loss" or "valid_loss", ...}; {} for none.

    An event's `data` is no fixed part of the protocol; one without a step is left out.
    """
    data = event.data if event.type == "metrics" and isinstance(event.data, dict) else {}
    return {"total_steps": data["step"], **data} if "step" in data else {}


def answering(client, model: str, minutes: float = 60.0, seconds: float = 5.0) -> None:
    """Wait until a model answers under a name, as a deployment does once it has been made.

    Asks every `seconds` seconds. Raises CookbookError when it does not after `minutes` minutes.
    """
    import openai

    ends = time.monotonic() + 60 * minutes
    while True:
        try:
            client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hello"}], max_tokens=1)
            return
        except openai.NotFoundError as error:
            if time.monotonic() > ends:
                told = f"no model answers under {model!r} after {minutes:g} minutes: deploy it under that name, then run the cell"
                raise CookbookError(told) from error
        time.sleep(seconds)
