"""Dev container and Binder do what the Makefile, the doctor and the README say, so that none of them drifts from the others.

pytest tests/test_containers.py
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from phicookbook import cli, doctor, settings

MAKEFILE = (settings.ROOT / "Makefile").read_text(encoding="utf-8")
WORKFLOW = (settings.ROOT / ".github" / "workflows" / "book.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def container() -> dict:
    return json.loads((settings.ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))


def is_a_command(text: str) -> bool:
    """Whether a line is a target of the Makefile or a command of the cookbook that its parser takes."""
    program, *words = text.split()
    if program == "make":
        return bool(words) and all(re.search(rf"^{re.escape(word)}:", MAKEFILE, re.M) for word in words)
    try:
        return program == "cookbook" and bool(cli.parser().parse_args(words).work)
    except SystemExit:
        return False


@pytest.mark.parametrize("text", ["make nothing", "cookbook nothing", "make", "rm -rf x"])
def test_a_line_that_is_no_command_is_noticed(text):
    assert not is_a_command(text)


def test_its_commands_are_the_houses(container):
    assert container["postCreateCommand"] == "make setup" and is_a_command("make setup")
    assert all(is_a_command(each["label"]) for each in container["portsAttributes"].values())


def test_its_ports_are_the_doctors_and_the_commands_own(container):
    named = {each["label"]: int(port) for port, each in container["portsAttributes"].items()}
    assert named == doctor.PORTS and sorted(container["forwardPorts"]) == sorted(named.values())
    for command in ("serve", "demo"):
        assert cli.parser().parse_args([command]).port == named[f"cookbook {command}"]


def test_its_python_is_the_one_that_is_tested_and_its_environment_the_makefiles(container):
    version = container["image"].removeprefix("mcr.microsoft.com/devcontainers/python:")
    assert f'python-version: "{version}"' in WORKFLOW
    venv = re.search(r"^VENV := (\S+)$", MAKEFILE, re.M)[1]
    interpreter = container["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert interpreter == f"${{containerWorkspaceFolder}}/{venv}/bin/python"
    assert container["remoteEnv"]["PATH"].split(":")[0] == f"${{containerWorkspaceFolder}}/{venv}/bin"
    assert {"ms-python.python", "ms-toolsai.jupyter"} <= set(container["customizations"]["vscode"]["extensions"])


def test_it_takes_torchs_small_build(container):
    """The address is the README's and the workflow's: the lock file's torch for NVIDIA cards weighs several GB."""
    index = container["containerEnv"]["PIP_EXTRA_INDEX_URL"]
    assert f"PIP_EXTRA_INDEX_URL={index}" in WORKFLOW
    assert f"PIP_EXTRA_INDEX_URL={index}" in (settings.ROOT / "README.md").read_text(encoding="utf-8")


def test_the_machine_it_asks_for_has_what_the_doctor_wants(container):
    wanted = container["hostRequirements"]
    assert int(wanted["memory"].removesuffix("gb")) >= doctor.NEEDED_MEMORY_GB
    assert int(wanted["storage"].removesuffix("gb")) >= doctor.NEEDED_DISK_GB


def test_binder_builds_the_same_environment(container):
    python = (settings.ROOT / ".binder" / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    assert f'python-version: "{python}"' in WORKFLOW
    script = (settings.ROOT / ".binder" / "postBuild").read_text(encoding="utf-8")
    assert f'PIP_EXTRA_INDEX_URL="{container["containerEnv"]["PIP_EXTRA_INDEX_URL"]}"' in script


@pytest.mark.skipif(os.name == "nt", reason="Binder runs Linux")
def test_binders_script_sets_up_and_puts_the_books_kernel_in_place(tmp_path):
    """The real script and the real ipykernel; make is a stand-in that notes its arguments, since nothing may be downloaded."""
    settings.write_text(tmp_path / "bin" / "make", '#!/bin/sh\necho "$@" >> made\n')
    (tmp_path / "bin" / "make").chmod(0o755)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "NB_PYTHON_PREFIX": str(tmp_path / "server")}
    script = settings.ROOT / ".binder" / "postBuild"
    assert os.access(script, os.X_OK)
    done = subprocess.run([str(script)], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made").read_text() == "setup\n"
    kernel = json.loads((tmp_path / "server" / "share" / "jupyter" / "kernels" / "python3" / "kernel.json").read_text())
    assert kernel["argv"][0] == str(tmp_path / ".venv" / "bin" / "python")
