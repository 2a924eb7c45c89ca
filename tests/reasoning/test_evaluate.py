"""Evaluation: records that resume and repeat nothing, batches, budgets, reports, comparisons, the command, Ray.

pytest tests/reasoning/test_evaluate.py
"""

from __future__ import annotations

import json

import pytest

from phicookbook.chat import Reply
from phicookbook.cli import main
from phicookbook.reasoning import budget, items, report
from phicookbook.reasoning.evaluate import BATCH, BATCH_OVER_NETWORK, Protocol, ask, batches_of, evaluate, protocol_for
from phicookbook.reasoning.records import Records, read
from phicookbook.settings import CookbookError

CHOSEN = items("arithmetic", 40, seed=1, level=1)
SETTING = Protocol(budget=24)


class Solver:
    """A stand-in that knows the answers: right on items whose id is even, and it may die after some questions."""

    name = "solver"

    def __init__(self, dies_after: int = 10**9):
        self.asked, self.dies_after = [], dies_after
        self.known = {item.prompt: item for item in CHOSEN}

    def chat_many(self, prompts, system="", **generation):
        if len(self.asked) + len(prompts) > self.dies_after:
            raise CookbookError("https://x cannot be reached")
        self.asked += prompts
        return [self.reply(self.known[p.partition("\n\n")[0]], generation["seed"]) for p in prompts]

    def reply(self, item, seed):
        right = int(item.id[-1], 16) % 2 == 0
        return Reply.from_text(
            f"<think>\nhm\n</think>\n{item.answer if right else '0'}", tokens=10 + len(item.prompt), prompt_tokens=5
        )


def test_records_come_in_the_order_of_the_items_and_are_on_disk(tmp_path):
    found = evaluate(Solver(), CHOSEN, tmp_path / "run.jsonl", SETTING, repeats=2, progress="")
    assert [(row["item"], row["repeat"]) for row in found] == [(item.id, r) for item in CHOSEN for r in (0, 1)]
    head, rows = read(tmp_path / "run.jsonl")
    assert head["model"] == "solver" and sorted(map(str, rows)) == sorted(map(str, found))
    assert all(row["correct"] is (int(row["item"][-1], 16) % 2 == 0) for row in found)


@pytest.mark.parametrize("cut", [0, 1, 25])
def test_a_run_that_died_goes_on_and_asks_nothing_twice(tmp_path, cut):
    path = tmp_path / "run.jsonl"
    dying = Solver(dies_after=BATCH)
    with pytest.raises(CookbookError, match="cannot be reached"):
        evaluate(dying, CHOSEN, path, SETTING, repeats=2, progress="")
    assert len(dying.asked) == BATCH == len(path.read_text().splitlines()) - 1
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - cut])  # the last line cut in half
    again = Solver()
    found = evaluate(again, CHOSEN, path, SETTING, repeats=2, progress="")
    assert len(again.asked) == 2 * len(CHOSEN) - BATCH + (cut > 0)
    assert found == evaluate(Solver(), CHOSEN, tmp_path / "whole.jsonl", SETTING, repeats=2, progress="")
    finished = Solver()
    assert evaluate(finished, CHOSEN, path, SETTING, repeats=2, progress="") == found and not finished.asked


def test_damaged_and_foreign_files_are_told(tmp_path):
    path = tmp_path / "run.jsonl"
    evaluate(Solver(), CHOSEN, path, SETTING, progress="")
    with pytest.raises(CookbookError, match="other settings .protocol.*--out"):
        evaluate(Solver(), CHOSEN, path, Protocol(budget=25), progress="")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:3], "oops\n", *lines[3:]]))
    with pytest.raises(CookbookError, match="run.jsonl, line 4: no record"):
        evaluate(Solver(), CHOSEN, path, SETTING, progress="")
    path.write_text(lines[0][:9])  # not even the settings were written whole
    assert len(evaluate(Solver(), CHOSEN, path, SETTING, progress="")) == len(CHOSEN)
    with pytest.raises(CookbookError, match="does not exist"):
        read(tmp_path / "none.jsonl")


def test_two_runs_do_not_write_one_file(tmp_path):
    with Records(tmp_path / "a.jsonl", {}), pytest.raises(CookbookError, match="being written by another run"):
        Records(tmp_path / "a.jsonl", {}).__enter__()


def test_batches_hold_like_lengths_and_every_pair_once():
    pairs = [(item, r) for item in CHOSEN for r in range(4)]
    batches = batches_of(pairs)
    assert sorted(map(str, sum(batches, []))) == sorted(map(str, pairs)) and all(len(b) <= BATCH for b in batches)
    ends = [(len(b[0][0].prompt), len(b[-1][0].prompt)) for b in batches]
    assert all(a[1] <= b[0] for a, b in zip(ends, ends[1:]))


def test_protocols_follow_the_model_s_name():
    assert protocol_for("pocket-reasoning").instruct is False and protocol_for("runs/pocket-x", budget=9).budget == 9
    real = protocol_for("microsoft/Phi-4-mini-reasoning")
    assert (real.instruct, real.temperature, real.top_k) == (True, 0.8, 50)


def rows_of(marks, answers=None, **more):
    return [
        {"item": f"i{i}", "repeat": r, "correct": bool(m), "strictly": bool(m), "met": int(m), "of": 1, "tokens": 10 * (r + 1),
         "finished": True, "closed": True, "task": "t", "answer": (answers or {}).get((i, r), "7" if m else "8")} | more
        for i, each in enumerate(marks) for r, m in enumerate(each)
    ]  # fmt: skip


def test_the_summary_by_hand():
    s = report.summary(rows_of([[1, 1, 0], [0, 0, 1]], {(1, 0): "", (1, 1): ""}))
    assert (s.n, s.repeats, s.accuracy, s.pass_k) == (2, 3, 0.5, 1.0)
    assert s.majority == 1.0  # runs without an answer have no vote
    assert (s.best, s.worst, s.tokens, s.no_answer) == (0.5, 0.5, 20, pytest.approx(2 / 6))
    assert report.summary(rows_of([[1], [0], [1], [1]])).interval == pytest.approx((0.3006, 0.9544), abs=1e-4)
    assert "75.0% (30.1-95.4)" in report.table({"x": rows_of([[1], [0], [1], [1]])})


def test_half_a_run_has_no_summary():
    with pytest.raises(CookbookError, match="let the run end"):
        report.summary(rows_of([[1, 0], [1]]))
    with pytest.raises(CookbookError, match="no records"):
        report.summary([])


def test_comparison_is_item_by_item():
    first, second = rows_of([[1]] * 30 + [[0]] * 10), rows_of([[1]] * 18 + [[0]] * 22)
    found = report.compare(first, second)
    assert found.difference.value == pytest.approx(0.3) and found.p == pytest.approx(2 / 2**12)
    assert found.difference.interval[0] < 0.3 < found.difference.interval[1] and "McNemar" in str(found)
    alike = report.compare(first, first).difference
    assert alike.value == 0 and alike.interval[0] < 0 < alike.interval[1]
    assert report.compare(rows_of([[1, 0]]), rows_of([[1, 1]])).p is None
    with pytest.raises(CookbookError, match="share no item"):
        report.compare(first, [{**second[0], "item": "z"}])


def test_accuracy_by_budget():
    rows = rows_of([[1, 1, 1, 0]])
    assert budget.accuracy_by_budget(rows, [5, 10, 25, 100]) == {5: 0, 10: 0.25, 25: 0.5, 100: 0.75}


def test_budget_forcing_closes_and_prolongs():
    from phicookbook.models import open_model

    model = open_model("pocket")
    prompts = [(item, 0) for item in CHOSEN[:4]]
    cut = ask(model, prompts, Protocol(budget=20))
    assert not any(reply.finished or reply.answer for reply in cut)
    forced = ask(model, prompts, Protocol(budget=20, force=True))
    assert all(reply.text.startswith(short.text) and "</think>" in reply.text for reply, short in zip(forced, cut))
    assert all(reply.tokens <= 20 + 2 + budget.ANSWER_ROOM for reply in forced)
    free, longer = (ask(model, prompts, Protocol(budget=300, least=least)) for least in (0, 250))
    assert all("Wait" in b.text for b in longer) and sum(b.tokens for b in longer) > sum(a.tokens for a in free)
    with pytest.raises(CookbookError, match="over a network"):
        ask(Solver(), prompts, Protocol(force=True))


def test_pocket_adds_and_a_never_closed_thinking_is_no_answer(tmp_path):
    from phicookbook.models import open_model

    model = open_model("pocket")
    found = evaluate(model, CHOSEN[:16], tmp_path / "a.jsonl", protocol_for("pocket"), progress="")
    assert report.summary(found).accuracy > 0.8
    cut = report.summary(evaluate(model, CHOSEN[:16], tmp_path / "b.jsonl", protocol_for("pocket", budget=12), progress=""))
    assert (cut.accuracy, cut.truncated, cut.no_answer, cut.unclosed) == (0, 1, 1, 1)


def test_the_command_prints_a_table_keeps_records_and_compares(tmp_path, capsys):
    run = ["evaluate", "pocket", "arithmetic:1", "-n", "6", "--budget", "120", "--out"]
    assert main([*run, str(tmp_path / "one")]) == 0
    assert main([*run, str(tmp_path / "two"), "--against", str(tmp_path / "one")]) == 0
    out = capsys.readouterr().out
    assert out.count("arithmetic:1 ") == 2 and "pocket against one: +0.0 points" in out
    assert len((tmp_path / "one" / "arithmetic_1-x1.jsonl").read_text().splitlines()) == 7
    assert main([*run, str(tmp_path / "more"), "--least", "100"]) == 0
    assert (
        json.loads((tmp_path / "more" / "arithmetic_1-x1.jsonl").read_text().splitlines()[0])["run"]["protocol"]["least"] == 100
    )
    assert main([*run, str(tmp_path / "three"), "--against", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err and not (tmp_path / "three").exists()  # told before anything is asked


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["satt"], "did you mean 'sat'"),
        (["sat:x"], "is no whole number"),
        (["sat:4:easy"], "no level 4 of kind 'easy'"),
        (["gsm8k=none.jsonl"], "none.jsonl does not exist"),
        (["sat", "--repeats", "2", "--temperature", "0"], "temperature 0 are all the same"),
    ],
)
def test_bad_commands_get_a_sentence(arguments, told, capsys):
    assert main(["evaluate", "pocket", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_a_cluster_leaves_the_same_records(tmp_path):
    from phicookbook.models import open_model
    from phicookbook.reasoning.cluster import over_ray

    setting = protocol_for("pocket", budget=24)
    many = items("arithmetic", BATCH + 4, seed=2, level=1)
    here = evaluate(open_model("pocket"), many, tmp_path / "a.jsonl", setting, progress="")
    there = evaluate(
        open_model("pocket"), many, tmp_path / "b.jsonl", setting, progress="", answer=over_ray("pocket", setting, 2)
    )

    def plain(rows):
        return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]

    assert plain(here) == plain(there)
    assert json.loads((tmp_path / "b.jsonl").read_text().splitlines()[0])["run"]["items"] == BATCH + 4


def test_an_endpoint_that_dies_in_the_middle_loses_one_batch_at_most(tmp_path):
    from stub_endpoint import serving

    from phicookbook.models.endpoint import open_endpoint

    with serving() as stub:
        model = open_endpoint(stub.name, retries=0)
        stub.script = [None] * BATCH_OVER_NETWORK + [500] * BATCH_OVER_NETWORK
        with pytest.raises(CookbookError, match="failed .500."):
            evaluate(model, CHOSEN[:24], tmp_path / "run.jsonl", SETTING, progress="")
        assert len(read(tmp_path / "run.jsonl")[1]) == BATCH_OVER_NETWORK
        stub.script, before = [], len(stub.seen)
        assert len(evaluate(model, CHOSEN[:24], tmp_path / "run.jsonl", SETTING, progress="")) == 24
        first, again = ({str(one["messages"]) for one in part} for part in (stub.seen[:BATCH_OVER_NETWORK], stub.seen[before:]))
        assert len(again) == 24 - BATCH_OVER_NETWORK and not first & again  # a refused request may still arrive late, once more
