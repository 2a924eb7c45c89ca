"""A service with the bundled model, and the official client as the only way to it."""

from __future__ import annotations

import os

import pytest
from service_client import ROWS, connect, ended, tune, upload

from phicookbook.serverless import start


@pytest.fixture(scope="session")
def quiet_environment():
    """What every service of these tests is started with."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_THREADS", "1")
        for name in ("PHI_MODEL", "PHI_SEED", "PHI_API_KEY"):
            patch.delenv(name, raising=False)
        yield dict(os.environ)


@pytest.fixture(scope="session")
def service(tmp_path_factory, quiet_environment):
    running = start(tmp_path_factory.mktemp("service"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def client(service):
    return connect(service.url)


@pytest.fixture(scope="session")
def tuned(client):
    """A supervised job that has succeeded: three steps in each of four epochs, with a validation file."""
    knobs = {"n_epochs": 4, "learning_rate_multiplier": 0.5}
    job = tune(
        client, validation_file=upload(client, ROWS[:4]).id, suffix="shown", seed=7, metadata={"case": "test"}, knobs=knobs
    )
    return ended(client, job.id)


@pytest.fixture(scope="session")
def adapters(tiny_folder, tmp_path_factory):
    """Folders of three adapters with random weights."""
    import torch
    from peft import LoraConfig, get_peft_model

    from phicookbook.models.local import open_folder

    folders = []
    for seed in range(3):
        torch.manual_seed(seed)
        model = open_folder(tiny_folder, str(tiny_folder)).model
        lora = LoraConfig(r=4, target_modules=["qkv_proj", "o_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
        tuned = get_peft_model(model, lora)
        folder = tmp_path_factory.mktemp(f"adapter{seed}")
        tuned.save_pretrained(folder)
        listing = folder / "adapter_config.json"
        listing.write_text(
            listing.read_text().replace('"base_model_name_or_path": null', f'"base_model_name_or_path": "{tiny_folder}"')
        )
        folders.append(folder)
    return folders
