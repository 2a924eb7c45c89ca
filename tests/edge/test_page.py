"""Writing the page: what npm brings, and nothing half-written when something is missing."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest

from phicookbook.edge import page
from phicookbook.settings import CookbookError


@pytest.fixture
def web(tmp_path, monkeypatch):
    """The page's sources without what npm brings."""
    folder = tmp_path / "web"
    shutil.copytree(page.WEB, folder, ignore=shutil.ignore_patterns("node_modules", "*.lock"))
    monkeypatch.setattr(page, "WEB", folder)
    return folder


@pytest.fixture
def installed(web):
    """The same with stand-ins for onnxruntime-web's files, stamped as installed."""
    dist = web / "node_modules" / "onnxruntime-web" / "dist"
    dist.mkdir(parents=True)
    for name in page.RUNTIME:
        (dist / name).write_text("// stands for the runtime")
    stamp = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    (web / "node_modules" / ".lock.sha256").write_text(stamp)
    return dist


def test_what_is_installed_is_not_fetched_again(installed, monkeypatch):
    monkeypatch.setattr(page.shutil, "which", lambda name: None)
    assert page.runtime() == installed


def test_another_version_is_fetched_anew(installed, web, monkeypatch):
    monkeypatch.setattr(page.shutil, "which", lambda name: None)
    (web / "package-lock.json").write_text("{}")
    with pytest.raises(CookbookError, match="needs onnxruntime-web from npm: install Node.js 18 or newer"):
        page.runtime()


def test_a_fetch_that_fails_is_told(web, monkeypatch):
    if not shutil.which("npm"):
        pytest.skip("npm is missing")
    (web / "package-lock.json").write_text("{}")  # npm refuses it before it asks anybody
    with pytest.raises(CookbookError, match="npm could not fetch onnxruntime-web"):
        page.runtime()


def test_without_npm_nothing_is_written(web, tmp_path, monkeypatch):
    monkeypatch.setattr(page.shutil, "which", lambda name: None)
    with pytest.raises(CookbookError, match="npm"):
        page.write_page(tmp_path / "out")
    assert not list(tmp_path.glob("out*"))


def test_an_adapter_that_does_not_fit_leaves_nothing(installed, tmp_path):
    with pytest.raises(CookbookError, match="no model is called 'nothing'"):
        page.write_page(tmp_path / "out", adapter="nothing", precisions=("int4",))
    assert not list(tmp_path.glob("out*"))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(CookbookError, match="exists already"):
        page.write_page(tmp_path / "out")
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"


def test_the_folder_is_whole(installed, small_folder, small_adapters, tmp_path):
    out = page.write_page(tmp_path / "out", str(small_folder), str(small_adapters["first"]), ("fp32",))
    about = json.loads((out / "page.json").read_text(encoding="utf-8"))
    assert set(about["models"]) == {"base-fp32", "tuned-fp32"}
    assert all((out / name).exists() for name in about["files"])
    assert about["before"].endswith("What is the sentiment of this headline?\n") and about["after"].endswith("<|assistant|>\n")
    assert "VERSION" not in (out / "worker.js").read_text()
    for path in out.rglob("*.js"):
        assert "https://" not in path.read_text(encoding="utf-8"), "the page may ask nobody but its own server"


def test_its_files_keep_to_themselves():
    for name in page.OURS:
        text = (page.WEB / name).read_text(encoding="utf-8")
        assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", ""), name
    lock = json.loads((page.WEB / "package-lock.json").read_text())
    assert all("integrity" in each for name, each in lock["packages"].items() if name)
