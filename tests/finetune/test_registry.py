"""MLflow on SQLite: what was tracked is there, versions and aliases resolve, downloads open in transformers alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from phicookbook.finetune import POCKET, FinetuneSettings, chat_rows, registry, write_jsonl
from phicookbook.finetune.job import Job, run_job
from phicookbook.models import open_model
from phicookbook.settings import CookbookError

ROWS = chat_rows([(f"Is {i} good?", "positive" if i % 2 else "negative") for i in range(32)])
TUNING = FinetuneSettings(**POCKET | dict(lora_r=4, learning_rate=1e-2, warmup_steps=0, logging_steps=1))


@pytest.fixture(scope="module")
def registered(tiny_folder, tmp_path_factory):
    """(home of a registry with two versions of a model, the job of the second)."""
    folder = tmp_path_factory.mktemp("registry")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_ARTIFACTS", str(folder))
        patch.setenv("PHI_THREADS", "1")
        write_jsonl(folder / "train.jsonl", ROWS)
        for place in ("first", "second"):
            job = Job(
                str(tiny_folder), str(folder / "train.jsonl"), str(folder / place), str(folder / "train.jsonl"), TUNING,
                experiment="trial", register_as="headlines", alias="champion" if place == "first" else "",
            )  # fmt: skip
            run_job(job, progress=False)
    return folder, job


@pytest.fixture(autouse=True)
def here(request, monkeypatch, artifacts):
    """The registry of the fixture above, and no tracking server of the caller's shell."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if "registered" in request.fixturenames:
        monkeypatch.setenv("PHI_ARTIFACTS", str(request.getfixturevalue("registered")[0]))


def test_parameters_curves_and_files_are_tracked(registered):
    asked = registry.client()
    runs = asked.search_runs([asked.get_experiment_by_name("trial").experiment_id])
    assert len(runs) == 2 and {run.info.status for run in runs} == {"FINISHED"}
    assert runs[0].data.params["lora_r"] == "4" and runs[0].data.params["learning_rate"] == "0.01"
    curve = asked.get_metric_history(runs[0].info.run_id, "train_loss")
    assert [point.step for point in curve] == [1, 2] and runs[0].data.metrics["valid_loss"] > 0
    files = {entry.path for entry in asked.list_artifacts(runs[0].info.run_id, registry.FILES)}
    assert "model/adapter_config.json" in files


@pytest.mark.parametrize(
    ("reference", "version"), [("headlines", 2), ("headlines/1", 1), ("headlines/2", 2), ("headlines@champion", 1)]
)
def test_names_versions_and_aliases_resolve_to_folders_that_open(registered, reference, version):
    assert int(registry.version_of(reference).version) == version
    folder = registry.folder_of(reference)
    assert (folder / "adapter_config.json").exists() and open_model(str(folder)).name


def test_a_download_opens_in_transformers_and_answers_as_the_adapter_does(registered, tmp_path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = registry.download("headlines@champion", tmp_path / "mine")
    assert not (folder / "adapter_config.json").exists()
    AutoModelForCausalLM.from_pretrained(folder)
    AutoTokenizer.from_pretrained(folder)
    answers = [open_model(str(f)).chat("Is 3 good?", max_new_tokens=4).text for f in (folder, registry.folder_of("headlines/1"))]
    assert answers[0] == answers[1]
    with pytest.raises(CookbookError, match="exists: give a folder that does not"):
        registry.download("headlines", folder)


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("nobody", "no model is registered as 'nobody': the registered models are headlines"),
        ("headlines/9", "no model is registered as 'headlines/9'"),
        ("headlines@nobody", "no model is registered as 'headlines@nobody'"),
        ("../x", "names no registered model: write headlines, headlines/3 or headlines@champion"),
        ("headlines/1/2", "names no registered model"),
        ("", "names no registered model"),
    ],
)
def test_a_name_that_does_not_exist_is_told(registered, reference, told):
    with pytest.raises(CookbookError) as caught:
        registry.folder_of(reference)
    assert told in str(caught.value)


def test_a_run_that_fails_is_marked_and_raised_and_what_was_registered_can_go():
    with pytest.raises(ValueError, match="broken"):
        registry.track("trial", {"a": 1}, lambda run: (_ for _ in ()).throw(ValueError("broken")))
    asked = registry.client()
    run = asked.search_runs([asked.get_experiment_by_name("trial").experiment_id])[0]
    assert run.info.status == "FAILED"
    made = registry.Run("trial", {})
    model = Path(registry.home().parent) / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    made.finish(model)
    assert [registry.register("other", made), registry.register("other", made)] == ["other/1", "other/2"]
    registry.unregister("other/2")
    assert registry.version_of("other").version in (1, "1")
    registry.unregister("other")
    with pytest.raises(CookbookError, match="the registered models are none yet"):
        registry.folder_of("other")
    with pytest.raises(CookbookError, match="is no name of a model"):
        registry.register("a/b", made)


def test_a_registered_model_is_served_under_a_name_and_deleted_again(registered, tiny_folder, tmp_path):
    openai = pytest.importorskip("openai")
    from phicookbook import serverless

    service = serverless.start(tmp_path / "data", "--model", str(tiny_folder), "--deploy", "mine=headlines@champion")
    try:
        client = openai.OpenAI(base_url=service.url, api_key="none")
        question = [{"role": "user", "content": "Is 3 good?"}]
        answer = client.chat.completions.create(model="mine", messages=question, max_tokens=4, temperature=0)
        expected = open_model(str(registry.folder_of("headlines@champion"))).chat("Is 3 good?", max_new_tokens=4).text
        assert answer.choices[0].message.content == expected
        assert client.models.delete("mine").deleted and "mine" not in [model.id for model in client.models.list()]
    finally:
        service.stop()
    assert registry.place_of(str(tmp_path)) == tmp_path
