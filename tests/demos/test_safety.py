"""How a demo is served: who may come in, what the answers carry, what stays behind."""

from __future__ import annotations

import socket
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from phicookbook.demos import safety
from phicookbook.demos.safety import LETTERS, invitation, is_local, new_password, reachable
from phicookbook.settings import CookbookError

POST = {"content-type": "multipart/form-data; boundary=cut"}


def small():
    """Blocks that repeat a text."""
    import gradio as gr

    with gr.Blocks(analytics_enabled=False) as demo:
        text = gr.Textbox(label="Text")
        text.submit(lambda value: value, text, text)
    return demo


def get(address: str, data: bytes | None = None, headers: dict | None = None):
    """(status, headers, body) of a request, errors included."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, data, headers or {}), timeout=300) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


@pytest.fixture(scope="module")
def local():
    running = safety.start(small)
    yield running
    running.close()


@pytest.fixture(scope="module")
def room():
    running = safety.start(small, "0.0.0.0")
    yield running
    running.close()


@pytest.mark.parametrize(
    "host, local", [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False),
                    ("192.168.1.5", False), ("::", False), ("localhost.example.org", False), ("", False)]
)  # fmt: skip
def test_only_loopback_is_local(host, local):
    assert is_local(host) is local


def test_passwords_are_long_and_differ():
    found = {new_password() for _ in range(200)}
    assert len(found) == 200
    assert all(len(word) == 14 and set(word) <= {*LETTERS, "-"} for word in found)
    assert len(LETTERS) ** 12 > 2**59 and not set(LETTERS) & set("01lo")


def test_here_no_password_is_asked_for(local):
    status, headers, body = get(local.address)
    assert status == 200 and b"gradio" in body and local.password == ""
    assert local.address.startswith("http://127.0.0.1:")
    assert invitation(local.address, "") == f"Open {local.address} in a browser. Ctrl-C ends it."


def test_the_page_may_load_and_ask_only_this_server(local):
    for path in ("", "config", "theme.css"):
        headers = get(local.address + path)[1]
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert "http:" not in headers["content-security-policy"] and headers["x-content-type-options"] == "nosniff"


def test_nothing_of_gradio_s_extras_is_open(local):
    import json

    config = json.loads(get(local.address + "config")[2])
    assert config["analytics_enabled"] is False and config["footer_links"] == []
    assert get(local.address + "monitoring")[0] in (403, 404)


def test_a_room_asks_for_the_password(room):
    address = f"http://127.0.0.1:{room.demo.server_port}/"
    assert get(address + "config")[0] == 401

    def login(word: str) -> int:
        form = urllib.parse.urlencode({"username": "anyone", "password": word}).encode()
        return get(address + "login", form)[0]

    assert login(room.password) == 200
    for wrong in ("", "x", room.password[:-1], room.password.upper()):
        assert login(wrong) in (400, 401, 422)


def test_the_invitation_shows_the_address_as_a_code_and_the_password_once(room):
    import segno

    said = invitation(room.address, room.password)
    assert said.count(room.password) == 1 and room.address in said and "not encrypted" in said
    code = [line for line in said.splitlines() if set(line) & set("▀▄█")]
    assert len(code) >= segno.make(room.address, error="m").symbol_size(border=0)[1] / 2
    assert room.password not in repr(vars(room.demo).get("config"))
    assert not set(invitation(room.address, room.password, blocks=False)) & set("▀▄█")


def test_an_address_that_others_can_type():
    assert reachable("192.168.1.5") == "192.168.1.5" and reachable("::1") == "[::1]"
    assert reachable("0.0.0.0") not in ("0.0.0.0", "")


def test_a_large_upload_is_refused(local, monkeypatch):
    def upload(size: int) -> int:
        head = b'--cut\r\nContent-Disposition: form-data; name="files"; filename="a.md"\r\nContent-Type: text/plain\r\n\r\n'
        return get(local.address + "gradio_api/upload", head + b"x" * size + b"\r\n--cut--\r\n", POST)[0]

    assert upload(1_000) == 200
    assert upload(safety.MOST_BYTES + 1) == 413


def test_closing_removes_uploads_and_frees_the_port():
    running = safety.start(small)
    body = b'--cut\r\nContent-Disposition: form-data; name="files"; filename="a.md"\r\n\r\nsecret\r\n--cut--\r\n'
    assert get(running.address + "gradio_api/upload", body, POST)[0] == 200
    folder = Path(running.folder)
    assert folder.exists()
    running.close()
    assert not folder.exists()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(running.address, timeout=5)


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CookbookError, match=f"127.0.0.1:{port}: the port is taken.*--port"):
            safety.start(small, port=port)
