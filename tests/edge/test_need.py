"""What an export needs, refused before a weight is read."""

from __future__ import annotations

import collections
import json
import re
import shutil

import psutil
import pytest

from phicookbook import settings
from phicookbook.edge import Form, need
from phicookbook.settings import CookbookError


@pytest.fixture(scope="module")
def pocket():
    return need.shape_of(settings.POCKET_WEIGHTS)


def test_the_shape_is_pockets(pocket):
    assert pocket.architecture == "Phi3ForCausalLM" and pocket.tied
    assert (pocket.embedding, pocket.widths) == (6_144 * 192, (192, 512))
    assert 0.42 < pocket.embedding / pocket.parameters < 0.44


def test_fewer_layers_are_fewer_parameters(pocket):
    two = need.shape_of(settings.POCKET_WEIGHTS, layers=2)
    assert pocket.parameters - two.parameters == 2 * (192 * 320 + 192 * 192 + 3 * 192 * 512 + 2 * 192)


def test_a_folder_without_a_model_is_told(tmp_path):
    with pytest.raises(CookbookError, match="holds no language model that can be exported"):
        need.shape_of(tmp_path)


def test_blocks_that_do_not_divide_are_told_with_those_that_do(pocket, tmp_path):
    with pytest.raises(CookbookError, match="blocks of 128 do not divide a row of 192 weights: choose 16 or 32 or 64"):
        need.check(pocket, Form("int4", 128), tmp_path / "out")
    need.check(pocket, Form("fp32", 128), tmp_path / "out")


def test_too_little_memory_is_told_with_both_figures(pocket, tmp_path, monkeypatch):
    memory = collections.namedtuple("memory", "available")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory(1_000_000_000))
    with pytest.raises(CookbookError, match=r"needs about 1\.2 GB of memory and 1\.0 GB are free"):
        need.check(pocket, Form(), tmp_path / "out")


def test_too_little_disk_is_told(pocket, tmp_path, monkeypatch):
    usage = collections.namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage(1_000_000))
    with pytest.raises(CookbookError, match=r"needs 0\.01 GB on disk and 0\.00 GB are free"):
        need.check(pocket, Form("fp32"), tmp_path / "out")
    with pytest.raises(CookbookError, match=f"are free in {re.escape(str(tmp_path))}: make room"):
        need.check(pocket, Form("fp32"), tmp_path / "not" / "there" / "yet")


def test_need_grows_with_layers(tmp_path):
    about = json.loads((settings.POCKET_WEIGHTS / "config.json").read_text()) | {"hidden_size": 384}
    (tmp_path / "config.json").write_text(json.dumps(about))
    needs = [need.memory_bytes(need.shape_of(tmp_path, n), Form()) for n in (4, 8)]
    assert needs[0] < needs[1]
