"""Chat handed on: another server of this kind stands upstream, as vLLM would with a real Phi."""

from __future__ import annotations

import openai
import pytest
from service_client import QUESTION, ROWS, connect, upload
from stub_endpoint import serving

from phicookbook.serverless import start
from phicookbook.serverless.deploy import deploy
from phicookbook.serverless.upstream import Upstream
from phicookbook.settings import CookbookError


@pytest.fixture(scope="module")
def front(service, tmp_path_factory, quiet_environment):
    running = start(tmp_path_factory.mktemp("front"), "--upstream", service.url)
    yield running
    running.stop()


def test_the_upstream_answers_and_the_front_keeps_files_and_counts(front, client):
    asked = {"model": "pocket", "messages": QUESTION, "temperature": 0}
    there = connect(front.url)
    whole = client.chat.completions.create(**asked).choices[0].message.content
    assert there.chat.completions.create(**asked).choices[0].message.content == whole
    chunks = list(there.chat.completions.create(**asked, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole
    counted = list(there.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))[-1]
    used = there.get("/usage", cast_to=object)["pocket"]
    assert used["requests"] == 3 and used["completion_tokens"] == 3 * counted.usage.completion_tokens
    file = upload(there)
    assert [f.id for f in there.files.list()] == [file.id] and file.id not in [f.id for f in client.files.list()]
    assert there.files.content(file.id).text.count("\n") == len(ROWS)


def test_the_upstream_s_errors_come_through(front):
    with pytest.raises(openai.BadRequestError, match="was not taught to call tools"):
        tool = {"type": "function", "function": {"name": "a"}}
        connect(front.url).chat.completions.create(model="pocket", messages=QUESTION, tools=[tool])
    with pytest.raises(openai.NotFoundError):
        connect(front.url).chat.completions.create(model="gpt-9", messages=QUESTION)


def test_a_tuned_model_is_announced_once(tmp_path, tiny_folder, quiet_environment):
    """The stub takes every request, as vLLM takes an adapter; what it saw tells what it was asked to load."""
    with serving() as stub:
        address = stub.name.partition("#")[0]
        deploy(tmp_path / "data", "headlines", tiny_folder)
        running = start(tmp_path / "data", "--upstream", address)
        try:
            there = connect(running.url)
            for _ in range(2):
                answer = there.chat.completions.create(model="headlines", messages=QUESTION, max_tokens=9)
                assert answer.choices[0].message.content == QUESTION[0]["content"].upper()
        finally:
            running.stop()
        loads = [one for one in stub.seen if one["path"].endswith("/load_lora_adapter")]
    assert [(one["lora_name"], one["lora_path"]) for one in loads] == [("headlines", str(tiny_folder))]


def test_an_upstream_that_is_away_is_told(tmp_path, quiet_environment):
    running = start(tmp_path / "data", "--upstream", "http://127.0.0.1:9/v1")
    try:
        for stream in (False, True):
            with pytest.raises(openai.InternalServerError, match="cannot be reached") as told:
                connect(running.url).chat.completions.create(model="pocket", messages=QUESTION, stream=stream)
            assert (told.value.status_code, told.value.code) == (503, "upstream_unreachable")
    finally:
        running.stop()


@pytest.mark.parametrize("address", ["", "localhost:8000", "ftp://x/v1", "http://"])
def test_an_address_that_is_none_is_told(address):
    with pytest.raises(CookbookError, match="give an address such as"):
        Upstream(address, None, "pocket")
