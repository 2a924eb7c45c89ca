"""A job's YAML: what goes in comes out, what is missing or unknown is told, and the command shows and runs it."""

from __future__ import annotations

import re

import pytest

from phicookbook.cli import main
from phicookbook.finetune import POCKET, FinetuneSettings, chat_rows, write_jsonl
from phicookbook.finetune.job import Job
from phicookbook.finetune.worker import main as work
from phicookbook.settings import CookbookError

GOOD = "model: pocket\ntraining_data: train.jsonl\noutput: tuned\n"


def write(tmp_path, text: str):
    path = tmp_path / "job.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_relative_to_the_file_and_defaults_are_azure_s(tmp_path):
    job = Job.read(write(tmp_path, GOOD + "hyperparameters:\n  learning_rate: 1e-4\n"))
    assert job.training_data == str(tmp_path / "train.jsonl") and job.output == str(tmp_path / "tuned")
    assert job.settings == FinetuneSettings(learning_rate=1e-4) and job.validation_data == ""


def test_pocket_s_defaults_can_be_asked_for(tmp_path):
    job = Job.read(write(tmp_path, GOOD + "defaults: pocket\nhyperparameters: {lora_r: 4}\n"))
    assert job.settings == FinetuneSettings(**POCKET | {"lora_r": 4})


def test_a_job_comes_back_as_it_was_written(tmp_path):
    path = tmp_path / "made.yaml"
    settings = FinetuneSettings(**POCKET | {"learning_rate": 1e-5})
    job = Job("pocket", str(tmp_path / "a.jsonl"), str(tmp_path / "o"), "", settings, "trial", "headlines", "champion")
    job.write(path)
    assert Job.read(path) == job
    assert "weight_decay" not in path.read_text()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no job"),
        ("- a", "holds no job"),
        ("model: [", "is not YAML"),
        ("model: pocket\noutput: x\n", "there is no training_data"),
        (GOOD + "modell: x\n", r"no entry of a job is called modell \(did you mean model\?\)"),
        (GOOD + "hyperparameters: {lora_rr: 4}\n", r"no fine-tuning setting is called lora_rr \(did you mean lora_r\?\)"),
        (GOOD + "hyperparameters: {lora_r: 0}\n", "lora_r is 0, give a whole number from 1 up"),
        (GOOD + "hyperparameters: [1]\n", r"hyperparameters is \[1\], give names with values"),
        (GOOD + "defaults: mine\n", "defaults is 'mine', give one of azure, pocket"),
        (GOOD + "alias: champion\n", "give register_as"),
        (GOOD + "register_as: a/b\n", "'a/b' is no name of a model"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, text, told):
    with pytest.raises(CookbookError, match=told):
        Job.read(write(tmp_path, text))


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(CookbookError, match="no.yaml is no file: give the YAML file of a job"):
        Job.read(tmp_path / "no.yaml")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("alias: a b", "'a b' is no alias"),
        ("alias: v1", "'v1' is no alias"),
        ("alias: latest", "'latest' is no alias"),
    ],
)
def test_an_alias_that_mlflow_would_refuse_in_the_end_is_told_at_the_start(tmp_path, line, told):
    with pytest.raises(CookbookError, match=told):
        Job.read(write(tmp_path, GOOD + f"register_as: headlines\n{line}\n"))


def test_what_is_left_empty_is_as_if_left_out_and_a_list_is_no_text(tmp_path):
    assert Job.read(write(tmp_path, GOOD + "experiment:\nvalidation_data:\n")) == Job.read(write(tmp_path, GOOD))
    with pytest.raises(CookbookError, match=r"training_data is \['a'\], give a text"):
        Job.read(write(tmp_path, GOOD.replace("train.jsonl", "[a]")))


def test_a_model_beside_the_file_is_found_and_an_address_stays_one(tmp_path):
    there = "azureml://datastores/mine/paths/train.jsonl"
    job = Job.read(write(tmp_path, GOOD.replace("pocket", "./base").replace("train.jsonl", there)))
    assert (job.model, job.training_data) == (str(tmp_path / "base"), there)
    assert Job.read(write(tmp_path, GOOD.replace("pocket", "microsoft/phi"))).model == "microsoft/phi"


@pytest.mark.parametrize("output", [".", "mine", "train.jsonl"])
def test_a_run_never_takes_the_place_of_what_no_run_made(tmp_path, capsys, tiny_folder, output):
    """The folder of the job itself, somebody's folder, the training data: a run would delete it in the end."""
    write_jsonl(tmp_path / "train.jsonl", chat_rows([("a", "b")] * 4))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    path = write(tmp_path, GOOD.replace("pocket", str(tiny_folder)).replace("tuned", output))
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    for words in ([], ["--dry-run"]):
        assert main(["finetune", str(path), *words]) == 2
        assert "is no result of an earlier run" in capsys.readouterr().err
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_a_number_of_processes_where_there_is_none_is_told(tmp_path, capsys):
    path = write(tmp_path, GOOD)
    for place, told in (("local", "local is one process"), ("azureml", "set num_nodes_finetune")):
        assert main(["finetune", str(path), "--on", place, "--processes", "2"]) == 2
        assert told in capsys.readouterr().err


def test_the_command_shows_the_changes_and_a_dry_run_does_nothing(tmp_path, capsys):
    path = write(tmp_path, GOOD + "hyperparameters: {apply_lora: true}\n")
    assert main(["finetune", str(path), "--dry-run"]) == 2
    assert "train.jsonl does not exist" in capsys.readouterr().err
    write_jsonl(tmp_path / "train.jsonl", chat_rows([("a", "b")]))
    assert main(["finetune", str(path), "--on", "torchrun", "--processes", "2", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "apply_lora" in out and "(Azure's default: False)" in out and "--nproc-per-node=2" in out
    assert {p.name for p in tmp_path.iterdir() if p.name != "artifacts"} == {"job.yaml", "train.jsonl"}
    assert main(["finetune", str(path), "--on", "ray", "--processes", "2", "--dry-run"]) == 0
    assert "2 Ray workers" in capsys.readouterr().out
    assert main(["finetune", str(path), "--on", "azureml", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n# {what}\n" in out for what in ("compute", "job", "model", "endpoint", "deployment"))
    assert main(["finetune", str(path), "--on", "moon"]) == 2
    assert "no place is called 'moon'" in capsys.readouterr().err


def test_the_command_trains(tmp_path, capsys, tiny_folder):
    write_jsonl(tmp_path / "train.jsonl", chat_rows([("a", "b")] * 4))
    path = write(tmp_path, GOOD.replace("pocket", str(tiny_folder)) + "defaults: pocket\nhyperparameters: {max_steps: 1}\n")
    assert main(["finetune", str(path)]) == 0
    out = capsys.readouterr().out
    assert str(tmp_path / "tuned") in out and (tmp_path / "tuned" / "run.json").exists()
    assert re.search(r"^1 steps, \d+ tokens, [\d.]+ s, [1-9][\d,]* tokens a second$", out, re.M)


def test_a_worker_takes_other_entries_and_tells_what_is_wrong(tmp_path, capsys):
    assert work(str(write(tmp_path, GOOD)), f"training_data={tmp_path / 'other.jsonl'}") == 2
    assert "other.jsonl does not exist" in capsys.readouterr().err


def test_the_help_of_the_command_names_every_entry():
    from dataclasses import fields

    from phicookbook.cli.finetune import KEYS

    named = set(re.findall(r"[a-z_]+", KEYS.replace("azure or pocket", "").replace("and if wanted", "").replace(" and ", " ")))
    assert named == {field.name for field in fields(Job)} - {"settings"} | {"defaults", "hyperparameters"}
