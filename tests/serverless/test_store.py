"""The store: what a kill leaves behind is swept, an error leaves nothing, two writers wait for each other."""

from __future__ import annotations

import threading

import pytest

from phicookbook.serverless.deploy import deploy
from phicookbook.serverless.store import File, Job, Store, new_id, now
from phicookbook.settings import CookbookError


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "data")
    yield store
    store.close()


def put(store, content: bytes = b"x", **options) -> File:
    part = store.new_part()
    part.write_bytes(content)
    with store.write() as session:
        return store.keep(session, part, "a.jsonl", "fine-tune", **options)


def test_a_file_is_there_or_not(store):
    kept, gone = put(store, b"abc"), put(store)
    store.drop_file(gone)
    assert store.path_of(kept).read_bytes() == b"abc" and store.file(kept.id).bytes == 3
    assert store.file(gone.id) is None and not store.path_of(gone).exists()


def test_a_sweep_leaves_what_has_a_row(store):
    kept, expired = put(store), put(store, expires_at=now() - 1)
    assert store.file(expired.id) is None
    for name in ("file-1.part", "file-2"):
        (store.folder / "files" / name).write_bytes(b"half")
    store.sweep()
    assert [path.name for path in (store.folder / "files").iterdir()] == [kept.id]


def test_a_sweep_leaves_jobs_that_have_a_row(store):
    """A kill between making a job's folder and its row leaves a folder that nobody will ask for."""
    for name in ("ftjob-known", "ftjob-never"):
        (store.job_folder(name)).mkdir()
        (store.job_folder(name) / "train.jsonl").write_text("{}")
    with store.write() as session:
        session.add(
            Job(id="ftjob-known", status="queued", model="pocket", training_file="file-1", method="supervised",
                hyperparameters={}, seed=1, created_at=1)
        )  # fmt: skip
    store.sweep()
    assert [path.name for path in (store.folder / "jobs").iterdir()] == ["ftjob-known"]
    assert (store.job_folder("ftjob-known") / "train.jsonl").exists()


def test_the_database_lets_others_read_while_one_writes(store):
    with store.read() as session:
        assert session.connection().exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_an_error_in_a_transaction_leaves_nothing(store):
    with pytest.raises(ZeroDivisionError), store.write() as session:
        session.add(File(id="file-1", filename="a", purpose="batch", bytes=1, created_at=1))
        raise ZeroDivisionError
    assert store.file("file-1") is None


def test_writers_wait_for_each_other(store):
    """Each adds one to what it read: without a lock from the first read on, some would be lost."""
    file = put(store)

    def add_one():
        for _ in range(10):
            with store.write() as session:
                row = session.get(File, file.seq)
                row.bytes += 1
                session.add(row)

    threads = [threading.Thread(target=add_one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.file(file.id).bytes == 81


def test_a_database_that_is_none_is_told_and_left_alone(tmp_path):
    (tmp_path / "service.db").write_bytes(b"anything but a database" * 100)
    with pytest.raises(CookbookError, match="service.db cannot be used as a database .*: move it, or give another folder"):
        Store(tmp_path)
    assert (tmp_path / "service.db").read_bytes().startswith(b"anything")


def test_ids_are_random_and_name_their_kind():
    ids = {new_id("file") for _ in range(1000)}
    assert len(ids) == 1000 and all(len(id) == 29 and id.startswith("file-") for id in ids)


def test_a_deployed_name_is_replaced_and_a_bad_one_is_told(tmp_path, tiny_folder):
    data = tmp_path / "data"
    deploy(data, "mine", tiny_folder)
    deploy(data, "mine", tiny_folder)
    store = Store(data)
    assert store.served("mine").folder == str(tiny_folder)
    store.close()
    for name, folder in (("../x", tiny_folder), ("", tiny_folder), ("pocket", tiny_folder), ("a", tmp_path), ("a", "nowhere")):
        with pytest.raises(CookbookError):
            deploy(data, name, folder)
