"""What follows a job on Azure ML, step by step: watch it, register the model, deploy, call, download, delete.

cloud = Cloud(workspace(), requests(job, Path("code")), submit(job))
cloud.watch(); cloud.register(); cloud.deploy()
cloud.ask([{"role": "user", "content": "Hello"}])
cloud.delete()
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from phicookbook.finetune.score import models_below
from phicookbook.settings import CookbookError

SUCCEEDED = "Completed"


class Cloud:
    """One job of a workspace; `requested` is what `azure.requests` built for it.

    Every step raises CookbookError with Azure's own words when Azure refuses it.
    """

    def __init__(self, client, requested: dict, job_name: str):
        self.client, self.requested, self.job_name = client, requested, job_name
        self.endpoint, self.deployment = requested["endpoint"].name, requested["deployment"].name

    def watch(self) -> None:
        """Print the job's log until it ends; raises CookbookError when it did not succeed."""
        with _told("follow the job"):
            self.client.jobs.stream(self.job_name)
            status = self.client.jobs.get(self.job_name).status
        if status != SUCCEEDED:
            raise CookbookError(f"the job {self.job_name} ended as {status}: its page in the studio says why")

    def register(self) -> str:
        """Register the job's output as a model; returns its name and version, as "headlines:3"."""
        model = self.requested["model"]
        model.path = f"azureml://jobs/{self.job_name}/outputs/model"
        with _told("register the model"):
            made = self.client.models.create_or_update(model)
        return f"{made.name}:{made.version}"

    def deploy(self) -> str:
        """Create the endpoint with one deployment and send all its traffic there; returns the endpoint's name.

        From here on a machine is paid by the hour, until `delete`.
        """
        endpoint = self.requested["endpoint"]
        with _told("deploy the model"):
            self.client.online_endpoints.begin_create_or_update(endpoint).result()
            self.client.online_deployments.begin_create_or_update(self.requested["deployment"]).result()
            endpoint.traffic = {self.deployment: 100}
            self.client.online_endpoints.begin_create_or_update(endpoint).result()
        return self.endpoint

    def ask(self, messages: list[dict]) -> str:
        """The deployed model's answer; raises CookbookError when it is none."""
        body = json.dumps({"messages": messages})
        with _told("call the endpoint"):
            answer = self.client.online_endpoints.invoke(self.endpoint, deployment_name=self.deployment, input_data=body)
        told = json.loads(answer)
        told = json.loads(told) if isinstance(told, str) else told  # a scoring script's text comes back as JSON in JSON
        if "content" not in told:
            raise CookbookError(f"the endpoint {self.endpoint} gave no answer: {told.get('error', answer)}")
        return told["content"]

    def download(self, folder: Path) -> Path:
        """The job's output on this machine; returns the folder of the model."""
        with _told("download the model"):
            self.client.jobs.download(self.job_name, download_path=str(folder), output_name="model")
        found = models_below(folder)
        if not found:
            raise CookbookError(f"{self.job_name} left no model in {folder}: look at the job's outputs in the studio")
        return found[0]

    def delete(self) -> None:
        """Delete the endpoint with its deployment: the bill stops. The registered model stays."""
        with _told("delete the endpoint"):
            self.client.online_endpoints.begin_delete(name=self.endpoint).result()


@contextmanager
def _told(step: str) -> Iterator[None]:
    """Turn what the SDK raises into one sentence."""
    from azure.core.exceptions import AzureError

    try:
        yield
    except AzureError as error:
        words = (error.message or str(error)).strip().splitlines()[0]
        raise CookbookError(f"Azure ML did not {step}: {words}") from error
