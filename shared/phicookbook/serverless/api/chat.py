"""Chat completions: whole or streamed, under a JSON schema, with a function to call.

add(router)
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from phicookbook.serverless import meter
from phicookbook.serverless.api import shapes
from phicookbook.serverless.api.completion import Answer, chunk, head
from phicookbook.serverless.errors import ApiError, from_exception, not_found
from phicookbook.serverless.forms import ChatForm, NamedTool, SchemaForm

STREAM = {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}
ANY_OBJECT = {"type": "object"}


def add(router: APIRouter) -> None:
    """Add the route of chat completions."""
    router.add_api_route("/chat/completions", create, methods=["POST"], response_model=shapes.Completion, responses=STREAM)


async def create(request: Request, form: ChatForm):
    """Answer a conversation, in one piece or, with `stream`, piece by piece."""
    service = request.app.state.service
    if service.upstream:
        return await service.upstream.answer(request, form)
    folder = ""
    if form.model != service.config.base:
        found = await run_in_threadpool(service.store.served, form.model)
        if found is None:
            raise not_found("model", form.model, "model")
        folder = found.folder
    options = options_of(form) | {"whole": not form.stream}
    messages = [_message(message) for message in form.messages]
    seeds = [{} if form.seed is None else {"seed": (form.seed + i) % 2**63} for i in range(form.n or 1)]
    sources = [service.engine.answer(messages, options | seed, folder) for seed in seeds]
    if not form.stream:
        return await _whole(service, form, sources)
    merged = _merged(sources)
    first = await anext(merged)  # an error that comes before the first piece is an ordinary error response
    return StreamingResponse(_streamed(service, form, first, merged), media_type="text/event-stream")


def options_of(form: ChatForm) -> dict:
    """The engine's options of a request; raises ApiError for fields that contradict each other."""
    names = ("temperature", "top_p", "top_k", "presence_penalty", "frequency_penalty", "logit_bias")
    options = {name: value for name in names if (value := getattr(form, name)) is not None}
    options["max_tokens"] = form.max_completion_tokens or form.max_tokens
    options["stop"] = [form.stop] if isinstance(form.stop, str) else form.stop or []
    if form.logprobs:
        options["logprobs"] = form.top_logprobs or 0
    elif form.top_logprobs:
        raise ApiError(400, "top_logprobs wants logprobs to be true.", param="top_logprobs", code="invalid_value")
    if form.stream_options and not form.stream:
        raise ApiError(400, "stream_options wants stream to be true.", param="stream_options", code="invalid_value")
    if form.response_format:
        held = form.response_format
        options["schema"] = held.json_schema.schema_ if isinstance(held, SchemaForm) else ANY_OBJECT
        if held.type == "text":
            del options["schema"]
    return options | _tools(form)


def forced_function(form: ChatForm) -> str:
    """The function that the answer must call: the named one, or the only one when one is required; "" for none."""
    if isinstance(form.tool_choice, NamedTool):
        return form.tool_choice.function.name
    return form.tools[0].function.name if form.tool_choice == "required" and len(form.tools or []) == 1 else ""


def _tools(form: ChatForm) -> dict:
    """The options that tools bring: a forced function holds the answer to the schema of its parameters."""
    if not form.tools:
        if form.tool_choice not in (None, "none"):
            raise ApiError(400, "tool_choice wants tools to choose from.", param="tool_choice", code="invalid_value")
        return {}
    if form.tool_choice == "none":
        return {}
    tools = [tool.model_dump(exclude_none=True) for tool in form.tools]
    name = forced_function(form)
    if not name:
        if form.tool_choice == "required":
            told = "Several tools cannot be required at once here: name one of them in tool_choice."
            raise ApiError(400, told, param="tool_choice", code="unsupported_parameter")
        return {"tools": tools}
    chosen = [tool.function for tool in form.tools if tool.function.name == name]
    if not chosen:
        raise ApiError(400, f"No tool is called {name!r}: name one of those given.", param="tool_choice", code="invalid_value")
    return {"tools": tools, "forced": True, "schema": chosen[0].parameters or {"type": "object", "additionalProperties": False}}


def _message(message) -> dict:
    """A message as chat templates read it."""
    calls = [call.model_dump() for call in message.tool_calls or []]
    role = "system" if message.role == "developer" else message.role
    answered = {name: value for name in ("name", "tool_call_id") if (value := getattr(message, name)) is not None}
    return {"role": role, "content": message.text} | answered | ({"tool_calls": calls} if calls else {})


async def _whole(service, form: ChatForm, sources: list) -> dict:
    """The completion in one piece."""
    answers = [Answer(place) for place in range(len(sources))]

    async def gather(answer: Answer, source) -> None:
        async with aclosing(source):
            async for event in source:
                answer.add(event)

    try:
        async with asyncio.TaskGroup() as tasks:  # when one fails, the others are ended
            for answer, source in zip(answers, sources, strict=True):
                tasks.create_task(gather(answer, source))
    except* ApiError as group:
        raise group.exceptions[0] from None
    usage = await _count(service, form, answers)
    choices = [answer.choice(forced_function(form), bool(form.tools)) for answer in answers]
    return head(form, "chat.completion") | {"choices": choices, "usage": usage}


async def _count(service, form: ChatForm, answers: list[Answer]) -> dict:
    read, written = answers[0].prompt_tokens, sum(answer.completion_tokens for answer in answers)
    await run_in_threadpool(meter.count, service.store, form.model, read, written)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


async def _merged(sources: list) -> AsyncIterator[tuple[int, dict]]:
    """(place, event) of several answers as they come."""
    if len(sources) == 1:
        async with aclosing(sources[0]):
            async for event in sources[0]:
                yield 0, event
        return
    events: asyncio.Queue = asyncio.Queue()

    async def pump(place: int, source) -> None:
        try:
            async with aclosing(source):
                async for event in source:
                    events.put_nowait((place, event))
        except Exception as error:
            events.put_nowait((place, error))

    tasks = [asyncio.create_task(pump(place, source)) for place, source in enumerate(sources)]
    open_ones = len(sources)
    try:
        while open_ones:
            place, event = await events.get()
            if isinstance(event, Exception):
                raise event
            open_ones -= "finish" in event
            yield place, event
    finally:
        for task in tasks:
            task.cancel()


async def _streamed(service, form: ChatForm, first: tuple[int, dict], merged) -> AsyncIterator[str]:
    """Server-sent events of a completion; an error in the middle is sent as an event, since the status has gone out."""
    answers = [Answer(place) for place in range(form.n or 1)]
    top, name, sent = head(form, "chat.completion.chunk"), forced_function(form), set()

    async def events():
        yield first
        async for event in merged:
            yield event

    try:
        async with aclosing(merged):
            async for place, event in events():
                answers[place].add(event)
                for piece in chunk(answers[place], event, name, bool(form.tools), begun=place in sent):
                    yield _line(top | {"choices": [piece]})
                sent.add(place)
        usage = await _count(service, form, answers)
        if form.stream_options and form.stream_options.include_usage:
            yield _line(top | {"choices": [], "usage": usage})
    except Exception as error:
        yield _line({"error": from_exception(error).body})
        return
    yield "data: [DONE]\n\n"


def _line(content: dict) -> str:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"
