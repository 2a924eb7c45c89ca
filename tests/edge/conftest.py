"""A model tuned in seconds, its exports and the page, made once for all tests of the edge."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def adapter(tmp_path_factory):
    """pocket tuned on a thousand headlines: a real adapter, less practised than pocket-headlines."""
    from phicookbook.finetune import headlines as case

    folder = tmp_path_factory.mktemp("tuned") / "headlines"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_THREADS", "1")
        case.make(folder, 1_000, progress=False)
    return folder


@pytest.fixture(scope="session")
def small_adapters(small_folder, tmp_path_factory):
    """Two LoRA adapters of different rank with random weights for the tiny model, by name."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    folders = {}
    for name, rank in (("first", 4), ("second", 2)):
        torch.manual_seed(rank)
        model = AutoModelForCausalLM.from_pretrained(small_folder)
        kinds = ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]
        model = get_peft_model(model, LoraConfig(r=rank, lora_alpha=8, target_modules=kinds, task_type="CAUSAL_LM"))
        with torch.no_grad():
            for key, weights in model.named_parameters():
                if "lora_B" in key:
                    weights.normal_(0, 0.3)
        folders[name] = tmp_path_factory.mktemp("adapters") / name
        model.save_pretrained(folders[name])
    return folders
