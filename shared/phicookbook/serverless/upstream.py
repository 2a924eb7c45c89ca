"""Chat handed on to another server with the same protocol, such as vLLM with a real Phi on a GPU.

    cookbook serve --upstream http://127.0.0.1:8001/v1 --model microsoft/Phi-4-mini-instruct

Files, jobs and models stay here. A model that was tuned here is announced to vLLM before its first request, which vLLM allows
when it was started with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from phicookbook.serverless import meter
from phicookbook.serverless.errors import ApiError, not_found
from phicookbook.serverless.forms import ChatForm
from phicookbook.settings import CookbookError

TIMEOUT_SECONDS = 600
LOADED = ("already", "has already been loaded")


class Upstream:
    """A server that answers chats; `address` ends with /v1."""

    def __init__(self, address: str, store, base: str, key: str = ""):
        import httpx2

        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CookbookError(f"--upstream is {address!r}: give an address such as http://127.0.0.1:8001/v1")
        self.address, self.store, self.base = address.rstrip("/"), store, base
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.client = httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, headers=headers)
        self.announced: set[str] = set()

    async def stop(self) -> None:
        """Close the connections."""
        await self.client.aclose()

    async def answer(self, request, form: ChatForm):
        """The upstream's answer as it is, errors too, counted by the meter."""
        import httpx2
        from fastapi.responses import JSONResponse, StreamingResponse

        await self._announce(form.model)
        body = json.loads(await request.body())
        if form.stream:
            body["stream_options"] = (body.get("stream_options") or {}) | {"include_usage": True}
        try:
            asked = self.client.build_request("POST", f"{self.address}/chat/completions", json=body)
            answer = await self.client.send(asked, stream=True)
            if form.stream and answer.status_code == 200:
                wanted = bool(form.stream_options and form.stream_options.include_usage)
                return StreamingResponse(self._pieces(answer, form.model, wanted), media_type="text/event-stream")
            content = json.loads(await answer.aread())
        except httpx2.HTTPError as error:
            told = f"{self.address} cannot be reached ({type(error).__name__}): does it run?"
            raise ApiError(503, told, code="upstream_unreachable") from error
        except ValueError as error:
            raise ApiError(503, f"{self.address} gave an answer that is no JSON.", code="upstream_invalid") from error
        if answer.status_code == 200:
            self._count(form.model, content.get("usage"))
        return JSONResponse(content, status_code=answer.status_code)

    async def _pieces(self, answer, model: str, wanted: bool):
        """Lines of the upstream's stream; the usage that we asked for is kept back unless the client asked too."""
        import httpx2

        try:
            async for line in answer.aiter_lines():
                if line.startswith("data: {"):
                    event = json.loads(line[6:])
                    if event.get("usage") and not event.get("choices"):
                        self._count(model, event["usage"])
                        if not wanted:
                            continue
                if line:
                    yield f"{line}\n\n"
        except (httpx2.HTTPError, ValueError):
            yield f"data: {json.dumps({'error': ApiError(503, 'The upstream broke off.', code='upstream_lost').body})}\n\n"
        finally:
            await answer.aclose()

    def _count(self, model: str, usage: dict | None) -> None:
        if usage:
            meter.count(self.store, model, usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0))

    async def _announce(self, model: str) -> None:
        """Have the upstream load a model that was tuned here."""
        import httpx2

        if model == self.base or model in self.announced:
            return
        found = self.store.served(model)
        if found is None:
            raise not_found("model", model, "model")
        address = f"{self.address}/load_lora_adapter"
        try:
            answer = await self.client.post(address, json={"lora_name": model, "lora_path": found.folder})
        except httpx2.HTTPError as error:
            raise ApiError(503, f"{self.address} cannot be reached: does it run?", code="upstream_unreachable") from error
        if answer.status_code != 200 and not any(word in answer.text for word in LOADED):
            told = f"{self.address} does not take {model} ({answer.status_code}): start vLLM with --enable-lora."
            raise ApiError(503, told, code="upstream_refused")
        self.announced.add(model)
