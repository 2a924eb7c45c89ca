"""Every request to Azure ML is built with the SDK's own types and passes its own checks, without a network or an account."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from dataclasses import replace

import pytest
import yaml

from phicookbook import settings as book_settings
from phicookbook.finetune import POCKET, FinetuneSettings, azure, chat_rows, score, write_jsonl
from phicookbook.finetune.job import Job
from phicookbook.finetune.launch import launch
from phicookbook.settings import CookbookError

WANTED = [
    "compute", "environment", "training_data", "validation_data", "job", "finetuning_job", "model", "endpoint", "deployment",
]  # fmt: skip


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("azure")
    write_jsonl(folder / "train.jsonl", chat_rows([("a", "b")]))
    settings = FinetuneSettings(**POCKET | dict(num_nodes_finetune=2, number_of_gpu_to_use_finetuning=4, shm_size_finetune="8g"))
    data = str(folder / "train.jsonl")
    return Job("pocket", data, str(folder / "out"), data, settings, experiment="talk", register_as="headlines")


@pytest.fixture(scope="module")
def requested(job, tmp_path_factory):
    folder = tmp_path_factory.mktemp("code") / "code"
    return azure.requests(job, folder), folder


def test_the_talk_s_steps_are_all_there_and_the_sdk_finds_no_fault(requested):
    assert list(requested[0]) == WANTED
    assert azure.faults(requested[0]) == []


def test_a_fault_is_noticed(requested):
    from azure.ai.ml import command

    broken = command(command="echo hello", environment=None, compute="here")
    assert azure.faults({"job": broken}) == ["job: Missing data for required field."]


@pytest.mark.parametrize(
    ("what", "change", "told"),
    [
        ("compute", {"max_instances": "many"}, "'many'"),
        ("deployment", {"instance_count": "two"}, "'two'"),
        ("endpoint", {"auth_mode": "handshake"}, "'handshake' passed is not in set"),
        ("training_data", {"type": "uri_cloud"}, "Must be one of: uri_file"),
        ("finetuning_job", {"_task": "poetry"}, "poetry"),
    ],
)
def test_a_value_that_the_sdk_s_schema_refuses_is_noticed(requested, what, change, told):
    """The SDK builds such an object without a word; only its schema knows."""
    entity = copy.copy(requested[0][what])
    for name, value in change.items():
        setattr(entity, name, value)
    (fault,) = azure.faults({what: entity})
    assert fault.startswith(f"{what}: ") and re.search(told, fault)


def test_nodes_processes_and_memory_are_those_of_the_settings(requested):
    told = yaml.safe_load(azure.shown(requested[0]["job"]))
    assert told["distribution"] == {"type": "pytorch", "process_count_per_instance": 4}
    assert told["resources"]["instance_count"] == 2 and told["resources"]["shm_size"] == "8g"
    assert "phicookbook.finetune.worker job.yaml" in azure.shown(requested[0]["job"])
    assert yaml.safe_load(azure.shown(requested[0]["compute"]))["max_instances"] == 2


def test_hyperparameters_of_azure_s_own_job_are_texts_under_its_names(requested):
    told = yaml.safe_load(azure.shown(requested[0]["finetuning_job"]))
    assert told["hyperparameters"]["learning_rate"] == "0.002" and told["hyperparameters"]["apply_lora"] == "True"
    assert set(told["hyperparameters"]) <= set(FinetuneSettings.azure_names())
    assert told["task"].lower() == "chatcompletion"


def test_the_code_that_travels_runs_the_job_by_itself(requested, tmp_path):
    folder = requested[1]
    assert Job.read(folder / "job.yaml").settings.num_nodes_finetune == 2
    assert (folder / "phicookbook" / "finetune" / "score.py").exists()
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "phicookbook.finetune.worker", "job.yaml", f"training_data={tmp_path / 'no.jsonl'}"],
        cwd=folder, env={"PATH": "", "PHI_ARTIFACTS": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2 and "no.jsonl does not exist" in done.stderr


def test_a_dry_run_shows_every_request_and_no_folder_of_its_own(job):
    text = azure.dry_run(job)
    note, *parts = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    assert parts == WANTED and "FOLDER/code" in text
    assert note == "no catalogue holds pocket: Azure's own engine would tune Phi-4-mini-instruct in its place"
    assert "no catalogue" not in azure.dry_run(replace(job, model="microsoft/Phi-4-mini-instruct"))


def test_nothing_is_sent_without_credentials(job, monkeypatch):
    for name in book_settings.AZURE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURE_RESOURCE_GROUP", "mine")
    with pytest.raises(CookbookError, match=r"no Azure workspace is set \(AZURE_SUBSCRIPTION_ID, AZUREML_WORKSPACE_NAME\)"):
        launch(job, "azureml")


@pytest.mark.parametrize(
    ("values", "last"), [({}, "Command"), ({"apply_deepspeed": True}, "CustomModelFineTuningJob")], ids=["ours", "Azure's engine"]
)
def test_with_credentials_each_request_is_sent_once_in_order(job, monkeypatch, values, last):
    """The client is a stand-in that writes down what it is given: the workspace itself is the only part that cannot be here."""
    sent = []

    class Client:
        class jobs:
            create_or_update = staticmethod(lambda entity: sent.append(type(entity).__name__) or entity)

        class compute:
            @staticmethod
            def begin_create_or_update(entity):
                sent.append(type(entity).__name__)
                return type("Poller", (), {"result": lambda self: entity})()

        environments = data = jobs

    monkeypatch.setattr(azure, "workspace", Client)
    azure.submit(replace(job, settings=replace(job.settings, **values)))
    assert sent == ["AmlCompute", "Environment", "Data", "Data", last]
    with pytest.raises(CookbookError, match="takes validation data"):
        azure.submit(replace(job, validation_data="", settings=replace(job.settings, apply_ort=True)))


def test_what_is_shown_is_read_back_by_the_sdk_as_the_same_request(requested, tmp_path):
    """Each request as the YAML file that `az ml` and the SDK take: read anew, it passes the checks and dumps the same."""
    import azure.ai.ml as sdk

    for what in set(WANTED) - {"finetuning_job"}:  # whose loader gives local files the prefix of an address
        path = tmp_path / f"{what}.yaml"
        path.write_text(azure.shown(requested[0][what]), encoding="utf-8")
        again = getattr(sdk, azure.LOADERS[what])(str(path))
        assert azure.faults({what: again}) == [], what
        assert yaml.safe_load(azure.shown(again)) == yaml.safe_load(azure.shown(requested[0][what])), what


def test_what_azure_refuses_is_told_in_its_words(job, monkeypatch):
    from azure.core.exceptions import ClientAuthenticationError

    def refuse():
        raise ClientAuthenticationError("No credential could be had.\nA long list of those that were tried.")

    monkeypatch.setattr(azure, "workspace", refuse)
    with pytest.raises(CookbookError, match="^Azure ML did not take the job: No credential could be had.$"):
        launch(job, "azureml")


def test_the_scoring_script_answers_and_tells_bad_input(tiny_folder, monkeypatch):
    monkeypatch.setattr(book_settings, "served_folder", lambda: tiny_folder)
    score.init()
    answer = score.run(json.dumps({"messages": [{"role": "user", "content": "Is 3 good?"}]}))
    assert set(answer) == {"content"}
    assert "messages" in score.run("[]")["error"] and "messages" in score.run("{")["error"]
