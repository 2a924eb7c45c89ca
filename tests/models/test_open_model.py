"""The one way to a model: names, folders, hub ids, artifacts, and a sentence for everything else."""

from __future__ import annotations

import json
import shutil
import sys
import threading
import types

import pytest

from phicookbook import settings
from phicookbook.models import artifacts as shelf
from phicookbook.models import open_model
from phicookbook.settings import CookbookError


@pytest.fixture
def pocket(tiny_folder, tmp_path, monkeypatch):
    """A copy of the tiny model in the place of the bundled weights."""
    folder = shutil.copytree(tiny_folder, tmp_path / "weights")
    monkeypatch.setattr(settings, "POCKET_WEIGHTS", folder)
    return folder


def told(name: str) -> str:
    with pytest.raises(CookbookError) as caught:
        open_model(name)
    return str(caught.value)


def test_the_bundled_models_together_stay_under_40_mb():
    """All that the repository ships: every folder with weights is one of them, and each can be opened by its name."""
    folders = set(settings.bundled().values())
    assert {path.parent for path in settings.PACKAGE.rglob("*.safetensors")} == folders
    sizes = [path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert 10_000_000 < sum(sizes) < 40_000_000


def test_pocket_is_the_default_and_a_folder_opens_too(pocket, tiny):
    expected = tiny.chat("Hello", max_new_tokens=8).text
    for name in ("", "pocket", str(pocket)):
        assert open_model(name).chat("Hello", max_new_tokens=8).text == expected
    assert open_model().name == "pocket"
    assert open_model(pocket).name == str(pocket)


def test_phi_model_decides_when_no_name_is_given(pocket, monkeypatch):
    monkeypatch.setenv("PHI_MODEL", str(pocket))
    assert open_model().name == str(pocket)
    assert open_model("pocket").name == "pocket"
    monkeypatch.setenv("PHI_MODEL", "poket")
    assert "no model is called 'poket'" in told("")


def test_damaged_weights_of_pocket_are_told(pocket):
    path = pocket / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    assert f"{path} is damaged" in told("pocket")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("poket", "pocket"),
        ("Pocket", "pocket"),
        ("pocket-headline", "pocket-headlines"),
        ("pocket_headlines", "pocket-headlines"),
    ],
)
def test_an_unknown_name_offers_the_nearest(name, near):
    assert told(name).startswith(f"no model is called {name!r}. Did you mean {near!r}? Choose pocket, pocket-xs,")


@pytest.mark.parametrize("name", ["gpt", "/no/such/folder", "./no/such", "~/none", "a/b/c"])
def test_a_name_like_nothing_offers_all(name):
    assert told(name).startswith(f"no model is called {name!r}. Choose pocket")


def test_a_folder_without_a_model(tmp_path):
    assert told(str(tmp_path)) == f"{tmp_path} holds no model that transformers can open: it has no config.json"


@pytest.mark.parametrize("spoiled", ["config.json", "tokenizer.json", "model.safetensors"])
@pytest.mark.parametrize("how", ["missing", "cut"])
def test_a_spoiled_folder_is_told_in_one_sentence(tiny_folder, tmp_path, spoiled, how):
    folder = shutil.copytree(tiny_folder, tmp_path / "model")
    path = folder / spoiled
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]) if how == "cut" else path.unlink()
    assert told(str(folder)).startswith(f"{folder} holds no model that transformers can open: ")


def test_an_adapter_without_its_weights_or_base(tiny_folder, tmp_path):
    listing = tmp_path / "adapter_config.json"
    listing.write_text(
        json.dumps({"base_model_name_or_path": str(tiny_folder), "peft_type": "LORA", "target_modules": ["o_proj"]})
    )
    assert told(str(tmp_path)).startswith(f"{tmp_path} holds no adapter that peft can open: ")
    listing.write_text(json.dumps({"base_model_name_or_path": "no-such/base", "peft_type": "LORA"}))
    assert told(str(tmp_path)).startswith(f"no-such/base (the base of the adapter {tmp_path}) is not on this machine")


def test_a_hub_id_without_a_network_says_what_to_do():
    name = "microsoft/Phi-4-mini-instruct-not-here"
    assert told(name) == (
        f"{name} is not on this machine and could not be fetched from the hub. "
        f"Where there is a network, run `hf download {name}` first, or use the bundled model: PHI_MODEL=pocket."
    )


@pytest.fixture
def made(tiny_folder, monkeypatch):
    """The folders that a stub maker of pocket-headlines was asked for."""
    asked = []

    def make(folder):
        asked.append(folder)
        shutil.copytree(tiny_folder, folder)

    stub = types.ModuleType("stub_maker")
    stub.make = make
    monkeypatch.setitem(sys.modules, "stub_maker", stub)
    monkeypatch.setitem(shelf.MAKERS, "pocket-headlines", "stub_maker:make")
    return asked


def test_an_artifact_is_made_when_missing_and_only_then(made, artifacts, capsys):
    model = open_model("pocket-headlines")
    assert model.name == "pocket-headlines" and len(model.chat("Hello", max_new_tokens=3).text)
    assert made == [shelf.path_of("pocket-headlines")] and made[0].is_relative_to(artifacts)
    assert "pocket-headlines is not here yet: making it" in capsys.readouterr().out
    open_model("pocket-headlines")
    assert len(made) == 1 and "making" not in capsys.readouterr().out


def test_an_artifact_that_no_longer_opens_says_how_to_make_it_anew(made):
    open_model("pocket-headlines")
    (made[0] / "config.json").unlink()
    assert told("pocket-headlines").endswith(f"Delete {made[0]}: pocket-headlines is made anew when it is next asked for")


def test_who_makes_a_folder_and_who_asks_for_it_share_one_lock(made, tiny_folder):
    """A chapter that trains the model and one that opens it meanwhile: the second waits and finds it made."""
    folder = shelf.path_of("pocket-headlines")
    folder.parent.mkdir(parents=True)
    with shelf.lock_of(folder):
        asking = threading.Thread(target=open_model, args=("pocket-headlines",))
        asking.start()
        asking.join(0.5)
        assert asking.is_alive() and made == []
        shutil.copytree(tiny_folder, folder)
    asking.join(60)
    assert not asking.is_alive() and made == []


@pytest.mark.parametrize("content", ["{", "[]", "{}"])
def test_a_damaged_adapter_listing_is_named(tmp_path, content):
    (tmp_path / "adapter_config.json").write_text(content, encoding="utf-8")
    assert told(str(tmp_path)).startswith(f"{tmp_path / 'adapter_config.json'} is damaged: make the adapter again")


def test_other_weights_have_artifacts_of_their_own(tmp_path, artifacts, monkeypatch):
    places = set()
    for edition in ("", "one", "two"):
        monkeypatch.setattr(settings, "POCKET_WEIGHTS", tmp_path / edition)
        (tmp_path / edition).mkdir(exist_ok=True)
        if edition:
            (tmp_path / edition / "SHA256SUMS").write_text(f"{edition}  model.safetensors\n", encoding="utf-8")
        places.add(shelf.path_of("pocket-headlines"))
    assert len(places) == 3


def test_an_artifact_without_a_maker():
    with pytest.raises(CookbookError, match="no artifact is called 'x': choose one of pocket-headlines"):
        shelf.ensure("x")


def test_every_maker_that_is_named_exists():
    for maker in shelf.MAKERS.values():
        module, function = maker.split(":")
        assert callable(getattr(__import__(module, fromlist=[function]), function))
