"""One answer on its way to the protocol's shape: a choice in one piece, or deltas of a stream.

tool_calls_in('<|tool_call|>[{"name": "add", "arguments": {"a": 1}}]<|/tool_call|>')
"""

from __future__ import annotations

import json
import re

from phicookbook.serverless.forms import ChatForm
from phicookbook.serverless.store import new_id, now

# How Phi-4-mini writes calls (its model card), with and without the special tokens that a tokenizer may leave out.
CALLS = re.compile(r"^\s*(?:<\|tool_call\|>|functools)?\s*(\[\s*\{.*\}\s*\])\s*(?:<\|/tool_call\|>)?\s*$", re.DOTALL)


class Answer:
    """What has come of one choice."""

    def __init__(self, place: int):
        self.place = place
        self.text, self.finish = "", ""
        self.logprobs: list[dict] = []
        self.prompt_tokens = self.completion_tokens = 0

    def add(self, event: dict) -> None:
        """Take one event of the engine in."""
        self.text += event.get("text", "")
        self.logprobs += event.get("logprobs", [])
        self.finish = event.get("finish", "")
        self.prompt_tokens = event.get("prompt_tokens", 0)
        self.completion_tokens = event.get("completion_tokens", 0)

    def choice(self, forced: str, tools: bool) -> dict:
        """The choice in one piece; text that is a call becomes one."""
        calls = _forced_call(forced, self.text) if forced else tool_calls_in(self.text) if tools else []
        message: dict = {"role": "assistant", "content": None if calls else self.text, "refusal": None}
        if calls:
            message["tool_calls"] = calls
        return {
            "index": self.place,
            "message": message,
            "logprobs": {"content": self.logprobs, "refusal": None} if self.logprobs else None,
            "finish_reason": "tool_calls" if calls and not forced and self.finish == "stop" else self.finish,
        }


def _forced_call(name: str, arguments: str) -> list[dict]:
    return [{"id": new_id("call"), "type": "function", "function": {"name": name, "arguments": arguments}}]


def tool_calls_in(text: str) -> list[dict]:
    """The calls that a model's text is, [] when it is an ordinary answer."""
    found = CALLS.match(text)
    try:
        values = json.loads(found[1]) if found else []
    except ValueError:
        return []
    calls = []
    for value in values:
        arguments = value.get("arguments", value.get("parameters")) if isinstance(value, dict) else None
        if arguments is None or not isinstance(value.get("name"), str):
            return []
        calls += _forced_call(value["name"], arguments if isinstance(arguments, str) else json.dumps(arguments))
    return calls


def head(form: ChatForm, kind: str) -> dict:
    """What every answer and every chunk begins with."""
    return {"id": new_id("chatcmpl"), "object": kind, "created": now(), "model": form.model, "system_fingerprint": None}


def chunk(answer: Answer, event: dict, forced: str, tools: bool, begun: bool) -> list[dict]:
    """The deltas that an event brings. With tools the text is held back to its end: only then is it known to be a call."""
    pieces = [] if begun else [_delta(answer, {"role": "assistant", "content": None if forced else "", "refusal": None})]
    if not begun and forced:
        pieces[0]["delta"]["tool_calls"] = [{"index": 0, **_forced_call(forced, "")[0]}]
    text, ended = event.get("text", ""), "finish" in event
    if forced:
        delta = {"tool_calls": [{"index": 0, "function": {"arguments": text}}]} if text else {}
    elif tools:
        calls = [{"index": i, **call} for i, call in enumerate(tool_calls_in(answer.text))] if ended else []
        delta = {"tool_calls": calls} if calls else {"content": answer.text} if ended and answer.text else {}
        answer.finish = "tool_calls" if calls and answer.finish == "stop" else answer.finish
    else:
        delta = {"content": text} if text else {}
    if delta or event.get("logprobs"):
        pieces.append(_delta(answer, delta, event.get("logprobs")))
    return pieces + ([_delta(answer, {}) | {"finish_reason": answer.finish}] if ended else [])


def _delta(answer: Answer, delta: dict, logprobs: list[dict] | None = None) -> dict:
    held = {"content": logprobs, "refusal": None} if logprobs else None
    return {"index": answer.place, "delta": delta, "logprobs": held, "finish_reason": None}
