"""What tests of the service do through the official client: upload, tune, wait."""

from __future__ import annotations

import json
import time

import openai

from phicookbook.finetune import chat_rows

ROWS = chat_rows([(f"Is {i} good?", "positive" if i % 2 else "negative") for i in range(12)])
QUESTION = [{"role": "user", "content": "What is the sentiment of this headline?\nContoso recovers from a ransomware attack."}]
ENDED = ("succeeded", "failed", "cancelled")
PATIENCE = 240  # seconds: a machine that does other work too must not fail a test


def jsonl(rows) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def connect(url: str, key: str = "none", **options) -> openai.OpenAI:
    return openai.OpenAI(base_url=url, api_key=key, max_retries=0, timeout=PATIENCE, **options)


def upload(client, rows=ROWS, name: str = "rows.jsonl"):
    return client.files.create(file=(name, rows if isinstance(rows, bytes) else jsonl(rows)), purpose="fine-tune")


def tune(client, rows=ROWS, **options):
    """A job of three steps an epoch."""
    knobs = {"batch_size": 4, "n_epochs": 2} | options.pop("knobs", {})
    kind = options.pop("kind", "supervised")
    method = {"type": kind, kind: {"hyperparameters": knobs}}
    return client.fine_tuning.jobs.create(model="pocket", training_file=upload(client, rows).id, method=method, **options)


def until(good, what: str):
    """What `good` returns, as soon as it is true."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if found := good():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


def ended(client, job_id: str):
    """The job, once it has ended."""

    def look():
        job = client.fine_tuning.jobs.retrieve(job_id)
        return job if job.status in ENDED else None

    return until(look, f"the end of {job_id}")
