"""Training files: what may be learnt, and a sentence with number and remedy for every line that may not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_client import ROWS, jsonl

from phicookbook.serverless import validation
from phicookbook.settings import CookbookError

GOOD = jsonl(ROWS)
TURN = {"role": "user", "content": "Hi"}
PAIR = {
    "input": {"messages": [TURN]},
    "preferred_output": [{"role": "assistant", "content": "a"}],
    "non_preferred_output": [{"role": "assistant", "content": "b"}],
}


def check(tmp_path, content: bytes, method: str = "supervised", **options) -> int:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    return validation.check(path, method, **options)


@pytest.mark.parametrize(
    "content",
    [
        jsonl(ROWS),
        b"\xef\xbb\xbf" + jsonl(ROWS),
        jsonl(ROWS).replace(b"\n", b"\r\n"),
        jsonl(ROWS) + b"\n\n  \n",
        jsonl(ROWS)[:-1],
    ],
    ids=["plain", "byte-order mark", "Windows", "blank lines", "no last newline"],
)
def test_good_files_are_counted(tmp_path, content):
    assert check(tmp_path, content) == len(ROWS)


def test_preferences_have_rules_of_their_own(tmp_path):
    assert check(tmp_path, jsonl([PAIR] * 10), "dpo") == 10
    with pytest.raises(CookbookError, match='line 1: no "input"'):
        check(tmp_path, jsonl(ROWS), "dpo")
    with pytest.raises(CookbookError, match='line 1: no list "messages"'):
        check(tmp_path, jsonl([PAIR] * 10))


def weighted(*weights):
    answers = [{"role": "assistant", "content": "a", "weight": weight} for weight in weights]
    return {"messages": [turn for answer in answers for turn in (TURN, answer)]}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (weighted(0, 1), ""),
        (weighted(1), ""),
        (weighted(0), "every answer has the weight 0"),
        (weighted(0.5), "has the weight 0.5: give 0"),
        (weighted(True), "has the weight True"),
        ({"messages": [TURN | {"weight": 1}, {"role": "assistant", "content": "a"}]}, "message 0 is no answer and has a weight"),
    ],
)
def test_weights(tmp_path, row, told):
    if not told:
        assert check(tmp_path, jsonl([row] * 10)) == 10
        return
    with pytest.raises(CookbookError, match=f"line 11: .*{told}"):
        check(tmp_path, jsonl([ROWS[0]] * 10 + [row]))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"\xff", "not UTF-8 .byte 0.: save the file as UTF-8"),
        (b"[" * 100_000, "not JSON"),
        (b"x" * 3_000_000, "longer than 1,000,000 bytes"),
        (b'"text"', "no list"),
        (b"NaN", "no list"),
    ],
)
def test_a_line_that_is_no_row(tmp_path, line, told):
    with pytest.raises(CookbookError, match=f"1 bad line:\nline 13: .*{told}"):
        check(tmp_path, jsonl(ROWS) + line + b"\n" + jsonl(ROWS))


def test_too_few_rows(tmp_path):
    with pytest.raises(CookbookError, match="The file has 9 rows, at least 10 are needed"):
        check(tmp_path, jsonl(ROWS[:9]))
    assert check(tmp_path, jsonl(ROWS[:1]), least=1) == 1


@given(st.lists(st.one_of(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b" ")), st.just(json.dumps(ROWS[0]).encode()))))
def test_any_bytes_are_counted_or_told(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    path.write_bytes(b"\n".join(lines))
    try:
        rows = validation.check(path, least=0)
    except CookbookError as error:
        told = str(error).splitlines()
        assert "bad line" in told[0] and len(told) <= 22
    else:
        assert rows == sum(bool(line.strip()) for line in lines) or b"\xef\xbb\xbf" in b"".join(lines)
