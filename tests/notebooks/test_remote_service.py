"""Chapter 04 by changing an address: the same cells against a service that runs elsewhere, where the tuned model needs a
deployment, as in the cloud.

pytest tests/notebooks/test_remote_service.py
"""

from __future__ import annotations

import json
import threading
import time

import nbformat
import papermill
from service_client import connect

from phicookbook import serverless, settings
from phicookbook.book import claims
from phicookbook.serverless.deploy import deploy

CHAPTER = "04_serverless_finetuning"
SMALL = {"rows": 120, "epochs": 1, "judged": 40, "asked": 2}


def deploy_when_done(client, data) -> None:
    """What a person does in the portal: as soon as a job has succeeded, its model is deployed under the chapter's name."""
    while not (done := [job for job in client.fine_tuning.jobs.list() if job.status == "succeeded"]):
        time.sleep(0.2)
    deploy(data, "headlines", data / "jobs" / done[0].id / "model")


def test_the_chapter_runs_against_a_service_elsewhere(tmp_path, artifacts):
    data, executed = tmp_path / "elsewhere", tmp_path / "done.ipynb"
    service = serverless.start(data)
    try:
        client = connect(service.url)
        threading.Thread(target=deploy_when_done, args=(client, data), daemon=True).start()
        papermill.execute_notebook(
            settings.COOKBOOK / f"{CHAPTER}.ipynb", executed, {"base_url": service.url, "deployment": "headlines", **SMALL},
            cwd=settings.COOKBOOK, progress_bar=False, start_timeout=600,
        )  # fmt: skip
        models, files = [model.id for model in client.models.list()], [file.id for file in client.files.list()]
    finally:
        service.stop()
    assert set(models) == {"pocket", "headlines"} and not files, "the chapter left something behind"
    told = "\n".join(o.get("text", "") for cell in nbformat.read(executed, as_version=4).cells for o in cell.get("outputs", []))
    assert "headlines answers" in told and "left out: without the smaller jobs" in told and "left of them: []" in told
    records = [json.loads(path.read_text()) for path in (artifacts / "ledger").glob("*.json")]
    every = {id for id, entry in claims.load().items() if entry.chapter == CHAPTER}
    assert {record["id"] for record in records} == every - {"headlines.little-data"}, "that claim is about a thousand rows"
