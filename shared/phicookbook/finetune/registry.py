"""Tracking and the model registry: MLflow on a SQLite file of this machine, or on the server of MLFLOW_TRACKING_URI.

    folder_of("headlines@champion")              # where the files of a registered model are
    download("headlines@champion", Path("mine")) # a whole model that transformers opens

A name is "headlines" (the newest version), "headlines/3" (a version) or "headlines@champion" (an alias).
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from phicookbook import settings as book_settings
from phicookbook.models.artifacts import lock_of
from phicookbook.settings import CookbookError

NAME = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:/(\d+)|@([A-Za-z][\w-]*))?$")
FILES = "model"  # the folder of a run's artifacts that holds the model


def home() -> Path:
    """The folder of the local database and artifacts."""
    return book_settings.artifacts() / "mlflow"


def client():
    """MLflow's client; the first call makes the database, which takes some seconds."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    import logging

    logging.getLogger("alembic").setLevel(logging.WARNING)
    from mlflow import MlflowClient

    home().mkdir(parents=True, exist_ok=True)
    if address := book_settings.tracking_uri():
        return MlflowClient(address)
    with lock_of(home() / "mlflow.db"):  # two processes that both make the tables would get in each other's way
        made = MlflowClient(f"sqlite:///{home() / 'mlflow.db'}")
        made.search_experiments(max_results=1)
    return made


class Run:
    """One tracked run: parameters at its start, curves while it trains, the model's files in the end."""

    def __init__(self, experiment: str, parameters: dict[str, Any], name: str = ""):
        from mlflow.entities import Param

        self.client = client()
        with lock_of(home() / "experiments"):
            found = self.client.get_experiment_by_name(experiment)
            where = None if book_settings.tracking_uri() else (home() / "files" / experiment).resolve().as_uri()
            number = found.experiment_id if found else self.client.create_experiment(experiment, where)
        self.id = self.client.create_run(number, run_name=name or None).info.run_id
        self.client.log_batch(self.id, params=[Param(key, str(value)) for key, value in parameters.items()])

    def on_event(self, event: dict) -> None:
        """Log the metrics of an event of `finetune` as points of curves."""
        from mlflow.entities import Metric

        if event["type"] in ("train", "validation"):
            when, told = int(time.time() * 1000), {name: v for name, v in event.items() if name not in ("type", "step", "steps")}
            self.client.log_batch(self.id, [Metric(name, value, when, event["step"]) for name, value in told.items()])

    def finish(self, folder: Path, **metrics: float) -> None:
        """Log the model's folder and the last figures, and end the run."""
        for name, value in metrics.items():
            self.client.log_metric(self.id, name, value)
        self.client.log_artifacts(self.id, str(folder), FILES)
        self.client.set_terminated(self.id)

    def fail(self) -> None:
        """End the run as failed."""
        self.client.set_terminated(self.id, "FAILED")


def track(experiment: str, parameters: dict[str, Any], work: Callable[[Run], Any], name: str = "") -> tuple[Run, Any]:
    """Do a piece of work as a tracked run: (the run, what the work returned, a FinetuneResult). A failure is noted and raised."""
    run = Run(experiment, parameters, name)
    try:
        result = work(run)
    except BaseException:
        run.fail()
        raise
    run.finish(result.folder, seconds=result.seconds, trained_tokens=result.trained_tokens)
    return run, result


def register(name: str, run: Run, alias: str = "") -> str:
    """Register a run's model as the next version of `name`, point the alias at it, and return the name with its version."""
    from mlflow.exceptions import MlflowException

    check_name(name, alias)
    try:
        run.client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"{run.client.get_run(run.id).info.artifact_uri}/{FILES}"
    version = run.client.create_model_version(name, source, run.id).version
    if alias:
        run.client.set_registered_model_alias(name, alias, version)
    return f"{name}/{version}"


def check_name(name: str, alias: str = "") -> None:
    """Raise CookbookError for a name that no model can be registered under, or an alias that MLflow would refuse in the end."""
    if not NAME.match(name) or "@" in name or "/" in name:
        raise CookbookError(f"{name!r} is no name of a model: give letters, digits, dots, hyphens and underscores")
    if alias and (not NAME.match(f"{name}@{alias}") or alias == "latest" or re.fullmatch(r"[vV]\d+", alias)):
        raise CookbookError(f"{alias!r} is no alias: begin with a letter, go on with letters, digits, hyphens; not latest or v1")


def version_of(reference: str):
    """MLflow's entry of a registered model; raises CookbookError for a name, version or alias that does not exist."""
    from mlflow.exceptions import MlflowException

    parts = NAME.match(reference)
    if not parts:
        raise CookbookError(f"{reference!r} names no registered model: write headlines, headlines/3 or headlines@champion")
    name, version, alias = parts.groups()
    asked = client()
    try:
        if alias:
            return asked.get_model_version_by_alias(name, alias)
        if version:
            return asked.get_model_version(name, version)
        versions = asked.search_model_versions(f"name='{name}'")
    except MlflowException:
        versions = []
    if not versions:
        known = ", ".join(sorted(model.name for model in asked.search_registered_models())) or "none yet"
        raise CookbookError(f"no model is registered as {reference!r}: the registered models are {known}")
    return max(versions, key=lambda entry: int(entry.version))


def folder_of(reference: str) -> Path:
    """The folder with a registered model's files, fetched first where a server keeps them; `open_model(str(folder))` opens it.

    Raises CookbookError for a model that is not registered or whose files are gone.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    entry = version_of(reference)
    try:
        folder = Path(download_artifacts(artifact_uri=entry.source, tracking_uri=book_settings.tracking_uri() or None))
    except (MlflowException, OSError) as error:
        raise CookbookError(f"the files of {reference!r} cannot be had from {entry.source}: {error}") from error
    if not folder.is_dir():
        raise CookbookError(f"the files of {reference!r} are gone from {folder}: register the model again")
    return folder


def place_of(where: str) -> Path:
    """A folder as it stands, else the folder of the registered model that is called so."""
    return Path(where) if Path(where).is_dir() else folder_of(where)


def download(reference: str, to: Path) -> Path:
    """Write a registered model to `to` as a whole model that transformers opens, an adapter merged into its base."""
    from phicookbook.models.local import open_folder

    if to.exists():
        raise CookbookError(f"{to} exists: give a folder that does not")
    opened = open_folder(folder_of(reference), reference)
    part = to.with_name(to.name + ".part")
    opened.model.save_pretrained(part)
    opened.tokenizer.save_pretrained(part)
    os.replace(part, to)
    return to


def unregister(reference: str) -> None:
    """Take a version out of the registry (the whole model for a name alone); the run keeps its files."""
    entry = version_of(reference)
    asked = client()
    if "/" in reference or "@" in reference:
        asked.delete_model_version(entry.name, entry.version)
    else:
        asked.delete_registered_model(entry.name)
