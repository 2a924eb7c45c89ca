"""Messages, replies and thinking blocks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook.chat import CLOSE, OPEN, Reply, as_messages, split_thinking
from phicookbook.settings import CookbookError

PLAIN = st.text().filter(lambda text: OPEN not in text and CLOSE not in text)
# Glued from the tags and other text, because plain random text would hardly ever contain a tag.
TAGGED = st.lists(st.sampled_from([OPEN, CLOSE]) | st.text(max_size=5), max_size=8).map("".join)


@pytest.mark.parametrize(
    ("text", "thinking", "answer"),
    [
        ("4", "", "4"),
        ("", "", ""),
        (" 4\n", "", "4"),
        ("<think>\n2 + 2\n</think>\n4", "2 + 2", "4"),
        ("<think></think>4", "", "4"),
        ("<think>2 + 2", "2 + 2", ""),
        ("Well. <think>2 + 2", "2 + 2", ""),
        ("Well. <think>2 + 2</think> 4", "2 + 2", "Well.  4"),
        ("<think>a</think>b</think>c", "a</think>b", "c"),
        ("4</think>", "", "4</think>"),
        ("a</think><think>b", "b", ""),
        ("<THINK>a</THINK>b", "", "<THINK>a</THINK>b"),
    ],
)
def test_split_thinking(text, thinking, answer):
    assert split_thinking(text) == (thinking, answer)


@given(PLAIN, PLAIN)
def test_a_closed_block_comes_apart_as_it_was_put_together(thinking, answer):
    assert split_thinking(f"{OPEN}\n{thinking}\n{CLOSE}\n{answer}") == (thinking.strip(), answer.strip())


@given(PLAIN)
def test_text_without_a_block_is_all_answer(text):
    assert split_thinking(text) == ("", text.strip())


@given(TAGGED)
def test_no_text_is_lost_but_the_tags_of_the_block_and_blanks(text):
    thinking, answer = split_thinking(text)
    assert thinking == thinking.strip() and answer == answer.strip()
    if OPEN in text and CLOSE not in text.partition(OPEN)[2]:
        assert answer == ""
    elif OPEN in text:
        kept = "".join((thinking + answer).split())
        whole = "".join(text.split())
        assert len(kept) == len(whole) - len(OPEN + CLOSE)
    else:
        assert (thinking, answer) == ("", text.strip())


def test_reply_from_text_tells_thinking_and_answer_apart_and_keeps_the_measures():
    reply = Reply.from_text("<think>a</think>b", tokens=7, prompt_tokens=3, seconds=0.5, finished=False)
    assert (reply.text, reply.thinking, reply.answer) == ("<think>a</think>b", "a", "b")
    assert (reply.tokens, reply.prompt_tokens, reply.seconds, reply.finished) == (7, 3, 0.5, False)


def test_as_messages_takes_text_or_messages():
    user = {"role": "user", "content": "Hello"}
    system = {"role": "system", "content": "Be brief."}
    assert as_messages("Hello") == [user]
    assert as_messages("Hello", "Be brief.") == [system, user]
    assert as_messages([user], "Be brief.") == [system, user]
    assert as_messages([system]) == [system]


def test_as_messages_copies_and_keeps_role_and_content_alone():
    given_messages = [{"role": "user", "content": "Hello", "name": "Ada"}]
    found = as_messages(given_messages)
    assert found == [{"role": "user", "content": "Hello"}]
    found[0]["content"] = "changed"
    assert given_messages[0]["content"] == "Hello"


@pytest.mark.parametrize(
    ("conversation", "told"),
    [
        ([], "the conversation is empty"),
        ([{"role": "user", "content": "a"}, {"role": "tool", "content": "b"}], "message 1 has no role out of system, user"),
        ([{"content": "a"}], "message 0 has no role"),
        (["a"], "message 0 has no role"),
        ([{"role": "user"}], "message 0 has no text as content"),
        ([{"role": "user", "content": 4}], "message 0 has no text as content"),
    ],
)
def test_a_bad_conversation_is_told(conversation, told):
    with pytest.raises(CookbookError) as caught:
        as_messages(conversation)
    assert told in str(caught.value)
