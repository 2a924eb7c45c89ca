"""Checksums against sha256sum's own format and the three ways a folder can be wrong."""

from __future__ import annotations

import hashlib
import shutil
import subprocess

import pytest

from phicookbook.models import checksums
from phicookbook.settings import CookbookError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "weights.bin").write_bytes(bytes(range(256)) * 8000)
    (tmp_path / "config.json").write_text("{}")
    checksums.write(tmp_path, ["weights.bin", "config.json"])
    return tmp_path


def test_written_listing_is_sorted_and_right(folder):
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    digests = [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("config.json", "weights.bin")]
    assert lines == [f"{digests[0]}  config.json", f"{digests[1]}  weights.bin"]


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="no sha256sum here")
def test_sha256sum_reads_the_listing(folder):
    assert subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder).returncode == 0


def test_a_whole_folder_verifies_silently(folder):
    assert checksums.verify(folder) is None


def test_one_flipped_bit_is_told_with_file_and_remedy(folder):
    path = folder / "weights.bin"
    content = bytearray(path.read_bytes())
    content[100_000] ^= 1
    path.write_bytes(content)
    with pytest.raises(CookbookError) as caught:
        checksums.verify(folder)
    assert f"{path} is damaged" in str(caught.value) and f"git checkout -- {path}" in str(caught.value)


def test_a_missing_file_is_told(folder):
    (folder / "config.json").unlink()
    with pytest.raises(CookbookError) as caught:
        checksums.verify(folder)
    assert f"{folder / 'config.json'} is missing" in str(caught.value) and "git checkout" in str(caught.value)


def test_a_missing_listing_is_told(folder):
    (folder / "SHA256SUMS").unlink()
    with pytest.raises(CookbookError) as caught:
        checksums.verify(folder)
    assert "SHA256SUMS is missing" in str(caught.value) and "git checkout" in str(caught.value)


def test_a_name_with_spaces_is_one_name(tmp_path):
    (tmp_path / "two words.txt").write_text("a")
    checksums.write(tmp_path, ["two words.txt"])
    checksums.verify(tmp_path)
    (tmp_path / "two words.txt").write_text("b")
    with pytest.raises(CookbookError, match="two words.txt is damaged"):
        checksums.verify(tmp_path)
