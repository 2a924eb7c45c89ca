"""Fine-tuning settings: Azure's names, plain values there and back, and bad values told."""

from __future__ import annotations

import json

import pytest
from transformers import TrainingArguments

from phicookbook.finetune import FinetuneSettings
from phicookbook.settings import CookbookError


def test_settings_survive_json():
    settings = FinetuneSettings(lora_r=8, num_train_epochs=0.5, apply_lora=False)
    assert FinetuneSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings
    assert FinetuneSettings.from_dict({}) == FinetuneSettings()


def test_names_are_those_of_the_trainer():
    own = {"apply_lora", "lora_r", "lora_alpha", "lora_dropout", "max_seq_length"}
    names = set(FinetuneSettings().to_dict())
    assert own < names
    assert names - own <= set(TrainingArguments.__dataclass_fields__)


def test_an_unknown_name_is_told():
    with pytest.raises(CookbookError, match="no fine-tuning setting is called epochs, lr$"):
        FinetuneSettings.from_dict({"lr": 1e-3, "epochs": 2, "seed": 1})


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("lora_r", 0, "a whole number from 1 up"),
        ("lora_r", 1.5, "a whole number from 1 up"),
        ("lora_alpha", -1, "a whole number from 1 up"),
        ("lora_dropout", 1.0, "a number from 0 to below 1"),
        ("lora_dropout", -0.1, "a number from 0 to below 1"),
        ("num_train_epochs", 0, "a number above 0"),
        ("num_train_epochs", float("nan"), "a number above 0"),
        ("per_device_train_batch_size", 0, "a whole number from 1 up"),
        ("gradient_accumulation_steps", 0, "a whole number from 1 up"),
        ("max_seq_length", 0, "a whole number from 1 up"),
        ("logging_steps", 0, "a whole number from 1 up"),
        ("save_steps", 0, "a whole number from 1 up"),
        ("learning_rate", 0.0, "a number above 0"),
        ("learning_rate", "4e-3", "a number above 0"),
        ("learning_rate", None, "a number above 0"),
    ],
)
def test_a_bad_value_is_told_with_its_rule(name, value, rule):
    with pytest.raises(CookbookError) as caught:
        FinetuneSettings(**{name: value})
    assert str(caught.value) == f"{name} is {value!r}, give {rule}"


def test_all_bad_values_are_told_at_once():
    with pytest.raises(CookbookError) as caught:
        FinetuneSettings(lora_r=0, learning_rate=-1)
    assert str(caught.value).count(", give ") == 2


@pytest.mark.parametrize("values", [{"lora_r": 1}, {"lora_dropout": 0}, {"num_train_epochs": 0.01}, {"learning_rate": 1}])
def test_values_at_the_edge_are_good(values):
    assert FinetuneSettings(**values).to_dict() | values == FinetuneSettings(**values).to_dict()
