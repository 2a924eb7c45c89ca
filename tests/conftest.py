"""Shared by all tests: a tiny Phi-3 with random weights, and a folder of its own for whatever a test makes."""

from __future__ import annotations

import json
import os

import hypothesis
import pytest

# The tests compare floating-point results and must reach no network, whatever the machine has.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

# The first example may have to import scipy; and the same examples on every machine.
hypothesis.settings.register_profile("book", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("book")

TEXTS = ["What is the sentiment of this headline?", "The system was breached, says Contoso.", "positive negative neutral"]


@pytest.fixture(autouse=True)
def artifacts(tmp_path, monkeypatch):
    """The artifacts folder of one test; no setting of the caller's shell reaches it."""
    for name in ("PHI_MODEL", "PHI_SEED", "PHI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PHI_THREADS", "1")
    monkeypatch.setenv("PHI_ARTIFACTS", str(tmp_path / "artifacts"))
    return tmp_path / "artifacts"


def save_tiny(folder, hidden: int, feed_forward: int):
    """Save a Phi3ForCausalLM of two layers and four heads with random weights, and a tokenizer, in pocket's own format."""
    import torch
    from transformers import GenerationConfig

    from phicookbook.models import checksums
    from phicookbook.pocket.recipe import Recipe, build
    from phicookbook.pocket.tokenizer import train_tokenizer

    tokenizer = train_tokenizer(TEXTS * 4, 320)
    sizes = {"hidden": hidden, "layers": 2, "heads": 4, "kv_heads": 2, "feed_forward": feed_forward}
    model = build(Recipe(**sizes, vocabulary=len(tokenizer), context=256))
    with torch.no_grad():  # larger weights, so that answers differ from prompt to prompt
        for weights in model.parameters():
            if weights.ndim == 2:
                weights.mul_(15)
    model.generation_config = GenerationConfig(eos_token_id=[0, 4], pad_token_id=0)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    checksums.write(folder, ["model.safetensors", "tokenizer.json", "config.json"])
    return folder


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """A saved tiny model with heads of 8."""
    return save_tiny(tmp_path_factory.mktemp("tiny"), 32, 64)


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory):
    """A saved tiny model with heads of 16, which is the least that onnxruntime runs."""
    return save_tiny(tmp_path_factory.mktemp("small"), 64, 96)


@pytest.fixture(scope="session")
def small(small_folder):
    """The model of `small_folder`, open."""
    from phicookbook.models.local import open_folder

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_THREADS", "1")
        return open_folder(small_folder, "small")


@pytest.fixture(scope="session")
def tiny(tiny_folder):
    """The tiny model, open."""
    from phicookbook.models.local import open_folder

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_THREADS", "1")
        return open_folder(tiny_folder, "tiny")


@pytest.fixture
def write_chapter(tmp_path, monkeypatch):
    """A function that writes a chapter of some code cells into a cookbook folder of the test's own."""
    from phicookbook import settings

    cookbook = tmp_path / "cookbook"
    cookbook.mkdir()
    monkeypatch.setattr(settings, "COOKBOOK", cookbook)

    def write(name: str, *sources: str, tags: dict[int, list[str]] | None = None):
        cells = [
            {"cell_type": "code", "id": f"cell-{i}", "metadata": {"tags": (tags or {}).get(i, [])}, "source": source,
             "execution_count": None, "outputs": []}
            for i, source in enumerate(sources, start=1)
        ]  # fmt: skip
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        path = cookbook / f"{name}.ipynb"
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return path

    return write


@pytest.fixture
def write_claims(tmp_path, monkeypatch):
    """A function that replaces claims.yaml by the given text."""
    from phicookbook import settings

    datasets = tmp_path / "datasets"
    datasets.mkdir()
    monkeypatch.setattr(settings, "DATASETS", datasets)

    def write(text: str):
        (datasets / "claims.yaml").write_text(text, encoding="utf-8")
        return datasets / "claims.yaml"

    return write


@pytest.fixture(scope="module")
def browser():
    """A Chromium for the tests of one file; skipped where there is none."""
    import chromium

    with chromium.opened() as found:
        yield found
