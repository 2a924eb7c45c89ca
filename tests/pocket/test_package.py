"""What a finished run ships: every file, checksums that notice damage, half precision, a model that opens.

pytest tests/pocket/test_package.py
"""

from __future__ import annotations

import json
import random

import pytest

from phicookbook import corpora
from phicookbook.models import checksums
from phicookbook.pocket import mixture, package, train
from phicookbook.pocket.recipe import Recipe, build
from phicookbook.pocket.tokenizer import CHAT_TEMPLATE
from phicookbook.settings import CookbookError

FILES = {
    "model.safetensors", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "chat_template.jinja", "training.json", "log.csv", "curve.png", "SHA256SUMS",
}  # fmt: skip


def write_log(path, rows: int = 5) -> None:
    for step in range(1, rows + 1):
        losses = {name: [6.0 / step, 1.0] for name in ("all", *list(mixture.SHARES)[: step + 2])}
        train._log(path, {"step": step, "tokens": 1_000 * step, "seconds": 1.55 * step}, losses)


@pytest.fixture(scope="module")
def model(recipe):
    return build(recipe)


@pytest.fixture(scope="module")
def finished(model, tokenizer, recipe, tmp_path_factory):
    out = tmp_path_factory.mktemp("finished")
    write_log(out / "log.csv")
    return package.finish(model, tokenizer, recipe, out, package.command(recipe))


def test_every_file_is_written(finished):
    assert {path.name for path in finished.iterdir()} == FILES and finished.name == "model"
    assert all(path.stat().st_size > 0 for path in finished.iterdir())
    assert not (finished.parent / "model.part").exists()


def test_checksums_agree_and_notice_damage(model, tokenizer, recipe, tmp_path):
    write_log(tmp_path / "log.csv")
    folder = package.finish(model, tokenizer, recipe, tmp_path, package.command(recipe))
    checksums.verify(folder)
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(CookbookError, match=rf"{name} is damaged"):
            checksums.verify(folder)
        (folder / name).write_bytes(whole)
    checksums.verify(folder)


def test_finishing_again_replaces_the_folder(model, tokenizer, recipe, tmp_path):
    write_log(tmp_path / "log.csv")
    (tmp_path / "model.part").mkdir()
    (tmp_path / "model.part" / "left_over").write_text("of a run that was killed")
    first = package.finish(model, tokenizer, recipe, tmp_path, package.command(recipe))
    sums = (first / "SHA256SUMS").read_text()
    (first / "stale").write_text("x")
    again = package.finish(model, tokenizer, recipe, tmp_path, package.command(recipe))
    assert {path.name for path in again.iterdir()} == FILES and (again / "SHA256SUMS").read_text() == sums


def test_weights_are_in_half_precision_and_shared_ones_stand_once(finished, model):
    from safetensors import safe_open

    with safe_open(finished / "model.safetensors", "pt") as file:
        kinds = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118
        stored = sum(file.get_tensor(name).numel() for name in kinds)
    assert set(kinds.values()) == {"F16"} and "lm_head.weight" not in kinds
    assert stored == sum(p.numel() for p in model.parameters())
    assert json.loads((finished / "config.json").read_text())["dtype"] == "float16"


def test_the_curve_is_a_picture(finished):
    content = (finished / "curve.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n") and content[-8:-4] == b"IEND"
    width, height = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    assert width >= 600 and height >= 300


def test_the_summary_tells_the_run(finished, model, recipe):
    summary = json.loads((finished / "training.json").read_text())
    assert Recipe.from_dict(summary["recipe"]) == recipe
    assert summary["parameters"] == sum(p.numel() for p in model.parameters())
    assert (summary["steps"], summary["tokens"], summary["seconds"]) == (5, 5_000, 8)
    assert summary["command"].startswith("cookbook pocket train") and f"--seed {recipe.seed}" in summary["command"]
    assert summary["threads"] >= 1 and "torch" in summary["machine"]


def test_the_command_in_the_summary_is_one_that_the_cli_knows(finished, recipe):
    from phicookbook.cli import parser

    words = json.loads((finished / "training.json").read_text())["command"].split()
    options = parser().parse_args(words[1:])
    assert (options.tokens, options.seed) == (recipe.tokens, recipe.seed)


def test_the_folder_opens_as_the_model_that_was_trained(finished, model, tokenizer):
    from phicookbook.models.local import open_folder

    opened = open_folder(finished, "finished")
    weights = dict(opened.model.named_parameters())
    for name, trained in model.named_parameters():
        assert bool((weights[name].cpu() == trained.detach().half().float()).all()), name
    assert opened.model.generation_config.eos_token_id == [0, 4] and opened.context == 512
    assert (finished / "chat_template.jinja").read_bytes() == CHAT_TEMPLATE.read_bytes()
    rng = random.Random(2)
    for sample in (corpora.draw(task, rng) for task in corpora.TASKS):
        assert mixture.encode(opened.tokenizer, sample) == mixture.encode(tokenizer, sample)
    reply = opened.chat("What is 2 + 2?", max_new_tokens=5)
    assert reply.tokens <= 5 and reply.prompt_tokens > 5


def test_the_log_is_read_back(tmp_path):
    write_log(tmp_path / "log.csv", rows=3)
    rows = package.read_log(tmp_path / "log.csv")
    assert [row["step"] for row in rows] == ["1", "2", "3"] and rows[1]["all"] == "3.0"
    assert rows[0][list(mixture.SHARES)[-1]] == ""


@pytest.mark.parametrize(
    "values, expected", [([], []), ([3.0], [3.0]), ([2.0, 4.0], [2.0, 3.0]), ([2.0, 4.0, 1.0], [2.0, 3.0, 2.0])]
)
def test_running_mean(values, expected):
    assert package._running_mean(values, keep=0.5) == expected
