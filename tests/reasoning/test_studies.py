"""The small trainings behind chapter 08: rows by arm, equal prompts, records that resume, and the recorded file itself.

pytest tests/reasoning/test_studies.py
"""

from __future__ import annotations

import json
from collections import Counter

import pytest

from phicookbook.cli import main
from phicookbook.cli.reasoning import fine_tune
from phicookbook.models import open_model
from phicookbook.reasoning import canonical, items, studies
from phicookbook.reasoning.reinforce import Reinforcement
from phicookbook.settings import CookbookError

TINY = Reinforcement(steps=1, prompts=1, group=2, budget=8, save_steps=1)


@pytest.fixture(scope="module")
def tokenizer():
    return open_model("pocket").tokenizer


def test_arms_differ_in_one_thing(tokenizer):
    steps, direct, both = (studies.rows_of(arm, 1, tokenizer, 6) for arm in ("steps", "direct", "both"))
    question = [row["messages"][-2]["content"] for row in steps]
    assert question == [row["messages"][-2]["content"] for row in direct]
    assert all("<think>" in row["messages"][-1]["content"] for row in steps)
    assert not any("think" in json.dumps(row).lower() for row in direct)
    added, sums = (studies.rows_of(arm, 1, tokenizer, 6) for arm in ("added", "sums"))
    assert len(both) == len(steps) == len(sums) == 6 and added == steps + sums
    assert [sum(row in part for row in both) for part in (steps, sums)] == [3, 3]


def test_no_row_of_a_study_is_a_test_item_in_another_order(tokenizer, monkeypatch):
    domain = ("countdown", 3, "small")  # nearly all of whose test items have such twins
    monkeypatch.setitem(studies.TUNED, "steps", ({domain: 1.0}, True, 1.0))
    drawn = items("countdown", 300, 1, 3, "small", "train")
    asked = {canonical(item) for item in studies.asked(domain)}
    twins = {item.prompt for item in drawn if canonical(item) in asked}
    texts = {row["messages"][-2]["content"] for row in studies.rows_of("steps", 1, tokenizer, 100)}
    assert len(texts) > 50 and twins and not texts & twins
    assert len({canonical(item) for item in studies.asked(studies.SAT)}) == studies.TEST


def test_both_kinds_of_prompts_are_equally_many():
    pool = items("sat", 12, 1, 4, "light", "train")
    rates = {item.id: n % 3 / 2 for n, item in enumerate(pool)}
    edge, drawn = (studies.prompts_of(arm, pool, rates, 1) for arm in ("teachable", "random"))
    assert len(edge) == len(drawn) == 4 and {rates[item.id] for item in edge} == {0.5}


def test_a_fine_tuning_and_a_reinforcement_are_run_and_told(tmp_path, monkeypatch):
    monkeypatch.setattr(studies, "SHORT", TINY)
    monkeypatch.setattr(studies, "POOL", 4)
    monkeypatch.setattr(studies, "POOL_REPEATS", 1)
    monkeypatch.setattr(studies.curate, "teachable", lambda pool, rates: list(pool)[:2])
    for arm, tasks in (("both", ["sat", "arithmetic"]), ("random", ["sat"])):
        line = studies.run(arm, 1, tmp_path, fine_tune, "pocket", n=4, test=2)
        assert (line["arm"], line["seed"], list(line["tasks"])) == (arm, 1, tasks)
        assert all(found["of"] == 2 for found in line["tasks"].values())


def test_a_study_resumes(tmp_path, monkeypatch):
    asked = Counter()

    def run(arm, seed, work, fine_tune):
        asked[arm, seed] += 1
        if len(asked) == 3:
            raise KeyboardInterrupt
        return {"arm": arm, "seed": seed, "tasks": {"sat": {"right": seed, "of": 4, "tokens": 1.0}}}

    monkeypatch.setattr(studies, "run", run)
    out = tmp_path / "lines.jsonl"
    with pytest.raises(KeyboardInterrupt):
        studies.study(("steps", "direct"), (2, 1), tmp_path, out, fine_tune)
    monkeypatch.setattr(studies, "run", lambda arm, seed, *_: {"arm": arm, "seed": seed, "tasks": {}})
    lines = studies.study(("steps", "direct"), (2, 1), tmp_path, out, fine_tune)
    assert [(line["arm"], line["seed"]) for line in lines] == [("steps", 2), ("direct", 2), ("steps", 1), ("direct", 1)]
    assert studies.accuracies(lines, "steps", "sat") == [0.5]
    with pytest.raises(CookbookError, match="no run of 'both'"):
        studies.accuracies(lines, "both", "sat")


def test_an_arm_that_does_not_exist_and_a_missing_file_are_told(tmp_path, capsys):
    assert main(["reasoning", "study", "stepps", "--out", str(tmp_path / "x")]) == 2
    assert "there are steps, direct" in capsys.readouterr().err
    with pytest.raises(CookbookError, match="cookbook reasoning study"):
        studies.read(tmp_path / "none")


def test_the_recorded_lines_are_whole():
    lines = studies.read()
    assert len({(line["arm"], line["seed"]) for line in lines}) == len(lines)
    seeds = {arm: {line["seed"] for line in lines if line["arm"] == arm} for arm in studies.ARMS}
    for arm, (domains, *_) in studies.TUNED.items():
        assert all(set(line["tasks"]) == {task for task, *_ in domains} for line in lines if line["arm"] == arm)
    assert len({frozenset(each) for each in seeds.values()}) == 1 and len(seeds["steps"]) >= 3
    assert all(0 <= found["right"] <= found["of"] == studies.TEST for line in lines for found in line["tasks"].values())
