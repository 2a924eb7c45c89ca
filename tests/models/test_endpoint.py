"""Models behind an endpoint, against a server on this machine that speaks the protocol.

pytest tests/models/test_endpoint.py
"""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest
from stub_endpoint import serving

from phicookbook.models import open_model
from phicookbook.models.endpoint import AT_ONCE, RETRIES, open_endpoint
from phicookbook.settings import CookbookError

KEY = "sk-very-secret"


@pytest.fixture
def stub():
    with serving() as server:
        yield server


def told(call, *args, **options) -> str:
    with pytest.raises(CookbookError) as error:
        call(*args, **options)
    assert KEY not in str(error.value)
    return str(error.value)


def test_a_chat(stub, monkeypatch):
    monkeypatch.setenv("PHI_API_KEY", KEY)
    reply = open_model(stub.name).chat("good morning", "Be short.")
    assert (reply.text, reply.tokens, reply.prompt_tokens, reply.finished) == ("GOOD MORNING", 2, 7, True)
    assert reply.seconds > 0 and stub.keys == [f"Bearer {KEY}"]
    assert stub.seen == [
        {
            "path": "/v1/chat/completions",
            "model": "tiny",
            "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "good morning"}],
            "max_tokens": 192,
            "temperature": 0.0,
        }
    ]


def test_settings_go_into_the_request(stub):
    reply = open_model(stub.name).chat("a b c", max_new_tokens=2, temperature=0.7, top_p=0.9, top_k=5, seed=3)
    sent = stub.seen[0]
    assert [sent[name] for name in ("max_tokens", "temperature", "top_p", "top_k", "seed")] == [2, 0.7, 0.9, 5, 3]
    assert not reply.finished


def test_each_conversation_may_have_a_schema_of_its_own(stub):
    schemas = [{"type": "string"}, {"type": "integer"}]
    open_model(stub.name).chat_many(["a", "b"], schema=schemas)
    sent = [body["response_format"]["json_schema"]["schema"]["type"] for body in stub.seen]
    assert sorted(sent) == ["integer", "string"]


def test_a_schema_goes_into_the_request(stub):
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    open_model(stub.name).chat("a", schema=schema)
    assert stub.seen[0]["response_format"]["json_schema"] == {"name": "answer", "schema": schema, "strict": True}


def test_a_sampled_answer_has_the_book_s_seed(stub, monkeypatch):
    monkeypatch.setenv("PHI_SEED", "11")
    open_model(stub.name).chat("a", temperature=1.0)
    assert stub.seen[0]["seed"] == 11


def test_many_are_asked_side_by_side_and_come_back_in_order(stub):
    stub.barrier = threading.Barrier(AT_ONCE)  # nobody is answered before AT_ONCE are asked
    texts = [f"word {n}" for n in range(3 * AT_ONCE)]
    replies = open_model(stub.name).chat_many(texts)
    assert [reply.text for reply in replies] == [text.upper() for text in texts]
    assert stub.most_at_once == AT_ONCE


def test_nothing_to_ask(stub):
    assert open_model(stub.name).chat_many([]) == [] and stub.seen == []


def test_pieces_of_a_stream(stub):
    assert list(open_model(stub.name).stream("one two three")) == ["ONE", "TWO", "THREE"]


def test_reasoning_that_comes_apart_is_thinking(stub):
    stub.extra = {"reasoning_content": "two and two"}
    reply = open_model(stub.name).chat("four")
    assert (reply.thinking, reply.answer) == ("two and two", "FOUR")


@pytest.mark.parametrize("wrong", [429, 500, 503, "hang up"])
def test_a_busy_or_failing_server_is_asked_again(stub, wrong):
    stub.script = [wrong, wrong]
    assert open_endpoint(stub.name).chat("hi").text == "HI"
    assert len(stub.seen) == 3


@pytest.fixture
def waits(monkeypatch):
    """The seconds that the client means to wait before each further try; it goes on at once."""
    from openai import _base_client

    waited: list[float] = []
    monkeypatch.setattr(_base_client, "time", SimpleNamespace(time=time.time, sleep=waited.append))
    return waited


@pytest.mark.parametrize("status", [429, 503])
def test_without_a_named_wait_each_is_longer_than_the_one_before(stub, waits, status):
    stub.retry_after, stub.script = None, [status] * 3
    assert open_endpoint(stub.name).chat("hi").text == "HI"
    assert len(stub.seen) == 4 and len(waits) == 3
    assert 0 < waits[0] < waits[1] < waits[2]


def test_after_the_last_wait_it_gives_up_with_a_sentence(stub, waits):
    stub.retry_after, stub.script = None, [429] * 9
    message = told(open_endpoint(stub.name).chat, "hi")
    assert message.endswith(f"is asked too often (429), also after {RETRIES} more tries: wait, or ask less at once")
    assert len(stub.seen) == RETRIES + 1 and len(waits) == RETRIES and waits == sorted(waits)


def test_the_wait_that_a_server_names_is_kept(stub, waits):
    stub.retry_after, stub.script = "2500", [429]
    assert open_endpoint(stub.name).chat("hi").text == "HI" and waits == [2.5]


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (400, "refused the request (400): the stub was told to"),
        (401, "refused the request, which had no key: set PHI_API_KEY (401)"),
        (403, "refused the request, which had no key: set PHI_API_KEY (403)"),
        (404, "has no deployment called 'tiny' (404)"),
        (429, "is asked too often (429), also after 2 more tries"),
        (500, "failed (500), also after 2 more tries: the stub was told to"),
    ],
)
@pytest.mark.parametrize("way", ["chat", "stream"])
def test_a_refusal_is_a_sentence(stub, status, says, way):
    stub.script = [status] * 3
    model = open_endpoint(stub.name, retries=2)
    message = told(lambda: model.chat("hi") if way == "chat" else list(model.stream("hi")))
    assert says in message and model.address in message
    assert len(stub.seen) == (3 if status in (429, 500) else 1)


def test_a_wrong_key_is_not_shown(stub, monkeypatch):
    monkeypatch.setenv("PHI_API_KEY", KEY)
    stub.script = [401]
    assert "refused the key in PHI_API_KEY (401)" in told(open_model(stub.name).chat, "hi")


def test_one_refusal_ends_many(stub):
    stub.script = [401] * 50
    told(open_model(stub.name).chat_many, ["hi"] * 50)
    assert len(stub.seen) < 50


def test_after_a_refusal_nobody_waits_for_the_rest(stub):
    stub.barrier = threading.Barrier(AT_ONCE)  # all have arrived before one is refused
    stub.script = [401, *["sleep"] * (AT_ONCE - 1)]
    told(open_endpoint(stub.name, retries=0).chat_many, ["hi"] * AT_ONCE)
    assert not stub.released.is_set() and stub.at_once > 0


def test_a_server_that_sleeps(stub):
    stub.script = ["sleep"]
    message = told(open_endpoint(stub.name, timeout=0.2, retries=0).chat, "hi")
    assert message.endswith("did not answer in 0.2 s: is it busy or still loading?")


def test_no_server(stub):
    model = open_endpoint("http://127.0.0.1:9/v1#tiny", retries=0)
    assert "cannot be reached: check the address" in told(model.chat, "hi")


@pytest.mark.parametrize("body", ["<html>hello</html>", "{", {"choices": []}, {"choices": [{}]}, {}, []])
def test_an_answer_that_is_none(stub, body):
    stub.script = [body] * 3
    assert "OpenAI-compatible" in told(open_endpoint(stub.name, retries=0).chat, "hi")


@pytest.mark.parametrize("name", ["http://host/v1", "http://[::1/v1#tiny", "http://#tiny", "https://host/v1#", "http:///v1#tiny"])
def test_an_address_that_is_none(name):
    assert "is no endpoint: write https://host/v1#deployment" in told(open_model, name)


@pytest.mark.parametrize("name", [f"https://me:{KEY}@host/v1#tiny", f"https://host/v1?key={KEY}#tiny"])
def test_a_key_does_not_belong_into_the_address(name):
    assert told(open_model, name) == "leave keys out of the address of host: set PHI_API_KEY instead"


def test_an_empty_conversation_is_not_sent(stub):
    told(open_model(stub.name).chat, [])
    assert stub.seen == []
