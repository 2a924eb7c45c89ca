"""The small experiments: fair comparisons, runs that stop and go on, and recorded scores that the shipped weights give again.

pytest tests/pocket/test_miniatures.py
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from phicookbook import corpora, settings
from phicookbook.models import open_model
from phicookbook.pocket import miniatures
from phicookbook.pocket.recipe import Recipe, build
from phicookbook.settings import CookbookError
from phicookbook.statistics import Rate

RUNS = miniatures.runs()
SIZES = ("pocket-xs", "pocket-s", "pocket-m")


def parameters(name: str) -> dict[str, int]:
    return {key: weights.numel() for key, weights in build(RUNS[name]).named_parameters()}


def test_sizes_differ_in_shape_alone():
    shape = {"hidden", "heads", "kv_heads", "feed_forward"}
    plain = Recipe().to_dict()
    for name in SIZES:
        differing = {key for key, value in RUNS[name].to_dict().items() if value != plain[key]}
        assert differing <= shape | {"tokens", "batch_tokens"}
    assert {RUNS[name].tokens for name in SIZES} == {miniatures.TOKENS}
    assert {RUNS[name].hidden // RUNS[name].heads for name in SIZES} == {32}


@pytest.mark.parametrize("pair, differing", [(("clean", "noisy"), {"noise"}), (("dense", "experts"), {"experts"})])
@pytest.mark.parametrize("seed", miniatures.SEEDS)
def test_pairs_differ_in_one_thing(pair, differing, seed):
    one, other = (RUNS[f"{kind}-{seed}"].to_dict() for kind in pair)
    assert {key for key in one if one[key] != other[key]} == differing
    assert one["seed"] == seed


def test_as_much_is_active_with_experts_as_without():
    dense, sparse = parameters("dense-1"), parameters("experts-1")
    recipe = RUNS["experts-1"]
    stacks = sum(n for name, n in sparse.items() if ".experts." in name)
    active = stacks * 2 // recipe.experts
    assert active == sum(n for name, n in dense.items() if "gate_up_proj" in name or "down_proj" in name)
    rest = sum(sparse.values()) - stacks - (sum(dense.values()) - active)
    assert 0 < rest < 0.01 * sum(dense.values())  # routers, and norms with a bias


def test_questions_are_held_out_and_the_same_for_all():
    asked = miniatures.questions(5)
    assert set(asked) == set(miniatures.MEASURED)
    assert all(corpora.held_out(sample) for samples in asked.values() for sample in samples)
    assert [s.messages for s in asked["labels"]] == [s.messages for s in miniatures.questions(5)["labels"]]


def test_runs_are_trained_scored_and_left_alone(monkeypatch, tmp_path, capsys):
    tiny = Recipe(hidden=32, layers=1, heads=1, kv_heads=1, feed_forward=32, tokens=3_000, batch_tokens=1_500)
    monkeypatch.setattr(miniatures, "runs", lambda: {"clean-2": replace(tiny, seed=2), "noisy-1": replace(tiny, noise=1.0)})
    out = tmp_path / "scores.csv"
    miniatures.run(tmp_path, out, ["noisy-1"], n=2)
    miniatures.run(tmp_path, out, n=2)
    assert "noisy-1: stands in" in capsys.readouterr().out
    rows = miniatures.read(out)
    assert [(row["run"], row["seed"], row["n"]) for row in rows] == [("noisy-1", "1", "2"), ("clean-2", "2", "2")]
    assert all(0 <= float(row[name]) <= 1 for row in rows for name in miniatures.MEASURED)
    assert all(0 < float(row["loss"]) < 10 for row in rows)
    record = json.loads((tmp_path / "clean-2" / "model" / "training.json").read_text(encoding="utf-8"))
    assert record["command"] == "cookbook pocket miniatures clean-2"
    own = (settings.POCKET_WEIGHTS / "tokenizer.json").read_bytes()
    assert (tmp_path / "clean-2" / "tokenizer" / "tokenizer.json").read_bytes() == own


def test_an_unknown_run_is_named(tmp_path):
    with pytest.raises(CookbookError, match="no run is called pocket-xl: choose from pocket-xs"):
        miniatures.run(tmp_path, tmp_path / "scores.csv", ["pocket-xs", "pocket-xl"])


def test_means_are_by_kind_and_seed():
    def row(name, seed, score):
        return {"run": name, "seed": seed} | dict.fromkeys(miniatures.MEASURED, score)

    rows = [row("clean-2", "2", "0.5"), row("noisy-1", "1", "0.1"), row("clean-1", "1", "0.25")]
    assert [r["run"] for r in miniatures.of_kind(rows, "clean")] == ["clean-1", "clean-2"]
    assert miniatures.losses([r | {"loss": r["seed"]} for r in rows], "clean") == [1.0, 2.0]
    assert miniatures.means(rows, "clean") == pytest.approx([0.25, 0.5])
    assert miniatures.means(rows, "noisy") == pytest.approx([0.1])


def test_every_run_is_recorded():
    rows = {row["run"]: row for row in miniatures.read()}
    assert set(rows) == set(RUNS)
    for name, row in rows.items():
        assert (int(row["tokens"]), int(row["seed"])) == (RUNS[name].tokens, RUNS[name].seed)
        assert int(row["parameters"]) == sum(parameters(name).values())


@pytest.mark.parametrize("name", SIZES)
def test_the_shipped_sizes_give_their_recorded_scores(name):
    (row,) = [row for row in miniatures.read() if row["run"] == name]
    asked = {"tickets": miniatures.questions(int(row["n"]))["tickets"]}
    found = miniatures.score(open_model(name), asked, progress=False)["tickets"]
    assert Rate.of(found).value == pytest.approx(float(row["tickets"]), abs=0.01)  # one answer in a hundred may round otherwise
