"""What follows a job on Azure ML, against stand-ins that have the signatures of the SDK's own operations."""

from __future__ import annotations

import json
from types import SimpleNamespace
from unittest.mock import create_autospec

import pytest
from azure.ai.ml.operations import JobOperations, ModelOperations, OnlineDeploymentOperations, OnlineEndpointOperations
from azure.core.exceptions import HttpResponseError

from phicookbook.finetune import POCKET, FinetuneSettings, azure, chat_rows, write_jsonl
from phicookbook.finetune.cloud import Cloud
from phicookbook.finetune.job import Job
from phicookbook.settings import CookbookError


@pytest.fixture
def client():
    """The four groups of operations that the steps use; a call with an argument that the SDK does not know fails."""
    made = SimpleNamespace(
        jobs=create_autospec(JobOperations, instance=True),
        models=create_autospec(ModelOperations, instance=True),
        online_endpoints=create_autospec(OnlineEndpointOperations, instance=True),
        online_deployments=create_autospec(OnlineDeploymentOperations, instance=True),
    )
    made.jobs.get.return_value.status = "Completed"
    made.models.create_or_update.side_effect = lambda model: SimpleNamespace(name=model.name, version="3", path=model.path)
    return made


@pytest.fixture
def cloud(client, tmp_path):
    data = tmp_path / "train.jsonl"
    write_jsonl(data, chat_rows([("a", "b")]))
    job = Job("pocket", str(data), str(tmp_path / "out"), "", FinetuneSettings(**POCKET), register_as="headlines")
    return Cloud(client, azure.requests(job, tmp_path / "code"), "brave_bird_1")


def test_a_job_is_watched_to_its_end(cloud, client):
    cloud.watch()
    client.jobs.stream.assert_called_once_with("brave_bird_1")
    client.jobs.get.return_value.status = "Failed"
    with pytest.raises(CookbookError, match="the job brave_bird_1 ended as Failed: its page"):
        cloud.watch()


def test_the_job_s_own_output_is_registered(cloud, client):
    assert cloud.register() == "headlines:3"
    (model,) = client.models.create_or_update.call_args.args
    assert model.path == "azureml://jobs/brave_bird_1/outputs/model"


def test_the_endpoint_stands_before_its_deployment_and_gets_its_traffic_after(cloud, client):
    sent = []
    client.online_endpoints.begin_create_or_update.side_effect = lambda e: (
        sent.append(dict(e.traffic or {})) or SimpleNamespace(result=lambda: e)
    )
    client.online_deployments.begin_create_or_update.side_effect = lambda d: (
        sent.append(d.name) or SimpleNamespace(result=lambda: d)
    )
    assert cloud.deploy() == "headlines-endpoint"
    assert sent == [{}, "blue", {"blue": 100}]


@pytest.mark.parametrize("wrapped", [False, True], ids=["an object", "an object in a text"])
def test_the_endpoint_is_asked_as_the_scoring_script_reads_it(cloud, client, wrapped):
    def invoke(endpoint_name, *, deployment_name, input_data):
        assert (endpoint_name, deployment_name) == ("headlines-endpoint", "blue")
        answer = json.dumps({"content": json.loads(input_data)["messages"][0]["content"].upper()})
        return json.dumps(answer) if wrapped else answer

    client.online_endpoints.invoke.side_effect = invoke
    assert cloud.ask([{"role": "user", "content": "hello"}]) == "HELLO"


def test_an_answer_that_is_none_is_told(cloud, client):
    client.online_endpoints.invoke.return_value = '{"error": "send messages"}'
    with pytest.raises(CookbookError, match="the endpoint headlines-endpoint gave no answer: send messages"):
        cloud.ask([])


def test_the_download_is_the_model_s_folder(cloud, client, tmp_path):
    def download(name, *, download_path, output_name):
        from pathlib import Path

        tuned = Path(download_path) / "named-outputs" / output_name / "tuned"
        tuned.mkdir(parents=True)
        (tuned / "adapter_config.json").write_text("{}")

    client.jobs.download.side_effect = download
    assert cloud.download(tmp_path / "mine") == tmp_path / "mine" / "named-outputs" / "model" / "tuned"
    client.jobs.download.side_effect = None
    with pytest.raises(CookbookError, match="brave_bird_1 left no model"):
        cloud.download(tmp_path / "other")


def test_deleting_ends_the_bill(cloud, client):
    cloud.delete()
    client.online_endpoints.begin_delete.assert_called_once_with(name="headlines-endpoint")
    client.online_endpoints.begin_delete.return_value.result.assert_called_once_with()


def test_what_azure_refuses_is_told_in_its_words(cloud, client):
    client.online_endpoints.begin_create_or_update.side_effect = HttpResponseError("Not enough quota.\nA long page.")
    with pytest.raises(CookbookError, match="^Azure ML did not deploy the model: Not enough quota.$"):
        cloud.deploy()
