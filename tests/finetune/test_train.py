"""The training entry point on a tiny model: it learns, it trains the answers alone, and it survives being stopped."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
import torch
from trl.chat_template_utils import get_training_chat_template

from phicookbook import settings as book_settings
from phicookbook.finetune import POCKET, FinetuneSettings, chat_rows, finetune, reporting, trainer
from phicookbook.models import open_model
from phicookbook.settings import CookbookError

ROWS = chat_rows([(f"Is {i} good?", "positive" if i % 2 else "negative") for i in range(64)])
SMALL = dict(
    lora_r=4, lora_alpha=8, num_train_epochs=2, per_device_train_batch_size=16, learning_rate=1e-2, warmup_steps=0,
    logging_steps=1, save_steps=3,
)  # fmt: skip
TUNING = FinetuneSettings(**POCKET | SMALL)
LONG = chat_rows([("Hello?", "negative"), ("x" * 40, "positive")])


class Killed(Exception):
    """What stops a run in these tests."""


def run(folder, out, rows=ROWS, tuning=TUNING, **options):
    return finetune(str(folder), rows, tuning, out, progress=False, **options)


@pytest.fixture(scope="module")
def result(tiny_folder, tmp_path_factory):
    """One finished run of eight steps."""
    return run(tiny_folder, tmp_path_factory.mktemp("run") / "tuned")


def test_loss_falls_on_trivial_rows(result):
    assert [step for step, _ in result.losses] == list(range(1, 9)) and result.steps == 8
    losses = [loss for _, loss in result.losses]
    assert losses[-1] < 0.7 * losses[0]
    assert result.seconds > 0


def test_tokens_are_those_of_all_rows_and_epochs(result, tiny):
    lengths = [len(tiny.tokenizer.apply_chat_template(row["messages"])["input_ids"]) for row in ROWS]
    assert len(set(lengths)) > 1  # so that a count with padding would be larger
    assert sum(lengths) * 2 <= result.tokens <= max(lengths) * len(ROWS) * 2


def test_adapter_folder_opens_and_answers_otherwise_than_its_base(result, tiny, tiny_folder):
    listing = json.loads((result.folder / "adapter_config.json").read_text())
    assert listing["base_model_name_or_path"] == str(tiny_folder)
    assert set(listing["target_modules"]) == set(trainer.TARGETS)
    tuned = open_model(str(result.folder))
    assert tuned.chat("Is 3 good?", max_new_tokens=8).text != tiny.chat("Is 3 good?", max_new_tokens=8).text
    answers, base_answers = answer_loss(tuned), answer_loss(tiny)
    assert answers < 0.7 * base_answers


def answer_loss(model) -> float:
    """Mean loss of a model on the answer tokens of a few rows, without the trainer."""
    total = 0.0
    for row in ROWS[:4]:
        prompt = model.tokenizer.apply_chat_template(row["messages"][:1], tokenize=False, add_generation_prompt=True)
        start = len(model.tokenizer(prompt)["input_ids"])
        ids = torch.tensor([model.tokenizer(prompt + row["messages"][1]["content"] + "<|end|>")["input_ids"]])
        labels = ids.clone()
        labels[:, :start] = -100
        with torch.inference_mode():
            total += model.model(ids, labels=labels).loss.item()
    return total / 4


def test_folder_holds_the_record_and_no_leftovers(result, tiny_folder):
    record = json.loads((result.folder / "run.json").read_text())
    assert record["base"] == str(tiny_folder) and record["settings"] == TUNING.to_dict()
    assert (record["steps"], record["tokens"]) == (result.steps, result.tokens)
    assert [tuple(point) for point in record["losses"]] == result.losses
    assert not {"training_args.bin", "README.md"} & {path.name for path in result.folder.iterdir()}
    assert {path.name for path in result.folder.parent.iterdir()} <= {"tuned", "tuned.lock"}


def test_on_log_hears_every_step(tiny_folder, tmp_path):
    heard = []
    tuning = replace(TUNING, max_steps=4, logging_steps=2)
    found = run(tiny_folder, tmp_path / "out", tuning=tuning, on_log=lambda *point: heard.append(point))
    assert [(step, steps) for step, steps, _ in heard] == [(2, 4), (4, 4)]
    assert [(step, loss) for step, _, loss in heard] == found.losses


@pytest.mark.parametrize("system", [[], [{"role": "system", "content": "Be brief."}]])
def test_only_answer_tokens_carry_loss(tiny, tiny_folder, tmp_path, system):
    talk = [{"messages": [*system, *ROWS[0]["messages"], *ROWS[1]["messages"]]}, ROWS[2]]
    made, _ = trainer.make(str(tiny_folder), talk, [], TUNING, tmp_path, reporting.reporter(progress=False))
    batch = made.data_collator([made.train_dataset[0], made.train_dataset[1]])
    template = get_training_chat_template(tiny.tokenizer)
    for row, ids, labels in zip(talk, batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
        expected = tiny.tokenizer.apply_chat_template(
            row["messages"], chat_template=template, return_dict=True, return_assistant_tokens_mask=True
        )
        carried = [label != -100 for label in labels]
        assert carried[: len(expected["input_ids"])] == [bool(bit) for bit in expected["assistant_masks"]]
        assert not any(carried[len(expected["input_ids"]) :])
        assert ids[: len(expected["input_ids"])] == expected["input_ids"]
        learnt = tiny.tokenizer.decode([label for label in labels if label != -100])
        answers = [m["content"] for m in row["messages"] if m["role"] == "assistant"]
        assert [part for part in learnt.replace("<|endoftext|>", "").replace("\n", "").split("<|end|>") if part] == answers


MINE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def test_a_template_that_trl_does_not_know_trains_every_answer_too(tiny_folder, tmp_path):
    """Phi-4-mini's template is of this kind: no line breaks, and none that TRL could mark the answers in."""
    folder = shutil.copytree(tiny_folder, tmp_path / "base")
    (folder / "chat_template.jinja").write_text(MINE, encoding="utf-8")
    talk = [{"messages": [*ROWS[0]["messages"], *ROWS[1]["messages"]]}, ROWS[2]]
    made, _ = trainer.make(str(folder), talk, [], TUNING, tmp_path, reporting.reporter(progress=False))
    assert len(made.train_dataset) == 3
    batch = made.data_collator([made.train_dataset[n] for n in range(3)])
    tokenizer = made.processing_class
    learnt = [tokenizer.decode([i for i in row if i != -100]) for row in batch["labels"].tolist()]
    assert [text.split("<|end|>")[0] for text in learnt] == ["negative", "positive", "negative"]
    found = run(folder, tmp_path / "out")
    assert found.losses[-1][1] < 0.7 * found.losses[0][1]


def test_lora_goes_beside_every_matrix_of_another_architecture(tiny):
    import torch

    assert trainer.targets(tiny.model) == trainer.TARGETS

    class Router(torch.nn.Linear):
        pass

    other = torch.nn.ModuleDict({"dense": torch.nn.Linear(2, 2), "router": Router(2, 2), "lm_head": torch.nn.Linear(2, 2)})
    assert trainer.targets(other) == ["dense"]


def stopped_at(step_wanted: int):
    """An on_log that stops the run at a step, as a power cut would."""

    def on_log(step, steps, loss):
        if step == step_wanted:
            raise Killed

    return on_log


def test_a_killed_run_goes_on_from_its_checkpoint(tiny_folder, tmp_path, result):
    out = tmp_path / "out"
    with pytest.raises(Killed):
        run(tiny_folder, out, on_log=stopped_at(5))
    assert not out.exists() and (tmp_path / "out.part" / "checkpoint-3").is_dir()
    heard = []
    found = run(tiny_folder, out, on_log=lambda step, steps, loss: heard.append(step))
    assert heard == [4, 5, 6, 7, 8]
    assert found.steps == 8 and [step for step, _ in found.losses] == list(range(1, 9))
    assert [loss for _, loss in found.losses] == pytest.approx([loss for _, loss in result.losses], rel=1e-3)
    assert found.tokens == result.tokens
    assert found.rate == pytest.approx(found.trained_tokens * 5 / 8 / found.seconds)  # of what came after the checkpoint
    assert (out / "adapter_config.json").exists() and not (tmp_path / "out.part").exists()


@pytest.mark.parametrize("change", ["settings", "rows"])
def test_another_run_never_goes_on_from_a_killed_one(tiny_folder, tmp_path, change):
    with pytest.raises(Killed):
        run(tiny_folder, tmp_path / "out", on_log=stopped_at(4))
    heard = []
    other = {"tuning": replace(TUNING, seed=7)} if change == "settings" else {"rows": ROWS[:32]}
    found = run(tiny_folder, tmp_path / "out", on_log=lambda step, steps, loss: heard.append(step), **other)
    assert heard == list(range(1, found.steps + 1))


def test_a_killed_run_leaves_an_earlier_result_alone(tiny_folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "run.json").write_text("of an earlier run")
    with pytest.raises(Killed):
        run(tiny_folder, out, on_log=stopped_at(1))
    assert [path.name for path in out.iterdir()] == ["run.json"]
    assert run(tiny_folder, out, tuning=replace(TUNING, max_steps=1)).rate > 0
    assert json.loads((out / "run.json").read_text())["tokens_a_second"] > 0


def test_same_seed_same_losses(tiny_folder, tmp_path, result):
    again = run(tiny_folder, tmp_path / "out", tuning=TUNING)
    assert dict(again.losses) == pytest.approx(dict(result.losses))


def test_a_whole_model_is_trained_without_lora(tiny_folder, tmp_path, tiny):
    tuning = replace(TUNING, apply_lora=False, max_steps=4, learning_rate=1e-3)
    found = run(tiny_folder, tmp_path / "out", tuning=tuning)
    assert not (found.folder / "adapter_config.json").exists() and (found.folder / "model.safetensors").exists()
    tuned = open_model(str(found.folder))
    assert answer_loss(tuned) < answer_loss(tiny)


def test_an_adapter_on_pocket_names_pocket_and_not_a_path(tiny_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(book_settings, "POCKET_WEIGHTS", tiny_folder)
    found = finetune("pocket", ROWS, replace(TUNING, max_steps=1), tmp_path / "out", progress=False)
    assert json.loads((found.folder / "adapter_config.json").read_text())["base_model_name_or_path"] == "pocket"
    for path in found.folder.rglob("*"):
        assert str(tiny_folder).encode() not in path.read_bytes(), path.name
    assert open_model(str(found.folder)).chat("Is 3 good?", max_new_tokens=2).tokens


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "there are no rows to train on"),
        ([*ROWS[:2], {"text": "a"}], 'row 3: no list "messages"'),
        ([{"messages": ROWS[0]["messages"][:1]}], "row 1: the last message is not the assistant's"),
    ],
)
def test_bad_rows_are_told_before_anything_is_made(tiny_folder, tmp_path, rows, told):
    with pytest.raises(CookbookError, match=told):
        run(tiny_folder, tmp_path / "out", rows=rows)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("out")]


def test_a_row_over_the_length_is_told_and_not_cut(tiny_folder, tmp_path, tiny):
    length = len(tiny.tokenizer.apply_chat_template(LONG[1]["messages"])["input_ids"])
    tuning = replace(TUNING, max_steps=1, max_seq_length=length - 1)
    with pytest.raises(CookbookError, match=f"row 2 has {length} tokens, more than max_seq_length {length - 1}: shorten it"):
        run(tiny_folder, tmp_path / "out", rows=LONG, tuning=tuning)
    assert run(tiny_folder, tmp_path / "out", rows=LONG, tuning=replace(tuning, max_seq_length=length)).steps == 1


def test_a_base_that_is_no_model_is_told(tmp_path):
    with pytest.raises(CookbookError, match="holds no model"):
        run(tmp_path, tmp_path / "out")


def test_an_endpoint_has_no_weights_to_train(tmp_path):
    with pytest.raises(CookbookError, match="lends its answers, not its weights: fine-tune pocket, a folder or a hub id"):
        run("http://127.0.0.1:9/v1#tiny", tmp_path / "out")
