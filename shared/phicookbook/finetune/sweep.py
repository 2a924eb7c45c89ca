"""The headline case under several settings, in processes of their own, as many at once as there are threads; each a tracked run.

found = sweep([Trial("rank 1", 240, settings), ...], Path("sweep"))
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from phicookbook import settings as book_settings
from phicookbook.finetune.settings import FinetuneSettings
from phicookbook.statistics import Rate


@dataclass(frozen=True)
class Trial:
    """One set of settings on the first `rows` training headlines."""

    name: str
    rows: int
    settings: FinetuneSettings


@dataclass(frozen=True)
class Outcome:
    """What a trial gave: for each validation headline whether the first label is right (`labelled`) and whether the answer is
    exactly the right word (`worded`), in the same order for every trial; and its last loss, seconds and trained tokens."""

    trial: Trial
    labelled: tuple[bool, ...]
    worded: tuple[bool, ...]
    loss: float
    seconds: float
    trained_tokens: int

    @property
    def score(self) -> Rate:
        """The share whose first label is right."""
        return Rate.of(self.labelled)

    @property
    def exact(self) -> Rate:
        """The share that is exactly the right word."""
        return Rate.of(self.worded)


def at_a_time(trials: int, at_once: int = 0) -> int:
    """How many of that many trials run at once: `at_once`, or as many as there are threads when it is 0."""
    return min(at_once or book_settings.threads(), trials)


def sweep(
    trials: Sequence[Trial], folder: Path, base: str = "pocket", probe: int = 200, at_once: int = 0, experiment: str = "sweep"
) -> list[Outcome]:
    """Train and score every trial and return the outcomes in their order; see `at_a_time` for how many run at once.

    `probe` is how many validation headlines each is scored on. A progress bar counts the trials.
    """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from tqdm.auto import tqdm

    from phicookbook.finetune.registry import client

    client()  # the tables are made once, before several processes write into them
    at_once = at_a_time(len(trials), at_once)
    threads = max(1, book_settings.threads() // at_once)
    work = [(trial, folder, base, probe, experiment) for trial in trials]
    with ProcessPoolExecutor(at_once, mp_context=get_context("spawn"), initializer=_begin, initargs=(threads,)) as pool:
        return list(tqdm(pool.map(_try, work), total=len(trials), desc="sweep"))


def folder_of(folder: Path, trial: Trial) -> Path:
    """Where a trial of a sweep in `folder` leaves its model."""
    return folder / trial.name.replace(" ", "-")


def _begin(threads: int) -> None:
    os.environ["PHI_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(threads)


def _try(work: tuple) -> Outcome:
    """One trial in a process of the pool."""
    from phicookbook.corpora import headline_data
    from phicookbook.finetune import headlines as case
    from phicookbook.finetune.registry import track
    from phicookbook.finetune.train import finetune
    from phicookbook.models import open_model

    trial, folder, base, probe, experiment = work
    rows = [headline_data.row(headline) for headline in headline_data.draw("train", trial.rows)]
    chosen = headline_data.draw("validation", probe)

    def train(run):
        return finetune(base, rows, trial.settings, folder_of(folder, trial), progress=False, on_event=run.on_event)

    run, result = track(experiment, {"rows": trial.rows} | trial.settings.to_dict(), train, trial.name)
    replies = case.answers(open_model(str(result.folder)), chosen)
    labelled, worded = tuple(case.labelled(replies, chosen)), tuple(case.worded(replies, chosen))
    loss = result.losses[-1][1] if result.losses else float("nan")
    outcome = Outcome(trial, labelled, worded, loss, result.seconds, result.trained_tokens)
    run.client.log_metric(run.id, "accuracy", outcome.score.value)
    run.client.log_metric(run.id, "exact", outcome.exact.value)
    return outcome
