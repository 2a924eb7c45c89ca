"""Following a job: every loss once and in order, and a sentence when there is nothing to wait for."""

from __future__ import annotations

import pytest
from service_client import tune

from phicookbook.serverless.watch import losses, watch
from phicookbook.settings import CookbookError


def test_a_job_that_has_ended_tells_its_whole_curve(client, tuned):
    heard = []
    assert watch(client, tuned.id, on_log=lambda *point: heard.append(point)) == tuned
    assert [step for step, _, _ in heard] == list(range(1, 13)) and {steps for _, steps, _ in heard} == {12}
    assert [point["step"] for point in losses(client, tuned.id, after_step=9)] == [10, 11, 12]


def test_a_job_that_fails_says_why(client):
    with pytest.raises(CookbookError, match="is failed: The file has 1 bad line:\nline 1"):
        watch(client, tune(client, b"{}").id)
    job = tune(client)
    client.fine_tuning.jobs.cancel(job.id)
    with pytest.raises(CookbookError, match="is cancelled: start or resume it again"):
        watch(client, job.id)
