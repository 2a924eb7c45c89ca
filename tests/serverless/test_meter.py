"""The meter, from rows in a store: hours end when a model is deleted, and a job that did not succeed trained nothing that is
charged."""

from __future__ import annotations

import pytest

from phicookbook.serverless import meter
from phicookbook.serverless.store import Job, Served, Store, now

HOUR = 3600


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "data")
    yield made
    made.close()


def served(name: str, hours_ago: float, deleted_hours_ago: float | None = None, kind: str = "model") -> Served:
    at = now()
    deleted = None if deleted_hours_ago is None else at - round(deleted_hours_ago * HOUR)
    return Served(id=name, folder="x", base="pocket", kind=kind, created_at=at - round(hours_ago * HOUR), deleted_at=deleted)


def job(status: str, tokens: int | None, model: str | None = None) -> Job:
    return Job(
        id=f"ftjob-{status}", status=status, model="pocket", training_file="file-x", method="supervised", hyperparameters={},
        seed=1, created_at=now(), trained_tokens=tokens, fine_tuned_model=model,
    )  # fmt: skip


def keep(store: Store, *rows) -> None:
    with store.write() as session:
        for row in rows:
            session.add(row)


def test_hours_run_until_a_model_is_deleted(store):
    keep(store, served("ft:kept", 3), served("ft:gone", 10, 4), served("ft:step", 5, 2, "checkpoint"))
    uses = meter.read(store)
    assert uses["ft:gone"].hosted_hours == pytest.approx(6) and uses["ft:step"].hosted_hours == pytest.approx(3)
    assert 3 <= uses["ft:kept"].hosted_hours < 4, "it is still hosted"


def test_hours_of_a_name_that_was_deployed_twice_add_up(store):
    keep(store, served("headlines", 10, 8, "deployed"), served("headlines", 5, 1, "deployed"))
    assert meter.read(store)["headlines"].hosted_hours == pytest.approx(6)


@pytest.mark.parametrize("status", ["failed", "cancelled", "paused", "running", "queued", "validating_files"])
def test_a_job_that_has_not_succeeded_is_free(store, status):
    keep(store, job(status, 5_000), job("succeeded", 700, "ft:good"), served("ft:good", 1))
    uses = meter.read(store)
    assert set(uses) == {"ft:good"} and uses["ft:good"].trained_tokens == 700


def test_what_a_deleted_model_trained_stays_on_the_bill(store):
    keep(store, job("succeeded", 700, "ft:gone"), served("ft:gone", 2, 1))
    assert meter.read(store)["ft:gone"].trained_tokens == 700


def test_requests_are_counted_by_model_and_the_base_is_hosted_for_nothing(store):
    meter.count(store, "pocket", 30, 2)
    meter.count(store, "pocket", 10, 1)
    meter.count(store, "ft:good", 5, 1)
    uses = meter.read(store)
    assert uses["pocket"] == meter.Use(requests=2, prompt_tokens=40, completion_tokens=3)
    assert uses["ft:good"] == meter.Use(requests=1, prompt_tokens=5, completion_tokens=1)
