"""Answers in the protocol's shape when a model calls functions of its own accord, whole and in pieces."""

from __future__ import annotations

import json

import pytest
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion import Choice

from phicookbook.serverless.api.completion import Answer, chunk

CALL = '<|tool_call|>[{"name": "add", "arguments": {"a": 1, "b": 2}}]<|/tool_call|>'
SAID = "The sum is 3."


def events(text: str, finish: str = "stop") -> list[dict]:
    """What the engine tells of a text: pieces of four letters, the last with why it ended."""
    pieces = [text[place : place + 4] for place in range(0, len(text), 4)]
    last = {"finish": finish, "prompt_tokens": 5, "completion_tokens": len(pieces)}
    return [{"text": piece} for piece in pieces[:-1]] + [{"text": pieces[-1], **last}]


def whole(text: str, tools: bool, finish: str = "stop") -> Choice:
    answer = Answer(0)
    for event in events(text, finish):
        answer.add(event)
    return Choice.model_validate(answer.choice("", tools))


def streamed(text: str, tools: bool, finish: str = "stop") -> list:
    answer, deltas = Answer(0), []
    for event in events(text, finish):
        answer.add(event)
        for piece in chunk(answer, event, "", tools, begun=bool(deltas)):
            told = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [piece]}
            deltas += ChatCompletionChunk.model_validate(told).choices
    return deltas


def test_a_text_that_is_a_call_becomes_one():
    choice = whole(CALL, tools=True)
    (call,) = choice.message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("add", {"a": 1, "b": 2})
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)


@pytest.mark.parametrize(("text", "tools", "finish"), [(SAID, True, "stop"), (CALL, False, "stop"), (SAID, True, "length")])
def test_any_other_text_stays_one(text, tools, finish):
    choice = whole(text, tools, finish)
    assert (choice.finish_reason, choice.message.content, choice.message.tool_calls) == (finish, text, None)


def test_a_call_that_was_cut_off_is_told_as_cut_off():
    choice = whole(CALL, tools=True, finish="length")
    assert choice.finish_reason == "length"


def test_a_stream_holds_its_text_back_until_it_is_known_to_be_a_call():
    deltas = streamed(CALL, tools=True)
    assert not any(delta.delta.content for delta in deltas)
    (call,) = [call for delta in deltas for call in delta.delta.tool_calls or []]
    assert (call.index, call.function.name, json.loads(call.function.arguments)) == (0, "add", {"a": 1, "b": 2})
    assert [delta.finish_reason for delta in deltas if delta.finish_reason] == ["tool_calls"]


@pytest.mark.parametrize("tools", [True, False])
def test_a_stream_of_an_ordinary_answer_brings_its_text(tools):
    deltas = streamed(SAID, tools)
    assert "".join(delta.delta.content or "" for delta in deltas) == SAID
    assert [delta.finish_reason for delta in deltas if delta.finish_reason] == ["stop"]
