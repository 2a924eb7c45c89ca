"""A fine-tuning job as a YAML file: the model, the data, the output, and settings with Azure's names.

    model: pocket
    training_data: train.jsonl
    validation_data: valid.jsonl
    output: tuned
    defaults: pocket            # or azure, which is the default
    hyperparameters:
      num_train_epochs: 3
    register_as: headlines

Paths are relative to the file, a model's too when it begins with a dot. `run_job(Job.read(Path("job.yaml")))` trains here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from phicookbook import settings as book_settings
from phicookbook.finetune import processes, registry, rules
from phicookbook.finetune.data import read_jsonl
from phicookbook.finetune.settings import POCKET, FinetuneSettings, changes
from phicookbook.settings import CookbookError

DEFAULTS = {"azure": {}, "pocket": POCKET}
PATHS = ("training_data", "validation_data", "output")


@dataclass(frozen=True)
class Job:
    """One run, described. An empty `experiment` or `register_as` means that nothing is tracked or registered."""

    model: str
    training_data: str
    output: str
    validation_data: str = ""
    settings: FinetuneSettings = FinetuneSettings()
    experiment: str = ""
    register_as: str = ""
    alias: str = ""

    def __post_init__(self):
        if self.alias and not self.register_as:
            raise CookbookError("alias points at a registered model: give register_as, the model's name, as well")
        if self.register_as:
            registry.check_name(self.register_as, self.alias)

    @classmethod
    def read(cls, path: Path | str) -> Job:
        """The job in a YAML file; raises CookbookError for what is missing, unknown or contradictory, by name."""
        path = Path(path)
        values = _yaml(path)
        defaults = values.pop("defaults", "azure")
        if defaults not in DEFAULTS:
            raise CookbookError(f"{path}: defaults is {defaults!r}, give one of {', '.join(DEFAULTS)}")
        given = values.pop("hyperparameters", None) or {}
        if not isinstance(given, dict):
            raise CookbookError(f"{path}: hyperparameters is {given!r}, give names with values")
        known = [field.name for field in fields(cls) if field.name != "settings"]
        if told := rules.unknown_names(values, known, "entry of a job"):
            raise CookbookError(f"{path}: {told}")
        for name in ("model", "training_data", "output"):
            if not values.get(name):
                raise CookbookError(f"{path}: there is no {name}: write `{name}: ...`")
        for name, value in values.items():
            if isinstance(value, (list, dict)):
                raise CookbookError(f"{path}: {name} is {value!r}, give a text")
            values[name] = _placed(path.parent, name, str(value or ""))
        try:
            chosen = FinetuneSettings.from_dict(DEFAULTS[defaults] | given)
        except CookbookError as error:
            raise CookbookError(f"{path}: {error}") from None
        return cls(**values, settings=chosen)

    def write(self, path: Path) -> None:
        """Write the job as YAML; of the settings only what differs from Azure's defaults."""
        import yaml

        values = {name: value for name, value in asdict(self).items() if value and name != "settings"}
        given = {name: now for name, (_, now) in changes(self.settings).items()}
        book_settings.write_text(path, yaml.safe_dump(values | {"hyperparameters": given}, sort_keys=False))

    @property
    def events(self) -> Path:
        """The file that tells the run's events as JSON lines while it works."""
        return Path(self.output + ".events.jsonl")


def _placed(folder: Path, name: str, value: str) -> str:
    """An entry with its path made absolute; a model is a path when it begins with a dot, and an address stays as it is."""
    path = name in PATHS or (name == "model" and value.startswith("."))
    return str((folder / value).resolve()) if path and value and "://" not in value else value


def _yaml(path: Path) -> dict:
    import yaml

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise CookbookError(f"{path} is no file: give the YAML file of a job") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CookbookError(f"{path} is not YAML: {error}") from None
    if not isinstance(values, dict):
        raise CookbookError(f"{path} holds no job: write `model: pocket` and so on, one name a line")
    return values


def run_job(job: Job, on_event: Callable[[dict], None] | None = None, progress: bool = True):
    """Train in this process, write the events, and track and register when the job says so; returns the FinetuneResult.

    Raises CookbookError for data that cannot be trained on.
    """
    if not (job.experiment or job.register_as) or not processes.is_first():
        return _train(job, [_writer(job), on_event], progress)
    run, result = registry.track(
        job.experiment or job.register_as,
        {"model": job.model, "training_data": Path(job.training_data).name} | job.settings.to_dict(),
        lambda run: _train(job, [_writer(job), run.on_event, on_event], progress),
        Path(job.output).name,
    )
    if job.register_as:
        registry.register(job.register_as, run, job.alias)
    return result


def _train(job: Job, listeners: list, progress: bool):
    from phicookbook.finetune.train import finetune

    method, where = job.settings.method, Path(job.output)
    rows = read_jsonl(job.training_data, method)
    validation = read_jsonl(job.validation_data, method) if job.validation_data else []

    def tell(event: dict) -> None:
        for listener in filter(None, listeners):
            listener(event)

    return finetune(
        job.model, rows, job.settings, where, progress=progress, validation=validation, on_event=tell, keep_checkpoints=True
    )


def _writer(job: Job) -> Callable[[dict], None]:
    """A listener that appends events to the job's file; a run from its beginning starts the file anew."""

    def write(event: dict) -> None:
        if event["type"] == "start" and event["step"] == 0:
            job.events.unlink(missing_ok=True)
        with job.events.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event, default=lambda value: Path(value).name) + "\n")

    return write


def read_events(job: Job) -> list[dict]:
    """The events that a run has told so far, [] when it has told none."""
    if not job.events.exists():
        return []
    return [json.loads(line) for line in job.events.read_text(encoding="utf-8").splitlines() if line.endswith("}")]


def divided(settings: FinetuneSettings, by: int) -> FinetuneSettings:
    """Settings for `by` processes that see the same rows a step as one process does with the given settings.

    Raises CookbookError when the batch cannot be divided.
    """
    if settings.per_device_train_batch_size % by:
        raise CookbookError(
            f"per_device_train_batch_size {settings.per_device_train_batch_size} cannot be shared by {by} processes: "
            f"give a multiple of {by}"
        )
    return replace(settings, per_device_train_batch_size=settings.per_device_train_batch_size // by)
