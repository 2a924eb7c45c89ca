"""Exercises: right answers pass, wrong ones are refused with a reason, hints go from vague to plain.

pytest tests/book/test_exercises.py
"""

from __future__ import annotations

import importlib.util
import json
import math
import random
import re
import statistics

import pytest

from phicookbook import settings
from phicookbook.book import check, exercises
from phicookbook.cli import main
from phicookbook.retrieval import fusion
from phicookbook.settings import CookbookError

ALL = exercises.load()


def solution(id: str):
    """The answer that cookbook/solutions gives."""
    chapter, number = id.split(".")
    path = settings.COOKBOOK / "solutions" / f"chapter_{int(chapter):02d}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, f"exercise_{number}")()


def apart(new, old, share):
    return new + old[: round(len(new) * share / (1 - share))]


def shuffled_apart(new, old, share):
    rng = random.Random(1)
    rows = apart(new, old, share)
    first, last = rows[: len(new)], rows[len(new) :]
    rng.shuffle(first)
    return last + first


def by_chance(new, old, share):
    rows = apart(new, old, share)
    random.shuffle(rows)
    return rows


WRONG = {
    "1.1": [
        (4.45e9, "give a whole number of parameters"),
        (True, "give a whole number"),
        ("4450618368", "give a whole number"),
        (3_836_021_760, "that is the count with one table"),
        (4_450_618_369, "it is off by 1"),
    ],
    "1.2": [
        (15_258.8, "give a whole number of tokens"),
        (False, "give a whole number"),
        (0, "give a whole number"),
        (15_259, "15,259 tokens need more than 2 GB"),
        (15_257, "more tokens than that fit"),
        (5_086, "more tokens than that fit"),
    ],
    "1.3": [
        ("24", "give a whole number of blocks"),
        (True, "give a whole number"),
        (0, "give a whole number"),
        (16, "a window of 16 sees less"),
        (128, "a smaller one is enough"),
    ],
    "2.1": [
        ("<|user|>", "give the function itself"),
        (lambda m: None, "it gave a NoneType, not a text"),
        (lambda m: "".join(f"<|{x['role']}|>\n{x['content']}<|end|>\n" for x in m), "the answer's turn is not opened"),
        (
            lambda m: "".join(f"<|{x['role']}|>{x['content']}<|end|>\n" for x in m) + "<|assistant|>\n",
            "at character 8 stands 'Hello",
        ),
        (lambda m: m[0]["content"], "at character 0 stands 'Hello' where '<|user|>"),
        (lambda m: m["content"], "it stopped with TypeError: "),
    ],
    "2.2": [
        (2, "give the function itself"),
        (lambda chances, p: 0.5, "give a whole number of tokens, not 0.5"),
        (lambda chances, p: True, "give a whole number of tokens, not True"),
        (lambda chances, p: len(chances), "with top_p 0.4, 1 stay, not 4"),
        (lambda chances, p: 1, "with top_p 0.6, 2 stay, not 1"),
        (lambda chances, p: sum(c >= 0.1 for c in chances), "1 stay, not 4"),
        (lambda chances: 1, "it stopped with TypeError: "),
    ],
    "2.3": [
        (15.0, "give a whole number"),
        (True, "give a whole number"),
        (0, "give a whole number"),
        (14, "14 is even"),
        (5, "the vote of 5 runs is right in 89.6% of cases"),
        (7, "is right in 92.9% of cases"),
        (11, "11 runs suffice, but 9 do as well"),
    ],
    "3.1": [
        ([], "give the function itself"),
        (lambda r, w, k: "ab", "give a list of names"),
        (lambda r, w, k: [name for name, _ in fusion.rrf(r, None, k)], "with the weights [1.0, 0.5] and k = 1 it made"),
        (lambda r, w, k: [name for name, _ in fusion.rrf(r, w, 60)], "it made"),
        (lambda r, w, k: [name for name, _ in fusion.rrf(r, w, k)][:1], "it made"),
    ],
    "3.2": [
        (None, "give the function itself"),
        (lambda a, lines: 1, "it gave 1, not a list"),
        (lambda a, lines: [i for i, line in enumerate(lines, 1) if a in line], "gave [1, 2, 3]"),
        (lambda a, lines: [i for i, line in enumerate(lines) if f" {a}" in line], "gave [0, 2]"),
        (lambda a, lines: [i for i, line in enumerate(lines, 1) if f" {a}" in f" {line}"], "gave [1]"),
    ],
    "3.3": [
        (0.4, "give the function itself"),
        (lambda a, b: "0.4", "give one number"),
        (lambda a, b: min(a), "treats"),
        (lambda a, b: 0.5, "treats"),
        (lambda a, b: 2, "treats 50% rightly"),
    ],
    "4.1": [
        (None, "give the function itself"),
        (lambda h: "positive", "no cyber incident that a reader finds positive came out positive"),
        (lambda h: h.sentiment, "came out"),
        (lambda h: h.sentiment if h.cyber else "neutral", "a cyber incident that a reader finds negative came out negative"),
        (lambda h: "good" if h.cyber else "neutral", "'good', which is none of positive, negative, neutral"),
        (lambda h: h.mood, "it stopped with AttributeError: "),
    ],
    "4.2": [
        ([], "give the function itself"),
        (lambda new, old, share: new, "asked for 20% old rows, 0 of 80 are old"),
        (lambda new, old, share: new + old[: round(len(new) * share)], "asked for 20% old rows, 16 of 96 are old"),
        (lambda new, old, share: new[1:] + old[:20], "of 80 new rows, 79 are there"),
        (lambda new, old, share: new + new[:20], "a new row stands there twice"),
        (lambda new, old, share: new + [old[0]] * 20, "an old row stands there twice"),
        (apart, "old and new rows stand apart"),
        (shuffled_apart, "old and new rows stand apart"),
        (by_chance, "two calls gave two orders"),
        (lambda: [], "it stopped with TypeError: "),
    ],
    "4.3": [
        ("870", "give a whole number"),
        (True, "give a whole number"),
        (0, "give a whole number"),
        (869.2, "give a whole number"),
        (100, "with 100 the interval is wider"),
        (217, "wider"),
        (2_000, "2,000 are enough, but so are 5% fewer"),
    ],
    "5.1": [
        (4, "give a dictionary"),
        ({"gpus": 4}, "these are no settings: "),
        ({"num_nodes_finetune": 0}, "these are no settings: num_nodes_finetune is 0"),
        ({"num_nodes_finetune": 2, "learning_rate": 1e-3}, "learning_rate would change the curve"),
        ({"number_of_gpu_to_use_finetuning": 4}, "this is 4 processes on 1 machines"),
        ({"num_nodes_finetune": 2, "number_of_gpu_to_use_finetuning": 2}, "a step would see 128 rows, not 32"),
    ],
    "5.2": [
        (256, "give the function itself"),
        (lambda r, c, k: r * c, "that is the matrix itself"),
        (lambda r, c, k: 0.5, "which is no whole number"),
        (lambda r, c, k: 2 * r * k, "for 512 x 256 and rank 1 it is not 1,024"),
        (lambda r, c, k: r * c * k, "for 256 x 256 and rank 8 it is not 524,288"),
    ],
    "5.3": [
        ("146", "give a number of hours"),
        (True, "give a number of hours"),
        (None, "give a number of hours"),
        (730, "730 hours of the machine cost 2,920.00, the service 584.00"),
        (0.2, "0.2 hours of the machine cost 0.80"),
    ],
    "6.1": [
        (lambda weights, table, bits, block: True, "which is no number"),
        (7, "give the function itself"),
        (lambda weights, table, bits, block: "a lot", "which is no number"),
        (lambda weights, table, bits, block: weights * bits / 8 / 1e6, "and it is more"),
        (lambda weights, table, bits, block: (weights + table) * 4 / 1e6, "and it is less"),
    ],
    "6.2": [
        ("53", "give a number"),
        (True, "give a number"),
        (47.5, "no runtime reaches 25"),  # scales forgotten
        (0, "no runtime reaches 25"),
        (95, "more than it takes"),
    ],
    "6.3": [
        ([], "give the function itself"),
        (lambda points: None, "which is no list"),
        (lambda points: points, "does not belong"),
        (lambda points: [max(points, key=lambda p: p[1])], "is missing"),
        (lambda points: [min(points)], "is missing"),
    ],
    "7.1": [
        (0.9, "give the function itself"),
        (lambda n, right, k: "0.9", "give one number"),
        (lambda n, right, k: 1 - (1 - right / n) ** k, "pass@5 is 0.9167"),
        (lambda n, right, k: right / n, "it gave 0.3000"),
        (lambda n, right, k: 1 - math.comb(right, k) / math.comb(n, k), "pass@"),
        (lambda n: 0, "it stopped with TypeError: "),
    ],
    "7.2": [
        ("7", "give the function itself"),
        (lambda answers: answers[0], "gave ''"),
        (lambda answers: max(answers, key=answers.count, default=""), "gave ''"),
        (lambda answers: max([a for a in answers if a], key=answers.count), "it stopped with ValueError"),
        (lambda answers: max(sorted(a for a in answers if a), key=answers.count, default=""), "['8', '7', '7', '8'] gave '7'"),
    ],
    "7.3": [
        (None, "give the function itself"),
        (lambda reply: "7", "gave '7'"),
        (lambda reply: (re.findall(r"Answer: (-?\d+)", reply) or [""])[-1], "'<think>\\nAnswer: 7' gave '7'"),
        (lambda reply: (re.findall(r"Answer: (-?\d+)", reply.rpartition("</think>")[2]) or [""])[0], "gave"),
        (lambda reply: re.findall(r"Answer: (-?\d+)", reply)[-1], "gave '7'"),
    ],
    "8.1": [
        (["b"], "give the function itself"),
        (lambda rates: list(rates), "gave ['a', 'b', 'c', 'd']"),
        (lambda rates: [p for p, r in rates.items() if 0.1 < r < 0.9], "gave []"),
        (lambda rates: [p for p, r in rates.items() if 0 < r < 1], "gave ['a', 'b', 'c', 'd']"),
        (lambda rates: sum(0.1 <= r <= 0.9 for r in rates.values()), "gave 2"),
    ],
    "8.2": [
        ([0.0], "give the function itself"),
        (lambda group: [r - sum(group) / len(group) for r in group], "gave [0.5, -0.5, -0.5, 0.5]"),
        (lambda group: [(r - statistics.fmean(group)) / statistics.pstdev(group) for r in group], "gave [1.0"),
        (
            lambda group: [(r - statistics.fmean(group)) / statistics.stdev(group) for r in group],
            "it stopped with ZeroDivisionError",
        ),
        (lambda group: 0.0, "give 4 numbers"),
        (lambda group: [False] * len(group), "give 4 numbers"),
    ],
    "8.3": [
        (1.0, "give the function itself"),
        (lambda share: 1.0, "earns"),
        (lambda share: 1 - 0.5 * share, "it gave 0.7500"),
        (lambda share: 0.5 + 0.25 * (1 + math.cos(math.pi * share)), "at 0.500 of the budget a right answer earns 1.0000"),
        (lambda share: str(share), "give one number"),
    ],
}


def test_every_exercise_has_a_solution_wrong_answers_and_three_hints():
    assert set(WRONG) == set(ALL) and all(len(wrong) >= 5 for wrong in WRONG.values())
    for id, exercise in ALL.items():
        assert re.fullmatch(r"\d+\.\d+", id) and exercise.id == id
        assert len(exercise.hints) >= 3 and exercise.asks[-1] in ".?"
        assert solution(id) is not None


def test_every_chapter_on_the_shelf_asks_for_its_exercises():
    for path in settings.COOKBOOK.glob("[0-9]*.ipynb"):
        chapter = int(path.name[:2])
        mine = [id for id in ALL if id.split(".")[0] == str(chapter)]
        assert len(mine) >= 3, path.name
        source = "".join("".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"])
        assert all(f'check("{id}"' in source for id in mine), path.name


@pytest.mark.parametrize("id", ALL)
def test_the_solution_is_right(id, artifacts, capsys):
    assert check(id, solution(id))
    assert capsys.readouterr().out == f"{id} is right.\n"


@pytest.mark.parametrize(("id", "answer", "reason"), [(id, *row) for id, rows in WRONG.items() for row in rows])
def test_a_wrong_answer_is_refused_with_a_reason(id, answer, reason, artifacts, capsys):
    assert not check(id, answer)
    told = capsys.readouterr().out
    assert reason in told and told.startswith(f"{id}, not yet: ")
    assert f"Hint 1 of {len(ALL[id].hints)}: {ALL[id].hints[0]}" in told


def test_hints_grow_plainer_and_the_solution_s_place_comes_last(artifacts, capsys):
    told = []
    for _ in range(5):
        check("4.3", 1)
        told.append(capsys.readouterr().out)
    assert [f"Hint {n} of 3" in text for n, text in zip((1, 2, 3, 3, 3), told, strict=True)] == [True] * 5
    assert ["cookbook/solutions/chapter_04.py" in text for text in told] == [False, False, False, True, True]


def test_no_answer_yet_prints_the_question_and_counts_nothing(artifacts, capsys):
    assert not check("4.1")
    assert capsys.readouterr().out == f"4.1 is open. {ALL['4.1'].asks}\n"
    assert exercises.read_progress() == {}


def test_progress_counts_tries_and_keeps_the_first_success(artifacts):
    check("4.3", 1)
    check("4.3", solution("4.3"))
    entry = exercises.read_progress()["4.3"]
    assert entry["tries"] == 2 and re.fullmatch(r"\d{4}-\d\d-\d\d", entry["done"])
    check("4.3", 1)
    assert exercises.read_progress()["4.3"] == {"tries": 3, "done": entry["done"]}


def test_a_damaged_file_is_kept_aside(artifacts, capsys):
    for content in ("{", "[1]", '{"4.3": 1}', '{"4.3": {"tries": "1"}}'):
        exercises.progress_path().parent.mkdir(parents=True, exist_ok=True)
        exercises.progress_path().write_text(content, encoding="utf-8")
        assert check("4.3", solution("4.3"))
        assert "could not be read" in capsys.readouterr().out
        assert exercises.progress_path().with_suffix(".damaged.json").read_text(encoding="utf-8") == content
        assert exercises.read_progress()["4.3"]["tries"] == 1


def test_an_unknown_exercise():
    with pytest.raises(CookbookError, match=r"no exercise is called '4.9': choose one of .*4\.1"):
        check("4.9", 1)


def test_the_command_shows_what_is_done(artifacts, capsys):
    check("4.1", solution("4.1"))
    check("4.2", None)
    capsys.readouterr()
    assert main(["progress"]) == 0
    lines = capsys.readouterr().out.splitlines()
    states = {line[:4].strip(): line[5:21].strip() for line in lines[:-1]}
    assert states["4.1"].startswith("done ") and states["4.2"] == "tried 1x" and states["4.3"] == "open"
    assert lines[-1] == f"1 of {len(ALL)} done"
