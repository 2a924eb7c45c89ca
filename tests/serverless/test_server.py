"""Starting the service: what it refuses, what it needs, and what its process never imports."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys

import pytest

from phicookbook import cli
from phicookbook.serverless.api.app import Config
from phicookbook.settings import CookbookError


def test_the_api_s_process_imports_no_model_library():
    heavy = ("torch", "transformers", "peft", "trl", "datasets", "llguidance")
    code = f"import sys, phicookbook.serverless.api.app; print(*[name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_other_machines_need_a_key(tmp_path, host):
    with pytest.raises(CookbookError, match="set PHI_API_KEY"):
        Config(folder=tmp_path, host=host)
    assert Config(folder=tmp_path, host=host, key="k").key == "k"


def test_a_command_that_cannot_serve_says_why(tmp_path, capsys):
    data = ["--data", str(tmp_path / "data")]
    assert cli.main(["serve", *data, "--host", "0.0.0.0"]) == 2
    assert "is open to other machines: set PHI_API_KEY" in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert cli.main(["serve", *data, "--port", str(taken.getsockname()[1])]) == 2
    assert "cannot be listened on" in capsys.readouterr().err
    for port in ("99999", "-1"):
        assert cli.main(["serve", *data, "--port", port]) == 2
        assert "a port is a number from 0 to 65535" in capsys.readouterr().err
    assert cli.main(["serve", *data, "--deploy", "mine=nowhere"]) == 2
    assert "no model is registered as 'nowhere'" in capsys.readouterr().err
    assert cli.main(["serve", *data, "--deploy", "mine"]) == 2
    with pytest.raises(SystemExit):
        cli.main(["serve", "--jobs", "0"])


def test_a_service_that_cannot_start_tells_its_log(tmp_path, quiet_environment):
    from phicookbook.serverless import start

    with pytest.raises(CookbookError, match="the service did not start: .*give an address such as"):
        start(tmp_path / "data", "--upstream", "nowhere")


def test_a_base_that_cannot_be_opened_is_told_to_who_asks(tmp_path, quiet_environment):
    import openai
    from service_client import QUESTION, connect

    from phicookbook.serverless import start

    running = start(tmp_path / "data", "--model", "pokcet")
    try:
        with pytest.raises(openai.InternalServerError, match="no model is called 'pokcet'. Did you mean 'pocket'") as told:
            connect(running.url).chat.completions.create(model="pokcet", messages=QUESTION)
        assert told.value.status_code == 503
    finally:
        running.stop()


def test_more_requests_than_may_wait_are_refused_and_the_client_s_error_says_to_try_again(monkeypatch):
    from phicookbook.serverless.errors import ApiError
    from phicookbook.serverless.serving import client as engine

    monkeypatch.setattr(engine, "MOST_WAITING", 0)

    async def ask():
        return [event async for event in engine.EngineClient("pocket").answer([], {})]

    with pytest.raises(ApiError, match="requests are waiting: try again later") as told:
        asyncio.run(ask())
    assert (told.value.status, told.value.body["type"]) == (429, "rate_limit_error")
