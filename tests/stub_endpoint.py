"""A server on this machine that speaks the chat protocol, for tests of endpoints and of chapters that use one."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Stub(ThreadingHTTPServer):
    """Answers chats with the user's words in capitals; `script` holds what goes wrong first, oldest first: a status, a pair of
    status and body, a body, "hang up", "sleep", or "break off" after two words of a stream."""

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
        self.retry_after: str | None = "1"  # milliseconds that every answer names; None leaves the wait to the client

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
            if wrong == "break off" and asked.get("stream"):
                return self.pieces(asked, whole=False)
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
        elif isinstance(wrong, tuple):
            self.send(*wrong)
        elif isinstance(wrong, int):
            self.send(wrong, {"error": {"message": "the stub was told to", "type": "x", "code": None, "param": None}})
        else:
            self.send(200, wrong)

    def whole(self, asked) -> dict:
        text = asked.get("messages", [{"content": ""}])[-1]["content"].upper()
        message = {"role": "assistant", "content": text, **self.server.extra}
        choice = {"index": 0, "message": message, "finish_reason": "length" if asked.get("max_tokens", 9) < 3 else "stop"}
        usage = {"prompt_tokens": 7, "completion_tokens": len(text.split()), "total_tokens": 9}
        return {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": asked.get("model"),
            "choices": [choice],
            "usage": usage,
        }

    def pieces(self, asked, whole: bool = True):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        words = asked["messages"][-1]["content"].upper().split()
        for word in [*words, None] if whole else words[:2]:
            choice = {"index": 0, "delta": {"content": word} if word else {}, "finish_reason": None if word else "stop"}
            event = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "tiny", "choices": [choice]}
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        if whole and (asked.get("stream_options") or {}).get("include_usage"):
            usage = {"prompt_tokens": 7, "completion_tokens": len(words), "total_tokens": 7 + len(words)}
            event = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "tiny", "choices": [], "usage": usage}
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        if whole:
            self.wfile.write(b"data: [DONE]\n\n")

    def send(self, status: int, content):
        body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.server.retry_after is not None:
            self.send_header("retry-after-ms", self.server.retry_after)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving():
    """A stub that answers until the block ends."""
    server = Stub()
    server.released = threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
