"""A job on Azure ML: every request built with the SDK's own types, shown in a dry run, sent only with credentials.

print(dry_run(Job.read(Path("job.yaml"))))    # no network, no account
submit(Job.read(Path("job.yaml")))            # with AZURE_SUBSCRIPTION_ID, AZURE_RESOURCE_GROUP and AZUREML_WORKSPACE_NAME
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

from phicookbook import settings as book_settings
from phicookbook.finetune.job import Job
from phicookbook.finetune.rules import AZURE_ONLY
from phicookbook.finetune.settings import FinetuneSettings, changes
from phicookbook.settings import CookbookError

IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-cuda11.8-cudnn8-ubuntu22.04"
CLUSTER, GPU = "gpu-cluster", "Standard_NC24ads_A100_v4"
MODELS = "azureml://registries/azureml/models/{}/labels/latest"
LOADERS = {
    "compute": "load_compute", "environment": "load_environment", "training_data": "load_data", "validation_data": "load_data",
    "job": "load_job", "finetuning_job": "load_job", "model": "load_model", "endpoint": "load_online_endpoint",
    "deployment": "load_online_deployment",
}  # fmt: skip
STAND_IN = "Phi-4-mini-instruct"  # for our own models, which no catalogue holds


def requests(job: Job, folder: Path) -> dict:
    """Everything that the talk's notebook asks of a workspace, in its order, as objects of azure-ai-ml; nothing is sent.

    `folder` gets the code that the job takes along. Raises CookbookError when a job could not run in the cloud.
    """
    from azure.ai.ml.entities import AmlCompute, Data, Environment, ManagedOnlineEndpoint, Model

    _hush()
    name = _name(job.register_as or Path(job.output).name)
    kind = job.settings.instance_type_finetune or GPU
    nodes = job.settings.num_nodes_finetune
    files = {"training_data": job.training_data, "validation_data": job.validation_data}
    environment = Environment(
        name=f"{name}-environment", image=IMAGE, conda_file=_conda(), description="the cookbook's lock file"
    )
    endpoint = ManagedOnlineEndpoint(name=f"{name}-endpoint", auth_mode="key")
    model = Model(name=name, path="azureml://jobs/JOB/outputs/model", type="custom_model", description=f"{job.model}, fine-tuned")
    return {
        "compute": AmlCompute(name=CLUSTER, size=kind, min_instances=0, max_instances=nodes, idle_time_before_scale_down=600),
        "environment": environment,
        **{what: Data(name=f"{name}-{what.split('_')[0]}", path=path, type="uri_file") for what, path in files.items() if path},
        "job": command_job(job, folder),
        **({"finetuning_job": finetuning_job(job)} if job.validation_data else {}),  # the SDK cannot build it without
        "model": model,
        "endpoint": endpoint,
        "deployment": deployment(name, kind, folder),
    }


def deployment(name: str, kind: str, folder: Path):
    """The registered model behind the endpoint, on one machine that is paid by the hour until it is deleted."""
    from azure.ai.ml.entities import CodeConfiguration, ManagedOnlineDeployment

    return ManagedOnlineDeployment(
        name="blue",
        endpoint_name=f"{name}-endpoint",
        model=f"azureml:{name}@latest",
        environment=f"azureml:{name}-environment@latest",
        code_configuration=CodeConfiguration(code=str(folder), scoring_script="phicookbook/finetune/score.py"),
        instance_type=kind,
        instance_count=1,
    )


def command_job(job: Job, folder: Path):
    """The job as our own code on a cluster ("custom code" in today's Foundry), with every setting that this book knows."""
    from azure.ai.ml import Input, Output, PyTorchDistribution, command

    name = _name(job.register_as or Path(job.output).name)
    data = {"training_data": job.training_data, "validation_data": job.validation_data}
    data = {what: Input(type="uri_file", path=path) for what, path in data.items() if path}
    given = " ".join(f"{what}=${{{{inputs.{what}}}}}" for what in data)
    return command(
        code=str(_code(job, folder)),
        command=f"python -m phicookbook.finetune.worker job.yaml {given} output=${{{{outputs.model}}}}/tuned",
        environment=f"{name}-environment@latest",
        inputs=data,
        outputs={"model": Output(type="uri_folder")},
        compute=CLUSTER,
        instance_count=job.settings.num_nodes_finetune,
        shm_size=job.settings.shm_size_finetune,
        distribution=PyTorchDistribution(process_count_per_instance=job.settings.number_of_gpu_to_use_finetuning),
        environment_variables={"HF_HUB_DISABLE_TELEMETRY": "1"},
        experiment_name=job.experiment or name,
        display_name=f"{name}-finetuning",
    )


def finetuning_job(job: Job):
    """The job as Azure's own fine-tuning of a catalogue model, where hyperparameters travel as texts."""
    from azure.ai.ml.finetuning import create_finetuning_job

    name = _name(job.register_as or Path(job.output).name)
    known = set(FinetuneSettings.azure_names())
    given = {key: str(now) for key, (_, now) in changes(job.settings).items() if key in known}
    model = MODELS.format(STAND_IN if job.model in book_settings.bundled() else Path(job.model).name)
    return create_finetuning_job(
        task="ChatCompletion", model=model, training_data=job.training_data, validation_data=job.validation_data,
        hyperparameters=given, output_model_name_prefix=name, instance_types=[job.settings.instance_type_finetune or GPU],
        experiment_name=job.experiment or name, display_name=f"{name}-catalogue-finetuning",
    )  # fmt: skip


def faults(requested: dict) -> list[str]:
    """What the SDK finds wrong with the requests, [] when nothing is; needs no network.

    Each request is written as the YAML file that `az ml` takes and read again by the SDK's own loader, which holds it against its
    schema; a command is checked by its own method as well.
    """
    told = []
    for what, entity in requested.items():
        found = entity._validate() if hasattr(entity, "_validate") else None
        messages = list(found.error_messages.values()) if found else []
        told += [f"{what}: {message}" for message in messages or _misread(what, entity)]
    return told


def _misread(what: str, entity) -> list[str]:
    """Why the SDK cannot write a request as YAML or read that again, [] when it can."""
    import tempfile

    import azure.ai.ml as sdk
    from azure.ai.ml.exceptions import ValidationException
    from marshmallow import ValidationError

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{what}.yaml"
        try:
            path.write_text(shown(entity), encoding="utf-8")
            getattr(sdk, LOADERS[what])(str(path))
        except (ValidationException, ValidationError, ValueError) as error:
            return [" ".join(str(error).split("Visit this link")[0].split())]
    return []


def dry_run(job: Job, folder: Path | None = None) -> str:
    """What `submit` would send, as YAML; touches no network. Raises CookbookError for what the SDK would refuse."""
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        requested = requests(job, folder or Path(made) / "code")
        if told := faults(requested):
            raise CookbookError("Azure ML would refuse this: " + "; ".join(told))
        note = f"# no catalogue holds {job.model}: Azure's own engine would tune {STAND_IN} in its place\n"
        text = "\n".join(f"# {what}\n{shown(entity)}" for what, entity in requested.items()).replace(made, "FOLDER")
        return (note if job.model in book_settings.bundled() else "") + text


def shown(entity) -> str:
    """One request as YAML."""
    import tempfile

    import yaml

    entity = entity._to_job() if hasattr(entity, "_to_job") else entity  # as the SDK itself sends a command
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "entity.yaml"
        values = entity.dump(str(path))  # an endpoint is returned and not written
        return path.read_text(encoding="utf-8") if path.exists() else yaml.safe_dump(json.loads(json.dumps(values)))


def submit(job: Job) -> str:
    """Create environment, data and compute in the workspace of the environment variables and start the job; returns its name.

    Settings that only Azure's own engine knows send Azure's own fine-tuning job in place of ours. Raises CookbookError when no
    credentials are set, when Azure refuses them or a request, or when that job lacks its validation data.
    """
    from azure.core.exceptions import AzureError

    try:
        return _send(workspace(), job)
    except AzureError as error:
        told = (error.message or str(error)).strip().splitlines()[0]
        raise CookbookError(f"Azure ML did not take the job: {told}") from error


def _send(client, job: Job) -> str:
    import tempfile

    engine = "finetuning_job" if any(getattr(job.settings, name) for name in AZURE_ONLY) else "job"
    if engine == "finetuning_job" and not job.validation_data:
        raise CookbookError("Azure's own fine-tuning job takes validation data: give validation_data")
    with tempfile.TemporaryDirectory() as folder:
        requested = requests(job, Path(folder) / "code")
        client.compute.begin_create_or_update(requested["compute"]).result()
        client.environments.create_or_update(requested["environment"])
        for what in ("training_data", "validation_data"):
            if what in requested:
                client.data.create_or_update(requested[what])
        return client.jobs.create_or_update(requested[engine]).name


def workspace():
    """A client of the workspace that the environment names; raises CookbookError when it names none."""
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    if missing := missing_credentials():
        raise CookbookError(missing)
    return MLClient(DefaultAzureCredential(), *book_settings.azure_workspace())


def missing_credentials() -> str:
    """Why nothing can be sent to Azure from here, "" when everything that it takes is set."""
    names = [name for name, value in zip(book_settings.AZURE, book_settings.azure_workspace()) if not value]
    return (
        f"no Azure workspace is set ({', '.join(names)}): set them, or use --dry-run to see what would be sent" if names else ""
    )


def _hush() -> None:
    """Keep the SDK from telling at every class that it is experimental."""
    import logging

    logging.getLogger("azure.ai.ml").setLevel(logging.ERROR)


def _name(text: str) -> str:
    """A text as a name that Azure ML takes: letters, digits, hyphens."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:24] or "job"


def _conda() -> dict:
    """The environment's packages: those of the lock file."""
    lock = (book_settings.PACKAGE.parent / "requirements.lock").read_text(encoding="utf-8")
    pins = [line.strip() for line in lock.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    return {"name": "cookbook", "channels": ["conda-forge"], "dependencies": ["python=3.11", "pip", {"pip": pins}]}


def _code(job: Job, folder: Path) -> Path:
    """The folder that travels with the job: this package, and the job's file."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(book_settings.PACKAGE, folder / "phicookbook", ignore=shutil.ignore_patterns("__pycache__", "*.part"))
    # Azure keeps runs and models by itself, through its own experiment and the model request.
    replace(job, experiment="", register_as="", alias="").write(folder / "job.yaml")
    return folder
