"""Files of public benchmarks in small: read without executing anything, graded, and refused with file, line and reason.

pytest tests/reasoning/test_benchmarks.py
"""

from __future__ import annotations

import json

import pytest

from phicookbook.reasoning.benchmarks import FORMATS, grade, read, same_math
from phicookbook.reasoning.extract import flexible
from phicookbook.settings import CookbookError

BURMA = """NAME: small
TYPE: TSP
DIMENSION: 4
EDGE_WEIGHT_TYPE: GEO
NODE_COORD_SECTION
 1 16.47 96.10
 2 16.47 94.44
 3 20.09 92.54
 4 22.39 93.37
EOF
"""
HUMAN = {
    "task_id": "HumanEval/x", "prompt": "def add(a, b):\n    \"\"\"Add.\"\"\"\n", "entry_point": "add",
    "canonical_solution": "    return a + b\n", "test": "def check(candidate):\n    assert candidate(2, 3) == 5\n",
}  # fmt: skip
GPQA = (
    "Record ID,Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3\n"
    'r1,"Which, then?",gold,tin,lead,zinc\n'
)
PLAN = {
    "calendar_scheduling_example_0": {
        "num_people": 2,
        "prompt_0shot": "Schedule.",
        "golden_plan": "Here is the proposed time: Monday, 14:30 - 15:30 ",
    }
}
GOOD = {
    "gsm8k": (json.dumps({"question": "3 + 5?", "answer": "3 + 5 = 8\n#### 1,008"}), "It is 1008.", "8"),
    "math500": (json.dumps({"problem": "Half?", "answer": "\\frac{1}{2}", "level": 2, "unique_id": "a/1"}), "\\boxed{0.5}",
    "\\boxed{2}"),
    "aime": (json.dumps({"ID": "2024-I-1", "Problem": "N?", "Answer": "007"}), "So \\boxed{7}.", "70"),
    "gpqa": (GPQA, None, "Answer: E"),
    "humaneval": (json.dumps(HUMAN), "```python\ndef add(a, b):\n    return a + b\n```", "```python\ndef add(a, b):\n    "
    "return a\n```"),
    "tsplib": (BURMA, "0 1 2 3", "0 1 1 3"),
    "dimacs": ("c a formula\np cnf 3 2\n1 -2 3 0\n-1\n2 3 0\n", "true true true", "true false false"),
    "natural-plan": (json.dumps(PLAN), "Monday, 14:30 - 15:30", "Monday, 14:00 - 15:00"),
}  # fmt: skip
BAD = {
    "gsm8k": [('{"question": "a"}', "line 1: .* it has no 'answer'"), ('{"question": "a", "answer": "8"}', "#### NUMBER"),
    ("{", "line 1")],
    "math500": [('{"problem": "", "answer": "1"}', "problem is '', not a text"), ("[1]", "line 1")],
    "aime": [('{"problem": "a", "answer": "1000"}', "whole number from 0 to 999"), ('\n{"problem": "a"}', "line 2: .* it has "
    "no 'answer'")],
    "gpqa": [("Question,Correct Answer\nx,y\n", "row 1: .* it has no 'Incorrect Answer 1'")],
    "humaneval": [(json.dumps(HUMAN | {"entry_point": "a b"}), "not a function's name"), (json.dumps(HUMAN | {"test": []}),
    "test is \[\], not a text")],
    "tsplib": [("NAME: x\n", "no DIMENSION"), (BURMA.replace("4\nEDGE", "14\nEDGE"), "14 cities"), (BURMA.replace("GEO",
    "XRAY"), "XRAY"),
               (BURMA.replace("92.54", "north"), "line 8"), (BURMA.replace("DIMENSION: 4", "DIMENSION: 5"), "need 15 numbers")],
    "dimacs": [("1 2 0", "line 1: a clause stands before"), ("p cnf 3\n", "p cnf VARIABLES CLAUSES"), ("p cnf 99 1\n1 0", "99 "
    "variables"),
               ("p cnf 2 1\n3 0", "a literal is 3"), ("p cnf 2 2\n1 0", "2 clauses are promised and 1"), ("p cnf 2 1\nx 0",
               "invalid literal")],
    "natural-plan": [("[]", "no JSON object"), ('{"a": {"prompt_0shot": "x", "golden_plan": "soon"}}', "entry a: .* no single "
    "day"), ("{", "not JSON")],
}  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_a_real_looking_file(form, tmp_path):
    text, right, wrong = GOOD[form]
    path = tmp_path / "file"
    path.write_text(text, encoding="utf-8")
    (item,) = read(form, path)
    right = right if right is not None else f"Answer: {item.answer}"
    assert grade(item, flexible(right, item.shape)).correct and not grade(item, flexible(wrong, item.shape)).correct
    assert grade(item, flexible(item.answer, item.shape)).correct and not grade(item, "").correct
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())  # as editors on Windows save it
    assert read(form, path)[0].prompt == item.prompt


@pytest.mark.parametrize("form, text, told", [(form, *case) for form, cases in BAD.items() for case in cases])
def test_a_malformed_file_is_told(form, text, told, tmp_path):
    path = tmp_path / "file"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CookbookError, match=told) as caught:
        read(form, path)
    assert str(path) in str(caught.value)


def test_what_is_no_file(tmp_path):
    for place, told in ((tmp_path / "none", "does not exist"), (tmp_path, "is a folder")):
        with pytest.raises(CookbookError, match=told):
            read("gsm8k", place)
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(CookbookError, match="holds no items"):
        read("gsm8k", tmp_path / "empty")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CookbookError, match="not UTF-8"):
        read("gsm8k", tmp_path / "bytes")
    with pytest.raises(CookbookError, match="did you mean 'gsm8k'"):
        read("gsm", tmp_path / "empty")


def test_reading_executes_nothing(tmp_path):
    trap = "def check(f):\n    open('trap', 'w')\n"
    path = tmp_path / "humaneval.jsonl"
    path.write_text(json.dumps(HUMAN | {"prompt": "import os; os.abort()\n", "test": trap}), encoding="utf-8")
    assert read("humaneval", path)[0].data["test"] == trap


def test_the_places_of_choices_depend_on_the_question_alone_and_differ(tmp_path):
    head, line = GPQA.splitlines()
    path = tmp_path / "gpqa.csv"
    path.write_text("\n".join([head, *(line.replace("then", f"then {n}") for n in range(40))]), encoding="utf-8")
    found = read("gpqa", path)
    assert found == read("gpqa", path) and {item.answer for item in found} == set("ABCD")


@pytest.mark.parametrize(
    "right, answer, same",
    [("\\frac{1}{2}", "1/2", True), ("x^2+1", "1+x^2", True), ("2\\sqrt{3}", "\\sqrt{12}", True), ("(1,2)", "(2,1)", False),
     ("7", "8", False), ("7", "x" * 10_000, False), ("\\pi", "3", False), ("10", "", False)],
)  # fmt: skip
def test_math_is_compared_by_meaning(right, answer, same):
    assert same_math(right, answer) is same


def test_tsplib_matrices_and_measures():
    from phicookbook.reasoning.tsplib import MEASURES, distances

    head = "DIMENSION: 3\nEDGE_WEIGHT_TYPE: EXPLICIT\nEDGE_WEIGHT_FORMAT: {}\nEDGE_WEIGHT_SECTION\n{}\nEOF"
    table = [[0, 4, 5], [4, 0, 6], [5, 6, 0]]
    forms = {
        "FULL_MATRIX": "0 4 5 4 0 6 5 6 0",
        "UPPER_ROW": "4 5\n6",
        "LOWER_ROW": "4 5 6",
        "UPPER_DIAG_ROW": "0 4 5 0 6 0",
        "LOWER_DIAG_ROW": "0 4 0 5 6 0",
    }
    for form, numbers in forms.items():
        assert distances(head.format(form, numbers))[0] == table
    with pytest.raises(ValueError, match="differ by direction"):
        distances(head.format("FULL_MATRIX", "0 4 5 3 0 6 5 6 0"))
    assert MEASURES["EUC_2D"](0, 0, 3, 4) == 5 and MEASURES["CEIL_2D"](0, 0, 1, 1) == 2 and MEASURES["ATT"](0, 0, 10, 0) == 4
    assert MEASURES["GEO"](16.47, 96.10, 16.47, 94.44) == 153  # the first two cities of burma14
