"""Training pocket: a killed or stopped run goes on to the same weights, and two recipes never mix.

pytest tests/pocket/test_train.py
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from phicookbook.pocket import mixture, train
from phicookbook.pocket.package import read_log
from phicookbook.pocket.recipe import Recipe, build, precision
from phicookbook.settings import CookbookError

# Train, but keep only the checkpoints of the first three steps and die without a word in the sixth.
KILLED = """
import json, os, signal, sys
from pathlib import Path
from phicookbook.pocket import train
from phicookbook.pocket.recipe import Recipe

train.CHECKPOINT_SECONDS, train.LOG_STEPS = -1, 1
save, step, done = train._save, train._step, []

def save_early(out, model, steppers, state):
    if state["step"] <= 3:
        save(out, model, steppers, state)

def step_until_killed(*rest):
    done.append(1)
    if len(done) == 6:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return step(*rest)

train._save, train._step = save_early, step_until_killed
train.train(Recipe.from_dict(json.loads(sys.argv[1])), Path(sys.argv[2]))
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Every step logged and a checkpoint after each."""
    monkeypatch.setattr(train, "CHECKPOINT_SECONDS", -1)
    monkeypatch.setattr(train, "LOG_STEPS", 1)
    monkeypatch.setattr(train, "TOKENIZER_SAMPLES", 300)


@pytest.fixture(scope="module")
def learned(recipe, tmp_path_factory):
    """A folder that holds a tokenizer and nothing else."""
    folder = tmp_path_factory.mktemp("learned")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "TOKENIZER_SAMPLES", 300)
        train._tokenizer(recipe, folder)
    return folder


@pytest.fixture(scope="module")
def whole(recipe, learned, tmp_path_factory):
    """A run that nothing interrupted; on one thread, as every run here, so that weights are equal to the bit."""
    out = tmp_path_factory.mktemp("whole") / "run"
    shutil.copytree(learned, out)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_THREADS", "1")
        patch.setattr(train, "LOG_STEPS", 1)
        train.train(recipe, out)
    return out


@pytest.fixture
def out(learned, tmp_path) -> Path:
    return Path(shutil.copytree(learned, tmp_path / "run"))


def checkpoint(folder: Path) -> dict:
    import torch

    return torch.load(folder / "checkpoint.pt", weights_only=True)


def steps(folder: Path) -> list[int]:
    return [int(row["step"]) for row in read_log(folder / "log.csv")]


def losses(folder: Path) -> list[dict]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in read_log(folder / "log.csv")]


def assert_same_run(one: Path, other: Path):
    """Equal weights to the bit, equal shipped files, equal logs but for the clock."""
    first, second = checkpoint(one), checkpoint(other)
    assert first["model"].keys() == second["model"].keys()
    assert all(bool((first["model"][name] == second["model"][name]).all()) for name in first["model"])
    assert first["progress"]["step"] == second["progress"]["step"]
    assert (one / "model" / "SHA256SUMS").read_text() == (other / "model" / "SHA256SUMS").read_text()
    assert losses(one) == losses(other)


def test_a_run_leaves_its_log_and_model(whole, recipe):
    assert steps(whole) == list(range(1, len(steps(whole)) + 1)) and len(steps(whole)) >= 7
    rows = read_log(whole / "log.csv")
    assert list(rows[0]) == ["step", "tokens", "seconds", "all", *mixture.SHARES]
    assert int(rows[-1]["tokens"]) >= recipe.tokens > int(rows[-2]["tokens"])
    assert float(rows[-1]["all"]) < float(rows[0]["all"]) < 7.5
    assert json.loads((whole / "recipe.json").read_text()) == recipe.to_dict()
    assert (whole / "model" / "model.safetensors").exists() and not list(whole.glob("*.part"))


def test_training_moves_every_weight(whole, recipe):
    fresh, trained = build(recipe).state_dict(), checkpoint(whole)["model"]
    assert fresh.keys() == trained.keys()
    assert all(bool((fresh[name] != trained[name]).any()) for name in fresh)


def test_a_killed_run_goes_on_to_the_same_weights(whole, recipe, out):
    command = [sys.executable, "-c", KILLED, json.dumps(recipe.to_dict()), str(out)]
    died = subprocess.run(command, capture_output=True, text=True)
    assert died.returncode == (-signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM), died.stderr
    assert checkpoint(out)["progress"]["step"] == 3 and steps(out) == [1, 2, 3, 4, 5]
    assert not (out / "model").exists()
    (out / "checkpoint.part").write_bytes(b"half a checkpoint")
    train.train(recipe, out)
    assert_same_run(out, whole)


def test_ctrl_c_finishes_the_step_and_the_run_goes_on(whole, recipe, out, monkeypatch):
    step, done = train._step, []

    def pressed(*rest):
        done.append(1)
        if len(done) == 4:
            signal.raise_signal(signal.SIGINT)
        return step(*rest)

    monkeypatch.setattr(train, "_step", pressed)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train.train(recipe, out)
    assert signal.getsignal(signal.SIGINT) is before
    assert checkpoint(out)["progress"]["step"] == 4 == steps(out)[-1] and not (out / "model").exists()
    train.train(recipe, out)
    assert_same_run(out, whole)


def test_a_second_ctrl_c_ends_at_once(recipe, out, monkeypatch):
    def pressed_twice(*rest):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(train, "_step", pressed_twice)
    with pytest.raises(KeyboardInterrupt):
        train.train(recipe, out)
    assert not (out / "checkpoint.pt").exists()


def test_another_recipe_in_the_same_folder_is_refused(whole, recipe):
    before = (whole / "checkpoint.pt").read_bytes()
    with pytest.raises(CookbookError, match=r"another hidden, seed: choose another --out or delete"):
        train.train(replace(recipe, hidden=64, seed=4), whole)
    assert (whole / "checkpoint.pt").read_bytes() == before
    assert json.loads((whole / "recipe.json").read_text()) == recipe.to_dict()


def test_more_tokens_go_on_from_the_finished_run(whole, recipe, tmp_path):
    longer = Path(shutil.copytree(whole, tmp_path / "longer"))
    train.train(replace(recipe, tokens=recipe.tokens + 1_500), longer)
    assert steps(longer) == list(range(1, len(steps(longer)) + 1))
    assert losses(longer)[: len(losses(whole))] == losses(whole) and len(losses(longer)) > len(losses(whole))


def test_a_run_shorter_than_the_log_s_interval_still_finishes(recipe, out, monkeypatch):
    monkeypatch.setattr(train, "LOG_STEPS", 50)
    train.train(replace(recipe, tokens=1_500), out)
    assert len(steps(out)) == 1 and (out / "model" / "training.json").exists()


def test_the_tokenizer_is_learned_once(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "TOKENIZER_SAMPLES", 120)
    first = train._tokenizer(recipe, tmp_path).get_vocab()
    monkeypatch.setattr(train, "tokenizer_texts", lambda seed: pytest.fail("it was learned again"))
    assert train._tokenizer(recipe, tmp_path).get_vocab() == first


def test_the_tokenizer_s_texts_follow_the_seed():
    texts = list(train.tokenizer_texts(1))
    assert len(texts) == 300 and texts == list(train.tokenizer_texts(1)) != list(train.tokenizer_texts(2))


def test_a_loss_agrees_with_one_row_at_a_time(recipe, tokenizer):
    """The padded, masked batch against plain cross-entropy on each row without padding."""
    import torch

    model = build(recipe)
    part = mixture.batch(tokenizer, 1, 0, 0.1, 2_000)[0]
    assert tokenizer.pad_token_id in part.ids[0]
    found, weights = train._forward(model, part)
    assert found.shape == weights.shape == (len(part.ids), len(part.ids[0]) - 1)
    for ids, row, loss in zip(part.ids, part.weights, found, strict=True):
        length = ids.index(tokenizer.pad_token_id) + 1  # the token that pads also ends each row
        with torch.autocast("cpu", torch.bfloat16, enabled=precision(model.device) == torch.bfloat16):
            logits = model(input_ids=torch.tensor([ids[:length]])).logits[0, :-1].float()
        plain = torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:length]), reduction="none")
        expected = plain * torch.tensor(row[1:length])
        assert torch.allclose(loss[: length - 1], expected, atol=0.05) and not loss[length - 1 :].any()


@pytest.mark.parametrize("step, kept", [(0, []), (2, ["1,a", "2,b"]), (3, ["1,a", "2,b", "3,c"])])
def test_rows_after_a_checkpoint_are_dropped(tmp_path, step, kept):
    log = tmp_path / "log.csv"
    log.write_text("step,loss\n1,a\n2,b\n3,c\n4,")  # the last row was cut while it was written
    train._drop_rows_after(log, step)
    assert log.read_text() == "\n".join(["step,loss", *kept]) + "\n"


def test_a_run_killed_before_its_first_checkpoint_starts_a_new_log(recipe, tmp_path):
    (tmp_path / "log.csv").write_text("step,tokens\n1,10\n", encoding="utf-8")
    assert train._load(tmp_path, None, [], "cpu")["step"] == 0
    assert not (tmp_path / "log.csv").exists()


def test_an_empty_log_gets_its_heading(tmp_path):
    path = tmp_path / "log.csv"
    path.touch()
    train._drop_rows_after(path, 3)
    train._log(path, {"step": 1, "tokens": 2, "seconds": 0.5}, {"all": [1.0, 2.0]})
    assert path.read_text(encoding="utf-8").startswith("step,tokens,seconds,all,")


def test_no_log_is_no_fault(tmp_path):
    train._drop_rows_after(tmp_path / "log.csv", 3)
    assert not (tmp_path / "log.csv").exists()


def test_an_unknown_name_in_a_kept_recipe_is_told(recipe, tmp_path):
    (tmp_path / "recipe.json").write_text(json.dumps({**Recipe().to_dict(), "depth": 3}))
    with pytest.raises(CookbookError, match="depth"):
        train._check_same_recipe(recipe, tmp_path)
