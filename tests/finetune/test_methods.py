"""What can be learnt and how it is kept: preferences, weights of zero, packed rows, merged models, adapters on adapters."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace

import pytest
import torch
from transformers import BitsAndBytesConfig

from phicookbook.finetune import POCKET, FinetuneSettings, chat_rows, finetune, reporting, trainer
from phicookbook.finetune.data import read_jsonl, row_fault
from phicookbook.models import open_model
from phicookbook.models.local import _four_bits, open_folder
from phicookbook.settings import CookbookError

ROWS = chat_rows([(f"Is {i} good?", "positive" if i % 2 else "negative") for i in range(32)])
SMALL = dict(lora_r=4, num_train_epochs=2, learning_rate=1e-2, warmup_steps=0, logging_steps=1, max_seq_length=96)
TUNING = FinetuneSettings(**POCKET | SMALL)
DPO = replace(TUNING, method="dpo", beta=0.2)


def preference(prompt: str, better: str, worse: str) -> dict:
    """A row of OpenAI's preference format."""
    return {
        "input": {"messages": [{"role": "user", "content": prompt}], "tools": [], "parallel_tool_calls": True},
        "preferred_output": [{"role": "assistant", "content": better}],
        "non_preferred_output": [{"role": "assistant", "content": worse}],
    }


PAIRS = [preference(f"Is {i} good?", "negative", "positive") for i in range(32)]


def likelihood(model, prompt: str, answer: str) -> float:
    """Log-probability of an answer, computed without a trainer."""
    start = model.tokenizer.apply_chat_template([{"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True)
    first, ids = (model.tokenizer(text, add_special_tokens=False)["input_ids"] for text in (start, start + answer + "<|end|>"))
    with torch.inference_mode():
        scores = model.model(torch.tensor([ids])).logits[0].log_softmax(-1)
    return sum(scores[place - 1, ids[place]].item() for place in range(len(first), len(ids)))


def margin(model) -> float:
    """How much more likely the better answer is than the worse one, in nats."""
    return likelihood(model, "Is 99 good?", "negative") - likelihood(model, "Is 99 good?", "positive")


@pytest.mark.parametrize("lora", [True, False])
def test_preferences_move_the_better_answer_away_from_the_worse_one(tiny_folder, tiny, tmp_path, lora):
    heard = []
    settings = replace(DPO, apply_lora=lora, learning_rate=1e-2 if lora else 1e-3)
    found = finetune(
        str(tiny_folder), PAIRS, settings, tmp_path / "out", progress=False, validation=PAIRS[:4], on_event=heard.append
    )
    tuned = open_model(str(found.folder))

    assert margin(tuned) > margin(tiny) + 1
    first, last = (event for event in (heard[1], [e for e in heard if e["type"] == "train"][-1]))
    assert first["train_loss"] == pytest.approx(0.693, abs=0.01)  # before any step both are the reference: log 2
    assert last["train_loss"] < 0.6 and last["train_reward_accuracy"] > 0.9
    assert [event["valid_reward_accuracy"] for event in heard if event["type"] == "validation"][-1] == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"input": "Hello"}, 'no "input" with a list "messages"'),
        ({"preferred_output": "Hello"}, '"preferred_output" is no list of one message'),
        ({"non_preferred_output": []}, '"non_preferred_output" is no list of one message'),
        ({"preferred_output": [{"role": "user", "content": "a"}]}, "the last message is not the assistant's"),
        ({"non_preferred_output": [{"role": "assistant", "content": ""}]}, "has no content"),
        ({"input": {"messages": []}}, "there is no user message"),
        ({"input": {"messages": ROWS[0]["messages"]}}, "the input ends with the assistant's message"),
    ],
)
def test_a_malformed_preference_is_told(tiny_folder, tmp_path, change, told):
    row = PAIRS[0] | change
    assert told in row_fault(row, "dpo")
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps(PAIRS[0]) + "\n" + json.dumps(row))
    with pytest.raises(CookbookError, match="line 2: "):
        read_jsonl(path, "dpo")
    with pytest.raises(CookbookError, match="row 2: "):
        finetune(str(tiny_folder), [PAIRS[0], row], DPO, tmp_path / "out", progress=False)


def test_rows_of_the_other_method_are_told(tiny_folder, tmp_path):
    assert row_fault(PAIRS[0], "dpo") == "" and row_fault(ROWS[0]) == ""
    assert 'no "input"' in row_fault(ROWS[0], "dpo") and 'no list "messages"' in row_fault(PAIRS[0])


def test_an_answer_of_weight_zero_carries_no_loss(tiny_folder, tmp_path):
    talk = [*ROWS[0]["messages"], *ROWS[1]["messages"]]
    rows = [{"messages": [talk[0], talk[1] | {"weight": 0}, *talk[2:]]}]
    made, _ = trainer.make(str(tiny_folder), rows, [], TUNING, tmp_path, reporting.reporter(progress=False))
    labels = made.data_collator([made.train_dataset[0]])["labels"][0].tolist()
    learnt = made.processing_class.decode([label for label in labels if label != -100])
    assert len(made.train_dataset) == 1 and learnt.startswith("positive")


def test_packed_rows_give_the_loss_of_rows_apart(tiny_folder, tmp_path):
    """Two rows in one sequence must not see each other: the loss over all tokens is that of the rows apart."""
    losses = []
    for packing in (False, True):
        settings = replace(TUNING, packing=packing, max_steps=1, per_device_train_batch_size=32, learning_rate=1e-9)
        losses.append(finetune(str(tiny_folder), ROWS, settings, tmp_path / str(packing), progress=False).losses[0][1])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_a_merged_model_answers_as_its_adapter_does(tiny_folder, tmp_path):
    found = [
        finetune(str(tiny_folder), ROWS, replace(TUNING, merge_lora_weights=merged), tmp_path / str(merged), progress=False)
        for merged in (False, True)
    ]
    assert (found[1].folder / "model.safetensors").exists() and not (found[1].folder / "adapter_config.json").exists()
    adapter, whole = (open_model(str(result.folder)) for result in found)
    assert adapter.chat("Is 3 good?", max_new_tokens=8).text == whole.chat("Is 3 good?", max_new_tokens=8).text


def test_an_adapter_can_be_trained_on_an_adapter(tiny_folder, tiny, tmp_path):
    first = finetune(str(tiny_folder), ROWS, TUNING, tmp_path / "first", progress=False)
    still = replace(TUNING, max_steps=1, learning_rate=1e-9)
    second = finetune(str(first.folder), ROWS, still, tmp_path / "second", progress=False)
    base, one, two = (
        likelihood(m, "Is 1 good?", "positive") for m in (tiny, *map(open_model, map(str, (first.folder, second.folder))))
    )
    assert two == pytest.approx(one, abs=1e-3) and one > base + 1


def test_trained_tokens_are_the_rows_own_times_the_epochs(tiny_folder, tiny, tmp_path):
    own = sum(len(tiny.tokenizer.apply_chat_template(row["messages"])["input_ids"]) for row in ROWS)
    assert finetune(str(tiny_folder), ROWS, TUNING, tmp_path / "out", progress=False).trained_tokens == 2 * own


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"apply_ort": True}, "apply_ort works in Azure ML's own fine-tuning alone: use --on azureml"),
        ({"apply_deepspeed": True}, "apply_deepspeed works in Azure ML's own fine-tuning alone"),
        ({"apply_early_stopping": True}, "apply_early_stopping looks at evaluations: give validation rows"),
    ],
)
def test_what_this_machine_cannot_serve_is_told(tiny_folder, tmp_path, change, told):
    with pytest.raises(CookbookError, match=told):
        finetune(str(tiny_folder), ROWS, replace(TUNING, **change), tmp_path / "out", progress=False)


def test_four_bits_without_the_package_are_told(tiny_folder, tmp_path, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "bitsandbytes" else found(name, *rest))
    with pytest.raises(CookbookError, match=r"load_in_4bit \(QLoRA\) needs the package bitsandbytes"):
        finetune(str(tiny_folder), ROWS, replace(TUNING, load_in_4bit=True), tmp_path / "out", progress=False)


def test_four_bits_are_asked_for_as_qlora_does():
    asked = _four_bits(torch.bfloat16)
    config = asked["quantization_config"]
    assert isinstance(config, BitsAndBytesConfig) and config.quantization_method() == "nf4"
    assert config.bnb_4bit_use_double_quant and config.bnb_4bit_compute_dtype == torch.bfloat16
    assert asked["device_map"] == {"": torch.cuda.current_device() if torch.cuda.is_available() else "cpu"}


def test_a_base_in_four_bits_is_smaller_and_nearly_the_same(tiny_folder, tiny):
    from bitsandbytes.functional import dequantize_4bit
    from bitsandbytes.nn import Linear4bit

    packed = open_folder(tiny_folder, "packed", in_4bit=True)
    whole = dict(tiny.model.named_parameters())
    found = [(name, module) for name, module in packed.model.named_modules() if isinstance(module, Linear4bit)]
    assert {name.rsplit(".", 1)[-1] for name, _ in found} == set(trainer.TARGETS)
    for name, module in found:
        matrix = whole[f"{name}.weight"]
        assert module.weight.dtype == torch.uint8 and module.weight.numel() * 2 == matrix.numel()
        back = dequantize_4bit(module.weight.data, module.weight.quant_state)
        assert 0 < (back - matrix).norm() / matrix.norm() < 0.25, name


@pytest.mark.parametrize("method", ["supervised", "dpo"])
def test_qlora_trains_an_adapter_on_a_base_in_four_bits(tiny_folder, tiny, tmp_path, method, capfd):
    settings = replace(DPO if method == "dpo" else TUNING, load_in_4bit=True)
    rows = PAIRS if method == "dpo" else ROWS
    found = finetune(str(tiny_folder), rows, settings, tmp_path / "out", progress=False)
    assert found.losses[-1][1] < found.losses[0][1] * 0.9
    assert "bitsandbytes" not in (told := capfd.readouterr()).out + told.err
    listing = json.loads((found.folder / "adapter_config.json").read_text(encoding="utf-8"))
    assert listing["base_model_name_or_path"] == str(tiny_folder) and not (found.folder / "model.safetensors").exists()
    tuned = open_model(str(found.folder))  # on the base as it is stored, where the adapter works as well
    moved = margin if method == "dpo" else lambda model: likelihood(model, "Is 1 good?", "positive")
    assert moved(tuned) > moved(tiny) + 1


def test_qlora_of_one_seed_repeats(tiny_folder, tmp_path):
    one, two = (
        finetune(str(tiny_folder), ROWS, replace(TUNING, load_in_4bit=True), tmp_path / name, progress=False) for name in "ab"
    )
    assert one.losses == two.losses


def test_validation_comes_as_often_as_a_share_of_an_epoch_asks_for(tiny_folder, tmp_path):
    """Two epochs of eight steps, half an epoch each: at steps 4, 8, 12 and 16."""
    heard = []
    often = replace(TUNING, evaluation_strategy="steps", evaluation_steps_interval=0.5, per_device_train_batch_size=4)
    finetune(str(tiny_folder), ROWS, often, tmp_path / "out", progress=False, validation=ROWS[:4], on_event=heard.append)
    assert [event["step"] for event in heard if event["type"] == "validation"] == [4, 8, 12, 16]


@pytest.mark.parametrize("knob", ["enable_full_determinism", "auto_find_batch_size"])
def test_a_knob_for_hard_cases_changes_nothing_in_an_easy_one(tiny_folder, tmp_path, knob):
    """Where sums repeat anyway and memory is enough, such a run learns what it learns without the knob."""
    plain, turned = (
        finetune(str(tiny_folder), ROWS[:8], replace(TUNING, **{knob: on}), tmp_path / str(on), progress=False).losses
        for on in (False, True)
    )
    assert [step for step, _ in turned] == [step for step, _ in plain] != []
    assert [loss for _, loss in turned] == pytest.approx([loss for _, loss in plain])


def test_early_stopping_ends_a_run_that_no_longer_gets_better(tiny_folder, tmp_path):
    stuck = replace(TUNING, num_train_epochs=8, learning_rate=1e-12, apply_early_stopping=True, early_stopping_threshold=0.1)
    found = finetune(str(tiny_folder), ROWS, stuck, tmp_path / "out", progress=False, validation=ROWS[:4])
    assert found.steps == 4  # two epochs of two steps: the second was not better than the first


def test_sixteen_bits_train_too(tiny_folder, tmp_path):
    found = finetune(str(tiny_folder), ROWS, replace(TUNING, precision=16), tmp_path / "out", progress=False)
    assert found.losses[-1][1] < found.losses[0][1]
