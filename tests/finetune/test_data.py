"""Fine-tuning data: what goes in comes out, and every malformed line is told with its number and remedy."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook.finetune.data import MOST_TOLD, chat_rows, fault_of, read_jsonl, write_jsonl
from phicookbook.settings import CookbookError

GOOD = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}'
NOT_JSON = "write one object a line, with double quotes and no trailing comma"
NO_LIST = 'no list "messages": write {"messages": [{"role": ..., "content": ...}, ...]}'
NO_ROLE = "has no role out of system, user, assistant"
NO_CONTENT = "has no content: write a text"
NO_ANSWER = "the last message is not the assistant's: end with the answer to learn"
MALFORMED = [
    ("{'messages': []}", NOT_JSON),
    (GOOD + ",", NOT_JSON),
    (GOOD[:-1], NOT_JSON),
    (GOOD + GOOD, NOT_JSON),
    ("plain text", NOT_JSON),
    ("[]", NO_LIST),
    ("null", NO_LIST),
    ('"text"', NO_LIST),
    ('{"prompt":"a","completion":"b"}', NO_LIST),
    ('{"messages":"a"}', NO_LIST),
    ('{"messages":["a"]}', f"message 0 {NO_ROLE}"),
    ('{"messages":[{"role":"user","content":"a"},{"role":"bot","content":"b"}]}', f"message 1 {NO_ROLE}"),
    ('{"messages":[{"content":"a"}]}', f"message 0 {NO_ROLE}"),
    ('{"messages":[{"role":["user"],"content":"a"}]}', f"message 0 {NO_ROLE}"),
    ('{"messages":[{"role":"user"}]}', f"message 0 {NO_CONTENT}"),
    ('{"messages":[{"role":"user","content":5}]}', f"message 0 {NO_CONTENT}"),
    ('{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":" \\n"}]}', f"message 1 {NO_CONTENT}"),
    ('{"messages":[]}', NO_ANSWER),
    ('{"messages":[{"role":"user","content":"a"}]}', NO_ANSWER),
    ('{"messages":[{"role":"assistant","content":"b"},{"role":"user","content":"a"}]}', NO_ANSWER),
    ('{"messages":[{"role":"system","content":"a"},{"role":"assistant","content":"b"}]}', "there is no user message"),
]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


def fault(path) -> str:
    with pytest.raises(CookbookError) as caught:
        read_jsonl(path)
    return str(caught.value)


@pytest.mark.parametrize(("line", "told"), MALFORMED)
def test_a_malformed_line_is_told_with_file_line_and_remedy(tmp_path, line, told):
    path = tmp_path / "train.jsonl"
    path.write_text(f"{GOOD}\n\n{line}\n{GOOD}\n", encoding="utf-8")
    first, second = fault(path).split("\n")
    assert first == f"{path} has 1 bad line:"
    assert second.startswith("  line 3: ") and told in second


def test_twenty_bad_lines_are_told_and_the_rest_counted(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text("\n".join(["[]"] * MOST_TOLD))
    assert len(fault(path).split("\n")) == 1 + MOST_TOLD and "more" not in fault(path)
    path.write_text("\n".join([GOOD, *["[]"] * (MOST_TOLD + 3)]))
    told = fault(path).split("\n")
    assert told[0] == f"{path} has 23 bad lines:" and told[-1] == "  and 3 more"
    assert [line.split(":")[0] for line in told[1:-1]] == [f"  line {n}" for n in range(2, 22)]


def test_a_byte_order_mark_windows_lines_and_blank_lines_are_no_fault(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode() + b"\r\n\r\n  \n" + GOOD.encode())
    assert read_jsonl(path) == read_jsonl(str(path)) == [json.loads(GOOD)] * 2


def test_a_file_that_is_not_utf_8(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_bytes(GOOD.replace("b", "é").encode("latin-1"))
    assert fault(path) == f"{path} is not UTF-8 (byte {GOOD.index('b')}): save it as UTF-8"
    path.write_bytes(GOOD.encode("utf-16"))
    assert "is not UTF-8" in fault(path)


def test_a_file_that_is_missing_empty_or_a_folder(tmp_path):
    assert fault(tmp_path / "no.jsonl") == f"{tmp_path / 'no.jsonl'} does not exist: check the name"
    assert fault(tmp_path) == f"{tmp_path} is a folder: give one of its files"
    (tmp_path / "empty.jsonl").write_text("\n \n")
    assert "empty.jsonl holds no rows: give one JSON conversation a line" in fault(tmp_path / "empty.jsonl")


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5))
def test_rows_come_back_as_they_were_written(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("rows") / "new" / "train.jsonl"
    rows = chat_rows(pairs)
    write_jsonl(path, rows)
    assert read_jsonl(path) == rows
    assert path.read_bytes().count(b"\n") == len(rows)
    assert [(row["messages"][0]["content"], row["messages"][1]["content"]) for row in rows] == pairs


def test_other_keys_of_a_row_are_kept(tmp_path):
    rows = [chat_rows([("a", "b")])[0] | {"source": "by hand"}]
    write_jsonl(tmp_path / "train.jsonl", rows)
    assert read_jsonl(tmp_path / "train.jsonl") == rows


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "train.jsonl"
    write_jsonl(path, chat_rows([("a", "b")]))

    def rows():
        yield from chat_rows([("c", "d")])
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_jsonl(path, rows())
    assert read_jsonl(path) == chat_rows([("a", "b")])


@pytest.mark.parametrize(
    "messages",
    [
        chat_rows([("a", "b")])[0]["messages"],
        [{"role": "system", "content": "s"}, *chat_rows([("a", "b")] * 2)[0]["messages"] * 2],
    ],
)
def test_good_messages_have_no_fault(messages):
    assert fault_of(messages) == ""
