"""Settings: defaults, environment, and the sentence that a bad value gets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from phicookbook import settings
from phicookbook.settings import CookbookError


def test_defaults(monkeypatch):
    for name in ("PHI_MODEL", "PHI_ARTIFACTS", "PHI_SEED", "PHI_THREADS"):
        monkeypatch.delenv(name, raising=False)
    assert settings.model() == "pocket"
    assert settings.seed() == 42
    assert settings.artifacts() == settings.ROOT / ".artifacts"
    assert 1 <= settings.threads() == min(os.cpu_count(), 8)


@pytest.mark.parametrize("name", ["PHI_MODEL", "PHI_ARTIFACTS", "PHI_SEED", "PHI_THREADS"])
def test_an_empty_variable_means_the_default(monkeypatch, name):
    read = getattr(settings, name.removeprefix("PHI_").lower())
    monkeypatch.delenv(name, raising=False)
    default = read()
    monkeypatch.setenv(name, "")
    assert read() == default


def test_environment_decides_at_each_call(monkeypatch):
    monkeypatch.setenv("PHI_MODEL", "some/model")
    monkeypatch.setenv("PHI_SEED", "0")
    monkeypatch.setenv("PHI_THREADS", "3")
    monkeypatch.setenv("PHI_ARTIFACTS", "~/made")
    assert (settings.model(), settings.seed(), settings.threads()) == ("some/model", 0, 3)
    assert settings.artifacts() == Path.home() / "made"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PHI_SEED", "many", "PHI_SEED is 'many': give a whole number, for example PHI_SEED=42"),
        ("PHI_SEED", "1.5", "PHI_SEED is '1.5'"),
        ("PHI_SEED", "-1", "PHI_SEED is -1: give a whole number from 0 up"),
        ("PHI_THREADS", "0", "PHI_THREADS is 0: give a whole number from 1 up"),
        ("PHI_THREADS", "all", "PHI_THREADS is 'all'"),
    ],
)
def test_a_bad_number_is_told_with_the_remedy(monkeypatch, name, value, told):
    monkeypatch.setenv(name, value)
    with pytest.raises(CookbookError) as caught:
        getattr(settings, name.removeprefix("PHI_").lower())()
    assert told in str(caught.value)


def test_a_model_is_put_in_force(monkeypatch):
    monkeypatch.setenv("PHI_MODEL", "some/model")
    assert settings.use_model() == "some/model" == settings.model()
    assert settings.use_model("other/model") == "other/model" == settings.model()


def test_a_key_is_read_and_trimmed(monkeypatch):
    monkeypatch.setenv("PHI_API_KEY", " abc\n")
    assert settings.api_key() == "abc"


def test_a_text_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "new" / "text.md"
    settings.write_text(path, "one\n")
    assert path.read_bytes() == b"one\n" and [p.name for p in path.parent.iterdir()] == ["text.md"]

    def fail(*args):
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError):
        settings.write_text(path, "two\n")
    assert path.read_bytes() == b"one\n"


def test_folders_are_those_of_the_repository():
    assert (settings.ROOT / "pyproject.toml").exists()
    assert (settings.PACKAGE / "settings.py").exists()
    assert (settings.DATASETS / "claims.yaml").exists() and settings.COOKBOOK.is_dir()
    assert settings.POCKET_WEIGHTS.parent.is_dir()


def test_the_sizes_are_bundled_and_are_no_reasoners():
    assert set(settings.SIZES) < set(settings.bundled())
    assert settings.reasoners() == ["pocket", "pocket-reasoning", "pocket-reasoning-plus"]
