"""Chat handed on: another server of this kind stands upstream, as vLLM would with a real Phi."""

from __future__ import annotations

import shutil

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


def test_the_upstream_gets_its_own_key_and_never_the_service_s(tmp_path, quiet_environment, monkeypatch):
    monkeypatch.setenv("PHI_UPSTREAM_KEY", "theirs")
    with serving() as stub:
        running = start(tmp_path / "data", "--upstream", stub.name.partition("#")[0], key="ours")
        try:
            connect(running.url, "ours").chat.completions.create(model="pocket", messages=QUESTION)
            with pytest.raises(openai.AuthenticationError):
                connect(running.url, "theirs").chat.completions.create(model="pocket", messages=QUESTION)
        finally:
            running.stop()
        assert stub.keys == ["Bearer theirs"]


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


@pytest.fixture(scope="module")
def stubbed(tmp_path_factory, quiet_environment):
    """(a server upstream that does as it is told, a service before it, the client of that service)."""
    with serving() as stub:
        running = start(tmp_path_factory.mktemp("stubbed"), "--upstream", stub.name.partition("#")[0])
        yield stub, running, connect(running.url)
        running.stop()


def say(client, **form):
    return client.chat.completions.create(
        **({"model": "pocket", "messages": [{"role": "user", "content": "one two three"}]} | form)
    )


@pytest.mark.parametrize(
    ("wrong", "status", "told"),
    [
        ("hang up", 503, "cannot be reached"),
        (500, 502, "answered 500"),
        ((502, "<html>Bad Gateway</html>"), 502, "answered 502: <html>Bad Gateway"),
        ((400, {"detail": "no such thing"}), 502, "answered 400: .*no such thing"),
        ((200, "no JSON"), 502, "answered 200: no JSON"),
        ((200, [1]), 502, r"answered 200: \[1\]"),
        ((200, ""), 502, "answered 200: nothing"),
        (429, 429, "the stub was told to"),
        (422, 422, "the stub was told to"),
    ],
)
def test_whatever_the_upstream_does_the_client_gets_an_error_in_openai_s_shape(stubbed, wrong, status, told):
    stub, _, client = stubbed
    stub.script.append(wrong)
    with pytest.raises(openai.APIStatusError, match=told) as caught:
        say(client)
    assert caught.value.status_code == status and set(caught.value.body) == {"message", "type", "param", "code"}
    assert isinstance(caught.value, openai.RateLimitError) == (status == 429)
    assert say(client).choices[0].message.content == "ONE TWO THREE"


@pytest.mark.parametrize("wrong", ["hang up", 500, 429])
def test_a_stream_that_the_upstream_does_not_begin_is_an_ordinary_error(stubbed, wrong):
    stub, _, client = stubbed
    stub.script.append(wrong)
    with pytest.raises(openai.APIStatusError):
        say(client, stream=True)


def test_a_stream_that_breaks_off_is_told_and_not_taken_for_its_end(stubbed):
    """The upstream dies after two words. Its connection just closes, as that of a whole answer does."""
    stub, _, client = stubbed
    stub.script.append("break off")
    heard = []
    with pytest.raises(openai.APIError, match="The upstream broke off"):
        for chunk in say(client, stream=True):
            heard.append(chunk.choices[0].delta.content)
    assert heard == ["ONE", "TWO"]
    whole = [chunk.choices[0].delta.content for chunk in say(client, stream=True)]
    assert whole == ["ONE", "TWO", "THREE", None]


def test_streams_are_counted_although_the_client_did_not_ask(stubbed):
    _, _, client = stubbed

    def counted() -> int:
        return client.get("/usage", cast_to=object).get("pocket", {}).get("completion_tokens", 0)

    before = counted()
    assert all(chunk.usage is None for chunk in say(client, stream=True))
    assert counted() == before + 3
    asked = list(say(client, stream=True, stream_options={"include_usage": True}))
    assert asked[-1].usage.completion_tokens == 3 and counted() == before + 6


def test_a_tuned_model_is_announced_again_to_a_new_upstream_and_let_go_when_it_is_deleted(stubbed, tiny_folder, tmp_path):
    stub, running, client = stubbed
    deploy(running.log.parent, "mine", tiny_folder)
    stub.seen.clear()
    assert say(client, model="mine").choices
    stub.script.append(404)  # an upstream that was started anew knows no adapter
    assert say(client, model="mine").choices
    other = shutil.copytree(tiny_folder, tmp_path / "other")
    deploy(running.log.parent, "mine", other)  # another folder under the same name
    assert say(client, model="mine").choices
    assert client.models.delete("mine").deleted
    asked = len(stub.seen)
    with pytest.raises(openai.NotFoundError, match="No such model"):
        say(client, model="mine")
    assert len(stub.seen) == asked, "a deleted model is asked for no more"
    told = [(one["path"].rpartition("/")[2], one.get("lora_path")) for one in stub.seen if one["path"].endswith("_adapter")]
    load, unload = "load_lora_adapter", ("unload_lora_adapter", None)
    assert told == [(load, str(tiny_folder)), (load, str(tiny_folder)), unload, (load, str(other)), unload]


def test_an_upstream_that_takes_no_adapters_is_told(stubbed, tiny_folder):
    stub, running, client = stubbed
    deploy(running.log.parent, "refused", tiny_folder)
    stub.script.append((400, {"object": "error", "message": "LoRA is not enabled"}))
    with pytest.raises(openai.InternalServerError, match="start vLLM with --enable-lora"):
        say(client, model="refused")
    stub.script.append((400, {"object": "error", "message": "The lora adapter 'refused' has already been loaded."}))
    assert say(client, model="refused").choices


@pytest.mark.parametrize("address", ["", "localhost:8000", "ftp://x/v1", "http://", "http://a:99999/v1", "http://a:b/v1"])
def test_an_address_that_is_none_is_told(address):
    with pytest.raises(CookbookError, match="give an address such as"):
        Upstream(address, None, "pocket")
