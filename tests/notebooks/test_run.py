"""The whole book, run once as `make run` runs it, without a network, and judged from that run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from phicookbook import settings
from phicookbook.book import claims, run

BLOCK = Path(__file__).parents[1] / "network_block"


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The finished `cookbook run` of every chapter, with every address but loopback blocked."""
    folder = tmp_path_factory.mktemp("book")
    environment = {
        **os.environ,
        "PHI_ARTIFACTS": str(folder / "artifacts"),
        "PYTHONPATH": str(BLOCK),
        "NETWORK_LOG": str(folder / "network.log"),
    }
    environment.pop("HF_HUB_OFFLINE", None)
    command = [sys.executable, "-m", "phicookbook.cli", "run"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    return done, folder


def test_the_book_runs_green(book):
    done, _ = book
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_nothing_asked_for_the_network(book):
    _, folder = book
    log = folder / "network.log"
    assert not log.exists(), log.read_text()


def test_the_block_stops_a_connection(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(BLOCK), "NETWORK_LOG": str(tmp_path / "log")}
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert (tmp_path / "log").exists()


def test_every_claim_was_measured_and_stands_in_the_table(book):
    done, folder = book
    for entry in claims.load().values():
        record = json.loads((folder / "artifacts" / "ledger" / f"{entry.id}.json").read_text())
        assert record["bound"] == entry.bound
        assert entry.holds(record["measured"]) == record["holds"]
        assert entry.id in done.stdout


@pytest.mark.parametrize("chapter", run.chapters())
def test_executed_chapter_has_no_error_and_the_committed_checked_outputs(book, chapter):
    _, folder = book
    executed = nbformat.read(folder / "artifacts" / "executed" / f"{chapter}.ipynb", as_version=4)
    committed = nbformat.read(settings.COOKBOOK / f"{chapter}.ipynb", as_version=4)
    marked = [c for c in committed.cells if "nbval-check-output" in c.metadata.get("tags", [])]
    assert marked
    by_id = {c["id"]: c for c in executed.cells}
    for cell in marked:
        assert _texts(by_id[cell["id"]]) == _texts(cell)
    outputs = [o for c in executed.cells for o in c.get("outputs", [])]
    assert not [o for o in outputs if o.output_type == "error"]


def _texts(cell) -> str:
    """What a cell printed and showed, joined: where one piece ends and the next begins depends on the kernel's flushes."""
    return "".join(o.get("text") or o["data"]["text/plain"] for o in cell.outputs if o.get("name") != "stderr")
