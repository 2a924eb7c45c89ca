"""Ten runs of each demo, each by a visitor who leaves: memory, files and processes return to what they were.

The wizard, which trains a job in each run, and the demos that keep the least have their turn in tests/benchmarks/bench_leaks.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from demo_room import client
from service_client import until

from phicookbook import settings
from phicookbook.demos.retrieval import OWN

WARM, RUNS, MOST = 8, 10, 1.10  # pools of threads and their memory fill in the first visits
SPARE = 24  # open files and threads that a server may add to its pools; a leak of one a run and kind would be more


class Visitor:
    """A session of its own that works the page's events as the page does, by the names of buttons and fields."""

    def __init__(self, address: str):
        self.client = client(address)
        self.config = self.client.config
        self.parts = {part["id"]: part for part in self.config["components"]}

    def work(self, event: dict, given: dict | None = None):
        """The result of an event; fields are as the page sets them at first, but for those that are given by label."""
        props = [self.parts[each]["props"] for each in event["inputs"]]
        values = [(given or {}).get(each.get("label"), each.get("value")) for each in props]
        return self.client.predict(*values, fn_index=event["id"])

    def press(self, name: str, given: dict | None = None) -> list:
        """Press a button; the results of all that it starts, in turn."""
        return [self.work(event, given) for event in self.events(name)]

    def events(self, name: str) -> list[dict]:
        """What a button starts at once."""
        (button,) = [each for each, part in self.parts.items() if part["type"] == "button" and part["props"]["value"] == name]
        return [event for event in self.config["dependencies"] if [button, "click"] in event["targets"] and event["backend_fn"]]

    def after(self, name: str) -> dict:
        """What follows the event of a button."""
        (first,) = self.events(name)
        return next(e for e in self.config["dependencies"] if e["trigger_after"] == first["id"] and e["backend_fn"])

    def call(self, name: str, given: dict | None = None):
        """The result of an event that has a name."""
        return self.work(next(event for event in self.config["dependencies"] if event["api_name"] == name), given)


def playground(visitor: Visitor, folder: Path):
    assert all(cost.startswith("done: ") for _, cost in visitor.press("Ask both models"))


def family(visitor: Visitor, folder: Path):
    assert "<h4>" in str(visitor.call("choose")) and "<table>" in str(visitor.call("chart"))


def prompting(visitor: Visitor, folder: Path):
    assert visitor.press("Ask")[0][-1].startswith("done: ")


def retrieval(visitor: Visitor, folder: Path):
    from gradio_client import handle_file

    note = folder / "note.md"
    note.write_text("The code word is heron.\n" * 200, encoding="utf-8")
    drop = next(part["props"]["label"] for part in visitor.parts.values() if part["props"].get("file_count") == "multiple")
    assert "note.md: " in str(visitor.call("take_files", {drop: [handle_file(str(note))]}))
    answers = visitor.press("Ask with and without search", {"Question": "What is the code word?", "Search in": OWN})
    assert "heron" in str(answers[1])


def finetuning(visitor: Visitor, folder: Path):
    visitor.press("Connect to the service")
    visitor.press("Next: task", {"Model to tune": "pocket"})
    visitor.press("Next: data")
    assert "50 rows" in str(visitor.press("Check and preview", {"Rows of the book's headlines": 50}))
    for name in ("Next: validation", "Next: knobs"):
        visitor.press(name)
    assert "45 rows" in str(visitor.press("Next: review", {"n_epochs": "1", "batch_size": "45"}))
    visitor.press("Submit the job")
    assert "succeeded" in str(visitor.work(visitor.after("Submit the job")))
    for name in ("Next: deploy", "Deploy"):
        visitor.press(name)
    assert "Both have answered" in str(visitor.press("Ask both")[0])
    visitor.press("Start over: remove my files, job and model")


def edge(visitor: Visitor, folder: Path):
    found = visitor.press("Start the race", {"Or your own headlines, one a line": "The system was breached"})
    assert "Done: 1 headlines" in str(found)


def reasoning(visitor: Visitor, folder: Path):
    found = visitor.press("Let them think", {"Budget: most tokens for thinking and answer": 32})
    assert "Done. The mark is" in str(found)


@pytest.fixture(scope="module")
def workshop(small_folder, tmp_path_factory):
    """(address, function that tells what the workshop's process holds, folder) of a workshop in a process of its own."""
    folder = tmp_path_factory.mktemp("leaks")
    (folder / "small").symlink_to(small_folder)
    (folder / "guide").mkdir()
    (folder / "guide" / "a.md").write_text("The code word is falcon.", encoding="utf-8")
    tests = settings.ROOT / "tests"
    paths = os.pathsep.join([str(settings.PACKAGE.parent), str(tests), os.environ.get("PYTHONPATH", "")])
    shell = {k: v for k, v in os.environ.items() if k not in ("PHI_MODEL", "PHI_SEED", "PHI_API_KEY")}
    shell |= {"PYTHONPATH": paths, "PHI_THREADS": "1", "PHI_ARTIFACTS": str(folder / "artifacts")}
    shell |= {"GRADIO_HEARTBEAT_INTERVAL": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
    command = [sys.executable, str(tests / "demo_server.py"), str(folder)]
    with subprocess.Popen(command, env=shell, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def holds() -> dict:
            process.stdin.write("\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield process.stdout.readline().strip(), holds, folder
        process.stdin.close()
        assert process.wait() == 0


@pytest.mark.parametrize("run", [playground, retrieval, reasoning], ids=lambda run: run.__name__)
def test_ten_runs_leave_nothing_behind(workshop, run):
    ten_runs(workshop, run)


def ten_runs(workshop, run) -> None:
    """What the workshop holds after ten runs of a demo is what it held after the first ones, within a tenth."""
    address, holds, folder = workshop

    def runs(count: int) -> dict:
        for _ in range(count):
            visitor = Visitor(address)
            run(visitor, folder)
            visitor.client.close()
        until(lambda: holds()["visitors"] == 0, "the last visitor to be forgotten")
        return holds()

    before, after = runs(WARM), runs(RUNS)
    print(f"{run.__name__}: {before} -> {after}")
    assert after["memory"] <= before["memory"] * MOST and after["service"] <= before["service"] * MOST
    assert after["uploads"] == 0 and after["children"] == before["children"]
    assert after["open"] <= before["open"] + SPARE and after["threads"] <= before["threads"] + SPARE
