"""Following a job: every loss once and in order, and a sentence when there is nothing to wait for."""

from __future__ import annotations

import threading

import pytest
from service_client import PATIENCE, tune

from phicookbook.serverless.deploy import deploy
from phicookbook.serverless.watch import answering, events_after, point_of, watch
from phicookbook.settings import CookbookError


def test_a_job_that_has_ended_tells_both_its_curves(client, tuned):
    trained, validated = [], []
    job = watch(client, tuned.id, lambda *point: trained.append(point), lambda *point: validated.append(point))
    assert job == tuned
    assert [step for step, _, _ in trained] == list(range(1, 13)) and {steps for _, steps, _ in trained} == {12}
    assert [step for step, _, _ in validated] == [3, 6, 9, 12], "the validation rows are read at the end of each epoch"
    last = client.fine_tuning.jobs.checkpoints.list(tuned.id).data[0].metrics
    rounded = (pytest.approx(last.train_loss, abs=1e-6), pytest.approx(last.full_valid_loss, abs=1e-6))
    assert (trained[-1][2], validated[-1][2]) == rounded


def test_only_what_is_new_is_heard_again(client, tuned):
    told = events_after(client, tuned.id)
    for place in (0, 5, len(told) - 1):
        assert events_after(client, tuned.id, told[place].id) == told[place + 1 :]
    steps = [point["step"] for event in told if "train_loss" in (point := point_of(event))]
    assert steps == list(range(1, 13)) and any(not point_of(event) for event in told)


def test_a_job_that_fails_says_why(client):
    with pytest.raises(CookbookError, match="is failed: The file has 1 bad line:\nline 1"):
        watch(client, tune(client, b"{}").id)
    job = tune(client)
    client.fine_tuning.jobs.cancel(job.id)
    with pytest.raises(CookbookError, match="is cancelled: start or resume it again"):
        watch(client, job.id)


def test_a_deployment_that_comes_later_is_waited_for(client, service, tuned):
    waiting = threading.Thread(target=answering, args=(client, "later"), kwargs={"seconds": 0.05})
    waiting.start()
    waiting.join(0.5)
    assert waiting.is_alive(), "nothing was deployed yet"
    data = service.log.parent
    deploy(data, "later", data / "jobs" / tuned.id / "model")
    waiting.join(PATIENCE)
    assert not waiting.is_alive()


def test_a_deployment_that_does_not_come_is_told(client):
    with pytest.raises(CookbookError, match="no model answers under 'never' after 0 minutes: deploy it"):
        answering(client, "never", minutes=0, seconds=0.01)
