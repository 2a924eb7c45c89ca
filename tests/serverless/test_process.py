"""The process that answers: a deleted model's memory is let go of, at once or after the last request that uses it."""

from __future__ import annotations

import shutil

import pytest

from phicookbook.serverless.serving.process import Engine


@pytest.fixture
def engine(tiny_folder):
    return Engine(str(tiny_folder))


def chat(engine, id: str, folder, tokens: int = 3) -> None:
    options = {"max_tokens": tokens, "temperature": 0}
    messages = [{"role": "user", "content": "Is it?"}]
    assert engine.take({"op": "chat", "id": id, "messages": messages, "options": options, "folder": str(folder)}) == []


def delete(engine, folder) -> None:
    assert engine.take({"op": "unload", "folder": str(folder)}) == []


def finish(engine) -> set[str]:
    """The ids of the requests that ended well."""
    ended = set()
    while engine.busy:
        ended |= {event["id"] for event in engine.step() if "finish" in event}
    return ended


def held(engine) -> list[str]:
    """The folders of adapters in memory."""
    return [key.rpartition("@")[0] for key in engine.batches[""].adapters.names]


def test_a_whole_model_that_is_deleted_answers_to_the_end_and_goes(engine, tiny_folder, tmp_path):
    whole = shutil.copytree(tiny_folder, tmp_path / "whole")
    chat(engine, "a", whole)
    delete(engine, whole)
    assert str(whole) in engine.batches, "a request is using it"
    assert finish(engine) == {"a"} and list(engine.batches) == [""] and not engine.gone
    chat(engine, "b", whole)
    finish(engine)
    delete(engine, whole)
    assert list(engine.batches) == [""], "nobody uses it"


def test_an_adapter_that_is_deleted_answers_to_the_end_and_goes(engine, adapters):
    first, second = (str(folder) for folder in adapters[:2])
    chat(engine, "a", first)
    chat(engine, "b", second, tokens=6)
    delete(engine, first)
    assert held(engine) == [first, second], "a request is using it"
    assert finish(engine) == {"a", "b"} and held(engine) == [second] and not engine.gone


def test_a_name_that_comes_back_stays(engine, adapters):
    """Deleted while busy, and asked for again before the request has ended."""
    first, second = (str(folder) for folder in adapters[:2])
    chat(engine, "a", first)
    chat(engine, "b", second)
    delete(engine, first)
    chat(engine, "c", first, tokens=6)
    assert finish(engine) == {"a", "b", "c"} and set(held(engine)) == {first, second}
