"""Chatting, tuning, searching and the workshop ask nothing of the network, even when nobody told the libraries to stay offline.

pytest tests/test_offline.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BLOCK = Path(__file__).with_name("network_block")

CHAT = """
from phicookbook.models import open_model
print(open_model().chat("What is the sentiment of this headline?\\nContoso recovers from a ransomware attack.").text)
"""

FINETUNE = """
import sys
from pathlib import Path
from phicookbook.corpora import headline_data
from phicookbook.finetune import POCKET, FinetuneSettings, finetune
from phicookbook.models import open_model
rows = [headline_data.row(h) for h in headline_data.draw("train", 8)]
tuning = FinetuneSettings(**POCKET | dict(max_steps=2, per_device_train_batch_size=4, warmup_steps=0, logging_steps=1))
result = finetune("pocket", rows, tuning, Path(sys.argv[1]), progress=False)
assert result.steps == 2, result
print(open_model(str(result.folder)).chat("Hello", max_new_tokens=4).tokens)
"""

SEARCH = """
import sys
from pathlib import Path
from phicookbook.retrieval import Document, Index
index = Index(Path(sys.argv[1]))
index.update([Document("inn.md", "# Mira Inn\\n\\nIt opens at 9:00."), Document("ferry.md", "# Ferry\\n\\nIt leaves at noon.")])
print(index.search("When does the Mira Inn open?", 1)[0].id)
"""

WORKSHOP = """
import urllib.request
from phicookbook.demos import safety, workshop
running = safety.start(workshop.make_app)
print(urllib.request.urlopen(running.address + "config").status)
running.close()
"""

KNOCK = """
import socket, sys
told = 0
for call in (
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
    lambda: socket.socket().connect(("192.0.2.1", 443)),
    lambda: socket.socket().connect_ex(("192.0.2.1", 443)),
    lambda: socket.getaddrinfo("huggingface.co", 443),
    lambda: socket.gethostbyname("huggingface.co"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    lambda: __import__("urllib.request").request.urlopen("http://192.0.2.1/", timeout=1),
):
    try:
        call()
    except OSError as error:
        told += "blocked" in str(error)
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), timeout=5).close()
socket.create_connection(("localhost", server.getsockname()[1]), timeout=5).close()
print(told)
"""


@pytest.fixture
def offline(tmp_path):
    """A function that runs code in a process whose network is blocked and returns it with the log of what it tried."""
    log = tmp_path / "network.log"
    said = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK")
    environment = {name: value for name, value in os.environ.items() if name not in said}
    before = [environment["PYTHONPATH"]] if environment.get("PYTHONPATH") else []
    environment["PYTHONPATH"] = os.pathsep.join([str(BLOCK), *before])
    environment["NETWORK_LOG"] = str(log)
    environment["HF_HOME"] = str(tmp_path / "no_cache")

    def run(code: str, *words: str):
        done = subprocess.run([sys.executable, "-c", code, *words], env=environment, capture_output=True, text=True)
        return done, log.read_text(encoding="utf-8") if log.exists() else ""

    return run


def test_the_block_stops_every_way_out_and_leaves_loopback(offline):
    done, log = offline(KNOCK)
    assert done.returncode == 0 and done.stdout.strip() == "7", done.stderr
    assert len(log.splitlines()) == 7 and "huggingface.co" in log and "127.0.0.1" not in log


def test_the_block_reaches_child_processes(offline):
    done, log = offline("import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])", KNOCK)
    assert done.returncode == 0 and len(log.splitlines()) == 7


def test_the_hub_s_own_client_would_be_noticed(offline):
    done, log = offline("from huggingface_hub import get_session; get_session().get('https://huggingface.co/api/models/a/b')")
    assert done.returncode != 0 and "the network is blocked" in done.stderr
    assert "huggingface.co" in log


def test_a_chat_asks_nothing_of_the_network(offline):
    done, log = offline(CHAT)
    assert done.returncode == 0 and done.stdout.strip(), done.stderr
    assert log == ""


def test_fine_tuning_asks_nothing_of_the_network(offline, tmp_path):
    done, log = offline(FINETUNE, str(tmp_path / "tuned"))
    assert done.returncode == 0 and int(done.stdout.split()[-1]) <= 4, done.stderr
    assert log == ""


def test_indexing_and_searching_ask_nothing_of_the_network(offline, tmp_path):
    done, log = offline(SEARCH, str(tmp_path / "index"))
    assert done.returncode == 0 and done.stdout.split() == ["inn.md#mira-inn"], done.stderr
    assert log == ""


def test_the_workshop_asks_nothing_of_the_network(offline):
    done, log = offline(WORKSHOP)
    assert done.returncode == 0 and done.stdout.split() == ["200"], done.stderr
    assert log == ""
