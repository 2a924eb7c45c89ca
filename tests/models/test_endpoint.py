"""Models behind an endpoint, against a server on this machine that speaks the protocol.

pytest tests/models/test_endpoint.py
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from phicookbook.models import open_model
from phicookbook.models.endpoint import AT_ONCE, open_endpoint
from phicookbook.settings import CookbookError

KEY = "sk-very-secret"


class Stub(ThreadingHTTPServer):
    """Answers chats with the user's words in capitals; `script` holds what goes wrong first, oldest first."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list = []
        self.seen: list[dict] = []
        self.keys: list[str | None] = []
        self.lock = threading.Lock()
        self.at_once = self.most_at_once = 0
        self.barrier: threading.Barrier | None = None
        self.extra: dict = {}

    @property
    def name(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1#tiny"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        stub: Stub = self.server
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with stub.lock:
            stub.seen.append({"path": self.path, **asked})
            stub.keys.append(self.headers["Authorization"])
            stub.at_once += 1
            stub.most_at_once = max(stub.most_at_once, stub.at_once)
            wrong = stub.script.pop(0) if stub.script else None
        try:
            if stub.barrier:
                stub.barrier.wait(10)
            if wrong is not None:
                return self.go_wrong(wrong)
            if asked.get("stream"):
                return self.pieces(asked)
            self.send(200, self.whole(asked))
        finally:
            with stub.lock:
                stub.at_once -= 1

    def go_wrong(self, wrong):
        if wrong == "hang up":
            self.close_connection = True
        elif wrong == "sleep":
            self.server.released.wait(10)
        elif isinstance(wrong, int):
            self.send(wrong, {"error": {"message": "the stub was told to", "type": "x", "code": None, "param": None}})
        else:
            self.send(200, wrong)

    def whole(self, asked) -> dict:
        text = asked["messages"][-1]["content"].upper()
        message = {"role": "assistant", "content": text, **self.server.extra}
        choice = {"index": 0, "message": message, "finish_reason": "length" if asked["max_tokens"] < 3 else "stop"}
        usage = {"prompt_tokens": 7, "completion_tokens": len(text.split()), "total_tokens": 9}
        return {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": asked["model"],
            "choices": [choice],
            "usage": usage,
        }

    def pieces(self, asked):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for word in [*asked["messages"][-1]["content"].upper().split(), None]:
            choice = {"index": 0, "delta": {"content": word} if word else {}, "finish_reason": None if word else "stop"}
            event = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "tiny", "choices": [choice]}
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def send(self, status: int, content):
        body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("retry-after-ms", "1")
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def stub():
    server = Stub()
    server.released = threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


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
