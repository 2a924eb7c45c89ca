"""What happens behind the wizard's pages: each visitor's choices, files, job and models, through the official client.

    desk = Desk(Service())
    draft = desk.draft("visitor")
    desk.choose_model(draft, "pocket")

A visitor sees nothing of another's, and what a visitor uploaded or trained is removed when they leave.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from phicookbook.demos import wizard_rows as data
from phicookbook.demos.wizard_rows import Rows
from phicookbook.demos.wizard_service import Service, asking
from phicookbook.serverless.watch import ENDED
from phicookbook.settings import CookbookError

METHODS = ("supervised", "dpo")
# What a knob may be: the least, the most, and whether it is a whole number; the same limits as the service's own.
KNOBS = {
    "batch_size": (1, 256, True), "learning_rate_multiplier": (0.001, 100, False), "n_epochs": (1, 50, True),
    "beta": (0.001, 2, False),
}  # fmt: skip
SUFFIX = re.compile(r"[A-Za-z0-9_-]{1,40}")
LONGEST_QUESTION = 2_000
MOST_EVENTS = 100


@dataclass
class Draft:
    """One visitor's way through the pages: their rows, `train` and `validation` that come of them, a file `held` to validate on;
    `uploads` and `jobs` are what the service holds for them."""

    model: str = ""
    method: str = METHODS[0]
    rows: Rows | None = None
    train: Rows | None = None
    held: Rows | None = None
    validation: Rows | None = None
    knobs: dict = field(default_factory=dict)
    suffix: str = ""
    seed: int = 42
    uploads: list[str] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    tuned: str = ""
    deployed: bool = False


@dataclass(frozen=True)
class Progress:
    """A job as it stands: its raw JSON, (step, loss) of both curves, all its steps, and what it told."""

    job: dict
    train: list[tuple[int, float]]
    valid: list[tuple[int, float]]
    steps: int
    told: list[str]

    @property
    def status(self) -> str:
        """The job's state in the protocol's word."""
        return self.job["status"]

    @property
    def step(self) -> int:
        """The last step that was told."""
        return max((step for step, _ in [*self.train, *self.valid]), default=0)


class Desk:
    """The wizard's work for all visitors of a page; each is known by the id of their visit."""

    def __init__(self, service: Service):
        self.service = service
        self.drafts: dict[str, Draft] = {}

    def draft(self, visitor: str) -> Draft:
        """The visitor's own draft, new at their first step."""
        return self.drafts.setdefault(visitor, Draft())

    def models(self) -> list[str]:
        """The models that can be tuned: those that no tuning made. Starts the service where it is ours and not running."""
        client = self.service.connect()
        with asking():
            return [model.id for model in client.models.list() if not model.id.startswith("ft:")]

    def choose_model(self, draft: Draft, name: str | None) -> None:
        """The first page."""
        self.service.client()
        if not name:
            raise CookbookError("Choose the model to tune.")
        draft.model = name

    def choose_method(self, draft: Draft, method: str | None) -> None:
        """The second page; rows of another method are forgotten, since their form differs."""
        if method not in METHODS:
            raise CookbookError(f"Choose the task: one of {', '.join(METHODS)}.")
        if method != draft.method:
            draft.rows = draft.train = draft.held = draft.validation = None
        draft.method = method

    def choose_rows(self, draft: Draft, upload: bool, count: float, path: str | None) -> Rows:
        """The third page: the book's headlines or an upload, of which Gradio's copy on disk is deleted here."""
        draft.rows = None
        draft.rows = take(path, draft.method) if upload else data.headline_rows(int(count), draft.method)
        return draft.rows

    def choose_validation(self, draft: Draft, how: str, share: float, path: str | None) -> None:
        """The fourth page: "split" a share off, "file" for another upload, "none"."""
        if draft.rows is None:
            raise CookbookError("Choose the training data first.")
        draft.train, draft.validation = draft.rows, None
        if how == "split":
            draft.train, draft.validation = data.split(draft.rows, share, draft.seed)
        elif how == "file":
            if path or not draft.held:  # who comes back to this page need not upload again
                draft.held = take(path, draft.method, least=1)
            draft.validation = draft.held

    def choose_knobs(self, draft: Draft, texts: dict[str, str], suffix: str, seed: float | None) -> None:
        """The fifth page: every knob "auto" or a number, a name for the model, and a seed."""
        names = [name for name in KNOBS if name != "beta" or draft.method == "dpo"]
        knobs = {name: knob(name, texts.get(name, "auto")) for name in names}
        if suffix and not SUFFIX.fullmatch(suffix):
            raise CookbookError(f"The name is {suffix[:60]!r}: give at most 40 letters, digits, - or _, or leave it empty.")
        if seed is None or not 0 <= seed < 2**31 or seed != int(seed):
            raise CookbookError("The seed is a whole number from 0 up.")
        draft.knobs, draft.suffix, draft.seed = knobs, suffix, int(seed)

    def request(self, draft: Draft, training_file: str, validation_file: str = "") -> dict:
        """The body of the request that makes the job."""
        if not (draft.model and draft.train and draft.knobs):
            raise CookbookError("Something is still missing: go back and finish the pages before this one.")
        body = {
            "model": draft.model,
            "training_file": training_file,
            "method": {"type": draft.method, draft.method: {"hyperparameters": draft.knobs}},
            "seed": draft.seed,
        }
        more = {"validation_file": validation_file, "suffix": draft.suffix}
        return body | {name: value for name, value in more.items() if value}

    def submit(self, draft: Draft) -> str:
        """Upload the files and start the job; returns its id. A visitor has one job at a time."""
        client = self.service.client()
        self.request(draft, "checked before anything is sent")
        if draft.jobs and self.progress(draft).status not in ENDED:
            raise CookbookError("Your last job has not ended: cancel it first.")
        with asking():
            ids = []
            for rows, name in ((draft.train, data.TRAINING_NAME), (draft.validation, data.VALIDATION_NAME)):
                if rows:
                    ids.append(client.files.create(file=(name, rows.content), purpose="fine-tune").id)
                    draft.uploads.append(ids[-1])
            job = client.fine_tuning.jobs.create(**self.request(draft, *ids))
        draft.jobs.append(job.id)
        draft.tuned, draft.deployed = "", False
        return job.id

    def progress(self, draft: Draft) -> Progress:
        """One look at the visitor's job. Raises Gone when the service does not answer."""
        client, job_id = self.service.client(), _job_of(draft)
        with asking():
            job = client.fine_tuning.jobs.retrieve(job_id)  # before its events: those of a job that has ended are complete
            events = list(client.fine_tuning.jobs.list_events(job_id, limit=MOST_EVENTS))[::-1]
        points = [event.data for event in events if event.type == "metrics" and isinstance(event.data, dict)]
        train, valid = (
            [(p["step"], p[name]) for p in points if "step" in p and name in p] for name in ("train_loss", "valid_loss")
        )
        if job.status == "succeeded":
            draft.tuned = job.fine_tuned_model
        steps = max((p.get("total_steps", 0) for p in points), default=0)
        return Progress(job.to_dict(), train, valid, steps, [f"{event.level}: {event.message}" for event in events])

    def follow(self, draft: Draft, seconds: float = 0.7) -> Iterator[Progress]:
        """The job again and again until it has ended. Raises Gone as soon as the service does not answer."""
        while True:
            seen = self.progress(draft)
            yield seen
            if seen.status in ENDED:
                return
            time.sleep(seconds)

    def cancel(self, draft: Draft) -> None:
        """End the visitor's job. Raises CookbookError with the service's words when it has ended already."""
        client = self.service.client()
        with asking():
            client.fine_tuning.jobs.cancel(_job_of(draft))

    def deploy(self, draft: Draft) -> str:
        """The name under which the tuned model answers; the service is asked whether it does."""
        client = self.service.client()
        if not draft.tuned:
            raise CookbookError("There is no tuned model yet: a job has to succeed first.")
        with asking():
            name = client.models.retrieve(draft.tuned).id
        draft.deployed = True
        return name

    def answer(self, draft: Draft, tuned: bool, text: str) -> Iterator[str]:
        """An answer of the base or of the tuned model while it is written."""
        client, text = self.service.client(), text.strip()
        if not draft.deployed:
            raise CookbookError("Deploy the tuned model first.")
        if not text or len(text) > LONGEST_QUESTION:
            raise CookbookError(f"Write a message of at most {LONGEST_QUESTION:,} characters; this one has {len(text):,}.")
        model, said = draft.tuned if tuned else draft.model, ""
        with asking():
            messages = [{"role": "user", "content": text}]
            pieces = client.chat.completions.create(model=model, messages=messages, temperature=0, max_tokens=96, stream=True)
            with pieces:
                for piece in pieces:
                    said += (piece.choices[0].delta.content or "") if piece.choices else ""
                    yield said

    def leave(self, visitor: str) -> None:
        """Remove everything that the visitor brought or made: jobs are cancelled, models and files deleted."""
        draft = self.drafts.pop(visitor, None)
        if draft is None or not (draft.uploads or draft.jobs):
            return
        with suppress(CookbookError):  # a service that is gone holds nothing that could be reached
            client = self.service.client()
            for job_id in draft.jobs:
                self._remove_job(client, job_id)
            for file_id in draft.uploads:
                with suppress(CookbookError), asking():
                    client.files.delete(file_id)

    def _remove_job(self, client, job_id: str) -> None:
        with suppress(CookbookError), asking():
            client.fine_tuning.jobs.cancel(job_id)
        with suppress(CookbookError), asking():
            job = client.fine_tuning.jobs.retrieve(job_id)
            names = [each.fine_tuned_model_checkpoint for each in client.fine_tuning.jobs.checkpoints.list(job_id)]
            for name in filter(None, [job.fine_tuned_model, *names]):
                with suppress(CookbookError), asking():
                    client.models.delete(name)
            for file_id in job.result_files:
                with suppress(CookbookError), asking():
                    client.files.delete(file_id)
        self.service.forget(job_id)


def take(path: str | None, method: str, least: int = data.LEAST_ROWS) -> Rows:
    """The rows of a file that Gradio has put on disk, which is deleted whatever comes of it."""
    try:
        return data.read(path, method, least)
    finally:
        if path:
            Path(path).unlink(missing_ok=True)


def knob(name: str, text: str) -> str | int | float:
    """ "auto" or the number of a knob. Raises CookbookError that says what it may be."""
    least, most, whole = KNOBS[name]
    text = (text or "auto").strip().lower()
    if text == "auto":
        return text
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = None
    if value is None or not least <= value <= most:
        kind = "a whole number" if whole else "a number"
        raise CookbookError(f"{name} is {text[:40]!r}: write auto, or {kind} from {least} to {most}.")
    return value


def _job_of(draft: Draft) -> str:
    if not draft.jobs:
        raise CookbookError("There is no job yet: submit one first.")
    return draft.jobs[-1]
