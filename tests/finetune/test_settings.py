"""Fine-tuning settings: Azure's names and defaults, plain values there and back, and bad values told."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import TrainingArguments

from phicookbook.finetune import POCKET, FinetuneSettings, changes, rules
from phicookbook.finetune.settings import OPTIMISATION, OWN, TRAINING
from phicookbook.finetune.trainer import PASSED_ON
from phicookbook.settings import CookbookError

# Names and defaults as they stand in spec.yaml 0.0.81 of finetune_acft_hf_nlp/components/pipeline_components/chat_completion.
CORE = dict(
    apply_lora=False, merge_lora_weights=True, lora_alpha=128, lora_r=8, lora_dropout=0.0, num_train_epochs=1, max_steps=-1,
    per_device_train_batch_size=1, per_device_eval_batch_size=1, auto_find_batch_size=False, optim="adamw_torch",
    learning_rate=2e-5, warmup_steps=0, weight_decay=0.0, adam_beta1=0.9, adam_beta2=0.999, adam_epsilon=1e-8,
    gradient_accumulation_steps=1, eval_accumulation_steps=-1, lr_scheduler_type="linear", precision=32, seed=42,
    enable_full_determinism=False, dataloader_num_workers=0, ignore_mismatched_sizes=False, max_grad_norm=1.0,
)  # fmt: skip
FURTHER = dict(
    evaluation_strategy="epoch", evaluation_steps_interval=0.0, eval_steps=500, logging_strategy="steps", logging_steps=10,
    metric_for_best_model="loss", resume_from_checkpoint=False, save_total_limit=-1, apply_early_stopping=False,
    early_stopping_patience=1, early_stopping_threshold=0.0, apply_deepspeed=False, deepspeed="", deepspeed_stage=2,
    apply_ort=False,
)  # fmt: skip
PREPROCESS = dict(batch_size=1000, pad_to_max_length=False, max_seq_length=-1)
COMPUTE = dict(num_nodes_finetune=1, number_of_gpu_to_use_finetuning=1, shm_size_finetune="5g", instance_type_finetune="")


def test_names_and_defaults_are_azure_s():
    assert (len(CORE), len(FURTHER)) == (26, 15)
    expected = CORE | FURTHER | PREPROCESS | COMPUTE
    assert {name: value for name, value in FinetuneSettings().to_dict().items() if name not in OWN} == expected
    assert FinetuneSettings.azure_names() == list(expected)


def test_every_setting_has_a_rule():
    ruled = {*rules.NUMBERS, *rules.CHOICES, *rules.SWITCHES, *rules.TEXTS}
    assert ruled == {field.name for field in fields(FinetuneSettings)}


def test_the_groups_are_settings_of_azure_and_do_not_overlap():
    assert {*TRAINING, *OPTIMISATION} <= set(FinetuneSettings.azure_names()) and not set(TRAINING) & set(OPTIMISATION)


def test_what_is_passed_on_has_the_trainer_s_names():
    assert set(PASSED_ON) <= set(TrainingArguments.__dataclass_fields__) & set(FinetuneSettings().to_dict())


def test_changes_are_what_differs():
    assert changes(FinetuneSettings()) == {}
    told = changes(FinetuneSettings(**POCKET))
    assert told["learning_rate"] == (2e-5, 2e-3) and set(told) == set(POCKET)
    pocket = FinetuneSettings(**POCKET)
    assert changes(replace(pocket, lora_r=8), pocket) == {"lora_r": (64, 8)}


def test_settings_survive_json():
    settings = FinetuneSettings(lora_r=16, num_train_epochs=0.5, apply_lora=True)
    assert FinetuneSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings
    assert FinetuneSettings.from_dict({}) == FinetuneSettings()


def test_numbers_may_come_as_text():
    given = {"learning_rate": "2e-5", "lora_r": "16", "apply_lora": "true", "num_train_epochs": "3", "deepspeed": ""}
    assert FinetuneSettings.from_dict(given) == FinetuneSettings(lora_r=16, apply_lora=True, num_train_epochs=3)


def test_unknown_names_are_told_with_the_nearest():
    with pytest.raises(CookbookError) as caught:
        FinetuneSettings.from_dict({"learning_rat": 1e-3, "epochs": 2, "lora_rank": 8, "seed": 1})
    assert str(caught.value).startswith("no fine-tuning setting is called epochs")
    assert "learning_rat (did you mean learning_rate?)" in str(caught.value) and "lora_rank (did you mean lora_r" in str(
        caught.value
    )


COUNT, FROM_0, ABOVE = "a whole number from 1 up", "a number from 0 up", "a number above 0"


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("lora_r", 0, COUNT),
        ("lora_r", 1.5, COUNT),
        ("lora_r", True, COUNT),
        ("lora_alpha", -1, COUNT),
        ("lora_dropout", 1.0, "a number from 0 to below 1"),
        ("lora_dropout", -0.1, "a number from 0 to below 1"),
        ("num_train_epochs", 0, ABOVE),
        ("num_train_epochs", float("nan"), ABOVE),
        ("per_device_train_batch_size", 0, COUNT),
        ("max_seq_length", 0, f"{COUNT}, or -1"),
        ("save_steps", -2, f"{COUNT}, or -1"),
        ("warmup_steps", -1, "a whole number from 0 up"),
        ("learning_rate", 0.0, ABOVE),
        ("learning_rate", "4e-3", ABOVE),
        ("learning_rate", None, ABOVE),
        ("weight_decay", -0.1, FROM_0),
        ("precision", 8, "one of 32, 16"),
        ("optim", "adam", "one of adamw_torch, adamw_torch_fused, adafactor, sgd, adagrad, rmsprop"),
        ("method", "reinforcement", "one of supervised, dpo"),
        ("apply_lora", 1, "true or false"),
        ("shm_size_finetune", 5, "a text"),
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


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"load_in_4bit": True}, "load_in_4bit needs apply_lora"),
        ({"load_in_4bit": True, "apply_lora": True}, "load_in_4bit keeps an adapter"),
        ({"method": "dpo", "packing": True}, "packing is for supervised rows"),
        ({"beta": 0.3}, "beta belongs to dpo"),
        ({"packing": True, "pad_to_max_length": True}, "packing leaves nothing to pad"),
        ({"apply_early_stopping": True, "evaluation_strategy": "no"}, "apply_early_stopping looks at evaluations"),
        ({"evaluation_steps_interval": 0.5}, "evaluation_steps_interval counts steps"),
        ({"deepspeed": "ds.json"}, "deepspeed names a file"),
        ({"apply_deepspeed": True, "apply_ort": True}, "are two engines"),
    ],
)
def test_contradictions_are_told(values, told):
    with pytest.raises(CookbookError, match=told):
        FinetuneSettings(**values)


@pytest.mark.parametrize("values", [{"lora_r": 1}, {"lora_dropout": 0}, {"num_train_epochs": 0.01}, {"learning_rate": 1}])
def test_values_at_the_edge_are_good(values):
    assert FinetuneSettings(**values).to_dict() | values == FinetuneSettings(**values).to_dict()


@given(st.text(max_size=8), st.sampled_from([1, 1.5, True, "text"]))
def test_text_becomes_a_number_or_stays(text, default):
    found = rules.as_number(text, default)
    assert found == text or isinstance(found, (int, float)) and not isinstance(default, str)
