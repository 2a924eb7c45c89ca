"""The doctor: every finding with its remedy, versions against the lock, and the weights."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import types
from importlib import metadata

import pytest
from stub_endpoint import serving

from phicookbook import doctor, settings
from phicookbook.doctor import Row
from phicookbook.settings import CookbookError


@pytest.fixture
def weights(tiny_folder, tmp_path, monkeypatch):
    """A good folder in the place of the bundled weights."""
    folder = shutil.copytree(tiny_folder, tmp_path / "weights")
    monkeypatch.setattr(settings, "POCKET_WEIGHTS", folder)
    return folder


@pytest.fixture
def lock(tmp_path, monkeypatch):
    """A function that replaces the lock file by the given text."""

    def write(text: str) -> None:
        (tmp_path / "shared").mkdir()
        (tmp_path / "shared" / "requirements.lock").write_text(text, encoding="utf-8")
        monkeypatch.setattr(settings, "ROOT", tmp_path)

    return write


def found(name: str) -> Row:
    (row,) = [row for row in doctor.rows() if row.name == name]
    return row


def test_this_machine_is_described(weights):
    assert found("Python").found == platform.python_version() and found("Python").good
    assert found("threads").found == f"1 of {os.cpu_count()} cores"
    assert found("memory").good and found("memory").found.endswith(" GB free")
    for name in doctor.LOCKED:
        assert found(name).found == metadata.version(name)
    assert found("pocket") == Row("pocket", "checksums agree", True)


def test_the_lock_names_every_package_that_is_compared():
    locked = doctor.locked_versions()
    assert set(doctor.LOCKED) <= set(locked)
    assert all(version[0].isdigit() and " " not in version for version in locked.values())


def test_lock_lines_with_markers_comments_and_two_versions(lock):
    numpy = "numpy==2.4.6 ; python_full_version < '3.12'\nnumpy==2.5.0 ; python_full_version >= '3.12'\n"
    lock("# a comment\n-e .\ntorch==2.13.0\n" + numpy)
    assert doctor.locked_versions() == {"torch": "2.13.0", "numpy": "2.4.6"}


def test_another_version_or_none_is_bad_and_a_build_tag_is_not(weights, monkeypatch):
    locked = doctor.locked_versions()

    def version(name):
        if name == "trl":
            raise metadata.PackageNotFoundError
        return {"torch": locked["torch"] + "+cpu", "gradio": "1.0"}.get(name, locked[name])

    monkeypatch.setattr(doctor.metadata, "version", version)
    assert found("torch").good and found("peft").good
    assert (found("gradio").found, found("gradio").good) == ("1.0", False)
    assert (found("trl").found, found("trl").good) == ("missing", False)
    assert found("gradio").remedy == f"the lock says {locked['gradio']}: run `make setup`"


@pytest.mark.parametrize(("free", "good"), [(1.9e9, False), (2.0e9, True)])
def test_disk(weights, monkeypatch, free, good):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: types.SimpleNamespace(free=free))
    assert found("disk") == Row("disk", "2 GB free", good, "free 2 GB")


def test_little_memory(weights, monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: types.SimpleNamespace(available=1e9))
    assert found("memory") == Row("memory", "1 GB free", False, "free 2 GB: close programs")


def test_a_port_that_is_taken_is_told(weights, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(doctor, "PORTS", {"cookbook demo": port})
        assert found(f"port {port}").found == "in use: give `cookbook demo` another with --port"
    assert found(f"port {port}").found == "free for `cookbook demo`"


def test_gpus_are_named_by_their_own_tool(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    assert found("GPU") == Row("GPU", "none, and none is needed", True)
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA A\nNVIDIA B'\n")
    tool.chmod(0o755)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: str(tool))
    assert found("GPU").found == "NVIDIA A, NVIDIA B"


def test_an_endpoint_is_asked_and_its_key_never_shown(weights, monkeypatch):
    assert not [row for row in doctor.rows() if row.name in ("key", "endpoint")]
    monkeypatch.setenv("PHI_API_KEY", "secret-1")
    with serving() as stub:
        monkeypatch.setenv("PHI_MODEL", stub.name)
        assert found("endpoint").found == "answers" and found("key").found == "set"
        stub.script.append(401)
        refused = found("endpoint")
    assert not refused.good and "refused the key in PHI_API_KEY" in refused.remedy
    monkeypatch.delenv("PHI_API_KEY")
    assert "cannot be reached" in found("endpoint").remedy and found("key").found == "not set"
    assert "secret-1" not in doctor.show(doctor.rows()) + str(refused)


def test_old_python(weights, monkeypatch):
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 9))
    assert not found("Python").good and "3.11" in found("Python").remedy


def test_damaged_weights(weights):
    (weights / "config.json").write_text("{}")
    row = found("pocket")
    assert not row.good and row.found == "damaged" and f"{weights / 'config.json'} is damaged" in row.remedy


def test_a_package_that_the_lock_lacks_is_bad(weights, lock):
    lock("torch==2.13.0\n")
    assert (found("trl").good, found("trl").remedy) == (False, "the lock says nothing: run `make setup`")


def test_a_missing_lock_is_told(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    with pytest.raises(CookbookError, match=r"requirements\.lock is missing: restore it with `git checkout"):
        doctor.rows()


def test_show_is_one_line_a_row_with_a_remedy_where_it_is_bad():
    rows = [Row("cores", "2", True, "buy more"), Row("disk space", "1 GB free", False, "free 2 GB")]
    assert doctor.show(rows).split("\n") == ["ok   cores       2", "BAD  disk space  1 GB free  -> free 2 GB"]
