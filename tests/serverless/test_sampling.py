"""From logits to a token, from tokens to text that may be sent; calls in a text."""

from __future__ import annotations

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from phicookbook.serverless.api.completion import tool_calls_in
from phicookbook.serverless.serving.sampling import Options, Text, choose, logprobs_of

LOGITS = torch.tensor([2.0, 1.0, 0.5, -1.0])


def drawn(options: Options, times: int = 400) -> list[int]:
    generator = torch.Generator()
    generator.manual_seed(5)
    return [choose(LOGITS.clone(), options, [], generator) for _ in range(times)]


def test_draws_follow_the_shares():
    tokens = drawn(Options(), 4000)
    shares = [tokens.count(token) / len(tokens) for token in range(4)]
    assert shares == pytest.approx(LOGITS.softmax(-1).tolist(), abs=0.03)


def test_what_narrows_a_draw():
    assert set(drawn(Options(top_k=2))) == {0, 1}
    assert set(drawn(Options(top_p=0.5))) == {0}
    assert set(drawn(Options(top_p=0.7))) == {0, 1}
    assert set(drawn(Options(temperature=0.01))) == {0}
    assert set(drawn(Options(temperature=0, logit_bias={"3": 100, "99": 5}))) == {3}


def test_penalties_count_what_was_written():
    assert choose(LOGITS.clone(), Options(temperature=0, presence_penalty=1.2), [0, 0], None) == 1
    assert choose(LOGITS.clone(), Options(temperature=0, presence_penalty=0.9), [0, 0], None) == 0
    assert choose(LOGITS.clone(), Options(temperature=0, frequency_penalty=0.9), [0, 0], None) == 1


def test_log_probabilities_are_those_of_the_softmax():
    found = logprobs_of(LOGITS, 1, 2, lambda ids: "abcd"[ids[0]])
    assert found["token"] == "b" and found["bytes"] == [98]
    assert found["logprob"] == pytest.approx(float(LOGITS.log_softmax(-1)[1]))
    assert [one["token"] for one in found["top_logprobs"]] == ["a", "b"]


def sent(pieces: list[bytes], stop: list[str]) -> tuple[list[str], bool]:
    """What is sent of a text that comes in pieces of bytes, one token each."""
    text = Text(lambda ids: b"".join(pieces[i] for i in ids).decode("utf-8", errors="replace"), stop)
    out = []
    for token in range(len(pieces)):
        out.append(text.add(token))
        if text.stopped:
            return out, True
    return [*out, text.end()], False


def test_a_character_is_sent_whole():
    assert sent(["ä".encode()[:1], "ä".encode()[1:], b"b"], [])[0] == ["", "ä", "b", ""]


def test_a_stop_sequence_is_never_sent():
    assert sent([b"one ", b"ST", b"OP", b" two"], ["STOP"]) == (["one ", "", ""], True)
    assert sent([b"one ", b"ST", b"AY"], ["STOP"]) == (["one ", "", "STAY", ""], False)
    assert sent([b"one ", b"ST"], ["STOP"]) == (["one ", "", "ST"], False)


@given(
    st.lists(st.text("ab ä", min_size=1, max_size=3), max_size=12), st.lists(st.text("ab", min_size=1, max_size=3), max_size=2)
)
def test_what_is_sent_is_the_text_up_to_its_first_stop(words, stop):
    whole = "".join(words)
    found, stopped = sent([word.encode() for word in words], stop)
    places = [whole.find(text) for text in stop if text in whole]
    assert stopped is bool(places)
    assert "".join(found) == (whole[: min(places)] if places else whole)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('<|tool_call|>[{"name": "add", "arguments": {"a": 1}}]<|/tool_call|>', ["add"]),
        ('[{"name": "add", "parameters": {}}, {"name": "sub", "arguments": "{}"}]', ["add", "sub"]),
        ('functools[{"name": "add", "arguments": {}}]', ["add"]),
        ("The sum is 3.", []),
        ('[{"name": 3, "arguments": {}}]', []),
        ('[{"name": "add"}]', []),
        ('[{"name": "add", "arguments": {]', []),
        ("[1, 2]", []),
    ],
)
def test_calls_are_found_in_a_text(text, names):
    calls = tool_calls_in(text)
    assert [call["function"]["name"] for call in calls] == names
    assert all(isinstance(json.loads(call["function"]["arguments"]), dict) for call in calls)
