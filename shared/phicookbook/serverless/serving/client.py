"""The service's way to the process that answers: started when it is first needed, and again after it died.

engine = EngineClient("pocket")
async for event in engine.answer(messages, options, folder): ...
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import sys
from collections.abc import AsyncIterator

from phicookbook import settings
from phicookbook.serverless.errors import ApiError

MOST_WAITING = 1_000
LINE_BYTES = 64 * 1024 * 1024
log = logging.getLogger("phicookbook.serverless")


class EngineClient:
    """Requests to the answering process and the events that come back, all in one event loop."""

    def __init__(self, base: str):
        self.base = base
        self.process: asyncio.subprocess.Process | None = None
        self.reader: asyncio.Task | None = None
        self.asked: dict[str, asyncio.Queue] = {}
        self.numbers = itertools.count(1)
        self.starting = asyncio.Lock()

    async def answer(self, messages: list[dict], options: dict, folder: str = "") -> AsyncIterator[dict]:
        """Events of one request until it has finished; raises ApiError when it cannot be answered.

        Whoever stops listening ends the request.
        """
        if len(self.asked) >= MOST_WAITING:
            raise ApiError(429, f"{MOST_WAITING:,} requests are waiting: try again later.", code="rate_limit_exceeded")
        id, events = str(next(self.numbers)), asyncio.Queue()
        self.asked[id] = events
        finished = False
        try:
            await self._send({"op": "chat", "id": id, "messages": messages, "options": options, "folder": folder})
            while not finished:
                event = await events.get()
                if "error" in event:
                    finished = True
                    raise _error(event["error"])
                finished = "finish" in event
                yield event
        finally:
            self.asked.pop(id, None)
            if not finished and self.process and self.process.returncode is None:
                self._write({"op": "cancel", "id": id})

    async def unload(self, folder: str) -> None:
        """Let go of a model that was deleted."""
        if self.process and self.process.returncode is None:
            self._write({"op": "unload", "folder": folder})

    async def stop(self) -> None:
        """End the process."""
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        if self.reader:
            await self.reader

    async def start(self) -> None:
        """Have the process running, so that the first request does not wait for it."""
        async with self.starting:
            if self.process and self.process.returncode is None and self.reader and not self.reader.done():
                return
            words = [sys.executable, "-m", "phicookbook.serverless.serving.process", self.base]
            pipe = asyncio.subprocess.PIPE
            self.process = await asyncio.create_subprocess_exec(
                *words, stdin=pipe, stdout=pipe, limit=LINE_BYTES, env=settings.without_keys(), start_new_session=True
            )
            self.reader = asyncio.create_task(self._read(self.process))

    async def _send(self, order: dict) -> None:
        await self.start()
        self._write(order)

    def _write(self, order: dict) -> None:
        self.process.stdin.write(json.dumps(order).encode() + b"\n")

    async def _read(self, process) -> None:
        """Hand each event to the request that it belongs to; when the process dies, tell every request."""
        lost = "The process that answers has ended and is started anew: try again."
        while line := await process.stdout.readline():
            for event in json.loads(line):
                lost = event.get("fatal", lost)
                if events := self.asked.get(event["id"]):
                    events.put_nowait(event)
        await process.wait()
        for events in self.asked.values():
            events.put_nowait({"error": {"status": 503, "message": lost, "code": "engine_lost"}})


def _error(told: dict) -> ApiError:
    return ApiError(told["status"], told["message"], param=told.get("param"), code=told.get("code"))
