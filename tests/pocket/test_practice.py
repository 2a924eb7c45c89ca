"""Practice: misread templates oftener, branches side by side, their mean; a stopped run goes on to the same weights.

pytest tests/pocket/test_practice.py
"""

from __future__ import annotations

import json
import math
import random
import shutil
from collections import Counter
from dataclasses import replace

import pytest

from phicookbook import corpora
from phicookbook.corpora import headlines, templates
from phicookbook.models import checksums
from phicookbook.pocket import practice, rounds, train
from phicookbook.pocket.evaluate import row_losses
from phicookbook.pocket.package import read_log
from phicookbook.pocket.recipe import Recipe, build
from phicookbook.settings import CookbookError

PLAN = rounds.Plan(rounds=2, branches=2, tokens=3_000)


def misread(share=0.0, **chosen) -> dict[str, list[float]]:
    """A survey in which every template is misread by `share`, and the first of some files always."""
    found = {stem: [share] * len(group) for stem, group in templates.load().items()}
    for stem in chosen:
        found[stem][0] = 1.0
    return found


@pytest.fixture(scope="module")
def start(recipe, tmp_path_factory):
    """A finished model of thirty thousand weights."""
    out = tmp_path_factory.mktemp("start")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_THREADS", "1")
        patch.setattr(train, "TOKENIZER_SAMPLES", 300)
        patch.setattr(train, "LOG_STEPS", 1)
        train.train(replace(recipe, tokens=2_000), out)
    return out / "model"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A survey of a few templates, and one thread."""
    monkeypatch.setenv("PHI_THREADS", "1")
    monkeypatch.setattr(practice, "survey", lambda model, tokenizer, seed: misread(0.1))


@pytest.fixture(scope="module")
def practised(start, tmp_path_factory):
    out = tmp_path_factory.mktemp("practised")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHI_THREADS", "1")
        patch.setattr(practice, "survey", lambda model, tokenizer, seed: misread(0.1))
        rounds.practise(start, out, PLAN)
    return out


def weights(folder):
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def test_a_round_is_the_mean_of_its_branches_and_its_start(start, practised):
    import torch

    first = practised / "round-1"
    parts = [weights(start), *(weights(folder / "model") for folder in sorted(first.glob("branch-????")))]
    assert len(parts) == 3
    for name, found in weights(first / "model").items():
        assert torch.equal(found, torch.stack([part[name].float() for part in parts]).mean(0).half())
        assert not torch.equal(parts[1][name], parts[2][name]), "the branches read the same"


def test_the_second_round_begins_with_the_first(start, practised):
    told = json.loads((practised / "round-2" / "model" / "training.json").read_text())
    assert told["command"] == PLAN.command == "cookbook pocket practise --rounds 2 --branches 2 --tokens 3000 --rate 0.0015"
    assert told["rounds"] == 2 * [{"branches": 2, "tokens": 3_000, "rate": 0.0015}]
    assert told["before"] == json.loads((start / "training.json").read_text())
    checksums.verify(practised / "round-2" / "model")
    log = read_log(practised / "round-2" / "model" / "log.csv")
    assert log[: len(read_log(start / "log.csv"))] == read_log(start / "log.csv")
    seen = [int(row["tokens"]) for row in log]
    assert seen == sorted(seen) and told["tokens"] == seen[-1]
    assert told["tokens"] >= told["recipe"]["tokens"] > told["before"]["tokens"] + 2 * PLAN.tokens


def test_a_stopped_run_goes_on_to_the_same_weights(start, practised, tmp_path):
    out = tmp_path / "again"
    shutil.copytree(practised, out)
    shutil.rmtree(out / "round-2" / "model")
    shutil.rmtree(out / "round-2" / "branch-2002" / "model")
    (out / "round-2" / "branch-2002" / "checkpoint.pt").unlink()
    found = rounds.practise(start, out, PLAN)
    assert found == out / "round-2" / "model"
    sums = [checksums.sha256(each / "round-2" / "model" / "model.safetensors") for each in (out, practised)]
    assert sums[0] == sums[1]


def test_a_finished_round_with_other_settings_is_not_taken_for_this_one(start, practised):
    with pytest.raises(CookbookError, match="round-1 holds a round with other settings"):
        rounds.practise(start, practised, rounds.Plan(rounds=2, branches=2, tokens=3_000, rate=1e-3))


def test_what_a_survey_found_misread_comes_oftener():
    one = templates.load()["cyber_negative"][0]
    taught = practice.Practice(misread(0.0, cyber_negative=True))
    rng = random.Random(1)
    drawn = Counter(taught._headline(rng).reason for _ in range(400))
    company = {reason for reason in drawn if reason.startswith(one.reason.split("{company}")[0])}
    assert sum(drawn[reason] for reason in company) > 0.4 * 400


def test_headlines_come_in_capitals_too_and_never_from_the_test_side():
    taught = practice.Practice(misread(0.1))
    rng = random.Random(2)
    drawn = [taught.draw("headlines", rng) for _ in range(400)]
    assert not any(map(corpora.held_out, drawn))
    texts = [sample.meta["text"] for sample in drawn if "text" in sample.meta and sample.kind != "lexicon"]
    capital = sum(text == headlines.capitals(text) for text in texts) / len(texts)
    assert 0.18 < capital < 0.4
    assert taught.draw("tickets", random.Random(3)) == corpora.draw("tickets", random.Random(3))


def test_the_shares_name_every_task():
    assert set(practice.SHARES) == set(corpora.TASKS)


@pytest.mark.parametrize("damage", ["nothing", "words"])
def test_a_start_that_is_no_finished_pocket_is_told(damage, start, tmp_path):
    folder = tmp_path / "start"
    if damage == "words":
        shutil.copytree(start, folder)
        (folder / "training.json").write_text("{}")
    with pytest.raises(CookbookError, match="holds no model that `cookbook pocket train` finished"):
        rounds.practise(folder, tmp_path / "out", PLAN)


def test_a_branch_that_fails_is_told_and_leaves_no_model(start, tmp_path, monkeypatch):
    monkeypatch.setattr(practice, "survey", lambda model, tokenizer, seed: {"cyber_negative": []})
    with pytest.raises(CookbookError, match=r"branch-1001 ended with code 1: see above or .*branch-1001\.txt"):
        rounds.practise(start, tmp_path / "out", PLAN)
    assert not (tmp_path / "out" / "round-1" / "model").exists()


def test_the_survey_tells_right_from_wrong(start):
    """The probability of a label by one model is what the model's own loss on it says."""
    import torch
    from transformers import AutoTokenizer

    model = build(Recipe.from_dict(json.loads((start / "training.json").read_text())["recipe"]), start)
    words = AutoTokenizer.from_pretrained(start)
    made = [headlines.write(random.Random(seed), templates.load()["world_neutral"][seed]) for seed in range(3)]
    rows = [practice._row(words, each) for each in made]
    for (ids, weights), loss in zip(rows, row_losses(model, rows, 2), strict=True):
        label, said = int(sum(weights)), math.exp(-loss)
        with torch.inference_mode():
            logits = model(torch.tensor([ids])).logits[0]
        losses = torch.nn.functional.cross_entropy(logits[-label - 1 : -1], torch.tensor(ids[-label:]), reduction="sum")
        assert said == pytest.approx(float(torch.exp(-losses)), rel=1e-4)
