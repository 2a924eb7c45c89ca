"""Jobs through the official client: from the upload to a model that answers, what they tell, and what stops them."""

from __future__ import annotations

import csv
import io

import openai
import pytest
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint
from service_client import QUESTION, ROWS, connect, ended, tune, until, upload


def test_a_job_ends_with_a_model(client, tuned):
    assert tuned.status == "succeeded", tuned.error
    assert FineTuningJob.model_validate(tuned.to_dict(), strict=True)
    assert tuned.error is None and not tuned.error
    assert tuned.fine_tuned_model.startswith("ft:pocket:cookbook:shown:") and tuned.seed == 7
    assert tuned.metadata == {"case": "test"} and tuned.finished_at >= tuned.created_at
    knobs = {"batch_size": 4, "n_epochs": 4, "learning_rate_multiplier": 0.5}
    assert tuned.hyperparameters.to_dict() == knobs
    assert tuned.method.type == "supervised" and tuned.method.supervised.hyperparameters.to_dict() == knobs
    assert tuned.trained_tokens % 4 == 0 and tuned.trained_tokens > 4 * 12 * 5
    assert client.fine_tuning.jobs.retrieve(tuned.id) == tuned


def test_events_tell_the_way(client, tuned):
    events = list(client.fine_tuning.jobs.list_events(tuned.id, limit=3))  # pages of three, newest first
    for event in events:
        assert FineTuningJobEvent.model_validate(event.to_dict(), strict=True)
    assert len({event.id for event in events}) == len(events)
    told = [event.message for event in events if event.type == "message"][::-1]
    assert told[0].startswith("Created fine-tuning job") and told[-1] == "The job has successfully completed"
    places = [told.index(message) for message in ("Files validated, moving job to queued state", "Fine-tuning job started")]
    assert places == sorted(places)
    points = [event.data for event in events if event.type == "metrics"][::-1]
    losses = {point["step"]: point["train_loss"] for point in points if "train_loss" in point}
    assert sorted(losses) == list(range(1, 13)) and losses[12] < losses[1]
    assert sorted(point["step"] for point in points if "valid_loss" in point) == [3, 6, 9, 12]
    assert all(point["total_steps"] == 12 for point in points)


def test_the_last_three_checkpoints_answer(client, tuned):
    checkpoints = list(client.fine_tuning.jobs.checkpoints.list(tuned.id, limit=2))
    assert [checkpoint.step_number for checkpoint in checkpoints] == [12, 9, 6]
    for checkpoint in checkpoints:
        assert FineTuningJobCheckpoint.model_validate(checkpoint.to_dict(), strict=True)
        assert checkpoint.metrics.full_valid_loss > 0 and 0 <= checkpoint.metrics.full_valid_mean_token_accuracy <= 1
        assert checkpoint.fine_tuned_model_checkpoint == f"{tuned.fine_tuned_model}:ckpt-step-{checkpoint.step_number}"
        model = checkpoint.fine_tuned_model_checkpoint
        assert (
            client.chat.completions.create(model=model, messages=QUESTION, temperature=0, max_tokens=4).choices[0].message.content
        )
    page = client.fine_tuning.jobs.checkpoints.list(tuned.id, limit=2)
    assert page.has_more and page.to_dict()["first_id"] == checkpoints[0].id and page.to_dict()["last_id"] == checkpoints[1].id


def test_the_result_file_holds_the_curves(client, tuned):
    file = client.files.retrieve(tuned.result_files[0])
    assert file.purpose == "fine-tune-results" and file.filename.endswith(".csv")
    rows = list(csv.DictReader(io.StringIO(client.files.content(file.id).text)))
    assert list(rows[0]) == [
        "step", "train_loss", "train_mean_token_accuracy", "valid_loss", "validation_mean_token_accuracy", "full_valid_loss",
        "full_valid_mean_token_accuracy",
    ]  # fmt: skip
    assert [int(row["step"]) for row in rows] == list(range(1, 13))
    assert all(float(row["train_loss"]) > 0 for row in rows) and [bool(row["full_valid_loss"]) for row in rows[:3]] == [
        False,
        False,
        True,
    ]


def test_preferences_are_learnt_too(client):
    rows = [
        {
            "input": {"messages": [{"role": "user", "content": f"Is {i} good?"}]},
            "preferred_output": [{"role": "assistant", "content": "positive"}],
            "non_preferred_output": [{"role": "assistant", "content": "negative"}],
        }
        for i in range(12)
    ]
    job = ended(client, tune(client, rows, kind="dpo", knobs={"n_epochs": 1, "beta": 0.2}).id)
    assert job.status == "succeeded", job.error
    assert job.method.dpo.hyperparameters.beta == 0.2 and job.method.dpo.hyperparameters.learning_rate_multiplier > 0
    client.models.delete(job.fine_tuned_model)


def test_every_bad_line_is_told(client):
    lines = [b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}'] * 9
    lines[2:4] = [b"{broken", b'{"messages": []}']
    job = ended(client, tune(client, b"\n".join([*lines, *[b"[]"] * 30])).id)
    assert (job.status, job.error.code, job.error.param) == ("failed", "invalid_training_file", "training_file")
    told = job.error.message.splitlines()
    assert told[0] == "The file has 32 bad lines:" and told[-1] == "and 12 more" and len(told) == 22
    assert told[1].startswith("line 3: not JSON") and told[2].startswith("line 4: the last message is not")
    assert job.fine_tuned_model is None and job.trained_tokens is None
    assert client.fine_tuning.jobs.list_events(job.id).data[0].level == "error"


@pytest.mark.parametrize("rows", [ROWS[:9], b"\xff\xfe{}", b"\n\n"])
def test_a_file_that_cannot_be_learnt_fails_the_job(client, rows):
    job = ended(client, tune(client, rows).id)
    assert job.status == "failed" and job.error.param == "training_file"


def test_a_bad_validation_file_is_named(client):
    job = ended(client, tune(client, validation_file=upload(client, b"{}").id).id)
    assert (job.status, job.error.param) == ("failed", "validation_file")


def test_a_row_that_is_too_long_fails_the_job_with_its_number(client):
    rows = [*ROWS, {"messages": [{"role": "user", "content": "word " * 2000}, {"role": "assistant", "content": "ok"}]}]
    job = ended(client, tune(client, rows).id)
    assert job.status == "failed" and job.error.message.startswith("row 13 has") and job.error.param == "training_file"


def test_a_job_is_cancelled_paused_and_goes_on(client):
    """The second job waits for the first one's processor; a paused one keeps what it learnt."""
    jobs = client.fine_tuning.jobs
    first = tune(client, knobs={"n_epochs": 40})
    second = tune(client)
    until(lambda: any(e.type == "metrics" for e in jobs.list_events(first.id)), "a first step")
    assert jobs.retrieve(second.id).status == "queued" and jobs.retrieve(first.id).estimated_finish
    assert jobs.cancel(second.id).status == "cancelled"
    until(lambda: len(jobs.checkpoints.list(first.id).data), "a checkpoint")
    assert jobs.pause(first.id).status == "paused"
    with pytest.raises(openai.BadRequestError, match="is paused: only a job that is queued or running") as told:
        jobs.pause(first.id)
    assert told.value.code == "invalid_job_state"
    assert jobs.resume(first.id).status == "queued"
    until(lambda: any("Going on from the checkpoint" in e.message for e in jobs.list_events(first.id, limit=200)), "a new start")
    assert jobs.cancel(first.id).status == "cancelled"
    assert jobs.retrieve(first.id).finished_at and jobs.retrieve(first.id).fine_tuned_model is None
    for ask in (jobs.cancel, jobs.resume, jobs.pause):
        with pytest.raises(openai.BadRequestError):
            ask(first.id)


def test_as_many_jobs_train_at_once_as_were_asked_for(tmp_path, quiet_environment):
    from phicookbook.serverless import start

    running = start(tmp_path / "data", "--jobs", "2")
    try:
        client = connect(running.url)
        made = [tune(client, knobs={"n_epochs": 50}).id for _ in range(3)]
        states = lambda: [client.fine_tuning.jobs.retrieve(id).status for id in made]  # noqa: E731
        until(lambda: states()[:2] == ["running"] * 2, "two jobs that train")
        assert states() == ["running", "running", "queued"]
        client.fine_tuning.jobs.cancel(made[0])
        until(lambda: states() == ["cancelled", "running", "running"], "the third job's turn")
    finally:
        running.stop()


def test_jobs_are_listed_by_page_and_by_metadata(client, tuned):
    newest = [client.fine_tuning.jobs.create(model="pocket", training_file=upload(client, b"{}").id).id for _ in range(3)]
    listed = [job.id for job in client.fine_tuning.jobs.list(limit=2)]
    assert listed[:3] == newest[::-1] and len(set(listed)) == len(listed) and tuned.id in listed
    assert [job.id for job in client.fine_tuning.jobs.list(metadata={"case": "test"})] == [tuned.id]
    assert [job.id for job in client.fine_tuning.jobs.list(metadata={"case": "other"})] == []
    auto = client.fine_tuning.jobs.retrieve(newest[0]).hyperparameters
    assert (auto.batch_size, auto.n_epochs, auto.learning_rate_multiplier) == ("auto",) * 3
    for id in newest:
        ended(client, id)


@pytest.mark.parametrize(
    ("form", "error", "param"),
    [
        ({"model": "gpt-4o"}, openai.NotFoundError, "model"),
        ({"training_file": "file-0"}, openai.BadRequestError, "training_file"),
        ({"validation_file": "../../x"}, openai.BadRequestError, "validation_file"),
        ({"suffix": "x" * 41}, openai.BadRequestError, "suffix"),
        ({"suffix": "../x"}, openai.BadRequestError, "suffix"),
        ({"seed": -1}, openai.BadRequestError, "seed"),
        ({"method": {"type": "reinforcement"}}, openai.BadRequestError, "method.type"),
        ({"method": {"type": "dpo", "supervised": {}}}, openai.BadRequestError, "method"),
        ({"hyperparameters": {"n_epochs": 0}}, openai.BadRequestError, "hyperparameters.n_epochs"),
        ({"hyperparameters": {"batch_size": 257}}, openai.BadRequestError, "hyperparameters.batch_size"),
        ({"hyperparameters": {"learning_rate_multiplier": "high"}}, openai.BadRequestError, "hyperparameters"),
        ({"hyperparameters": {"beta": 0.1}}, openai.BadRequestError, "hyperparameters.beta"),
        ({"metadata": {str(n): "" for n in range(17)}}, openai.BadRequestError, "metadata"),
        ({"extra_body": {"rank": 8}}, openai.BadRequestError, "rank"),
    ],
)
def test_a_bad_request_names_its_field(client, tuned, form, error, param):
    whole = {"model": "pocket", "training_file": tuned.training_file} | form
    with pytest.raises(error) as told:
        client.fine_tuning.jobs.create(**whole)
    assert told.value.param.startswith(param) and told.value.type == "invalid_request_error"


def test_a_knob_that_is_neither_auto_nor_a_number_is_told_both(client, tuned):
    with pytest.raises(
        openai.BadRequestError, match="n_epochs: Input should be 'auto', or: Input should be greater than or equal to 1"
    ):
        client.fine_tuning.jobs.create(model="pocket", training_file=tuned.training_file, hyperparameters={"n_epochs": -3})


def test_a_tuned_model_is_no_base(client, tuned):
    with pytest.raises(openai.BadRequestError, match="is tuned already: start from pocket"):
        client.fine_tuning.jobs.create(model=tuned.fine_tuned_model, training_file=tuned.training_file)


@pytest.mark.parametrize("ask", ["retrieve", "cancel", "pause", "resume", "list_events"])
def test_an_unknown_job_is_told(client, ask):
    with pytest.raises(openai.NotFoundError, match="No such fine-tuning job"):
        getattr(client.fine_tuning.jobs, ask)("ftjob-0")
    with pytest.raises(openai.NotFoundError):
        client.fine_tuning.jobs.checkpoints.list("ftjob-0")
