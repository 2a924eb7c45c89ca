"""Chat handed on to another server with the same protocol, such as vLLM with a real Phi on a GPU.

    cookbook serve --upstream http://127.0.0.1:8001/v1 --model microsoft/Phi-4-mini-instruct

Files, jobs and models stay here. A model that was tuned here is announced to vLLM before its first request, which vLLM allows
when it was started with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True.
"""

from __future__ import annotations

import json
from contextlib import suppress
from textwrap import shorten
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool

from phicookbook.serverless import meter
from phicookbook.serverless.errors import ApiError, not_found
from phicookbook.serverless.forms import ChatForm
from phicookbook.settings import CookbookError

TIMEOUT_SECONDS = 600
LOADED = ("already", "has already been loaded")


class Upstream:
    """A server that answers chats; `address` ends with /v1. `announced` holds the folders that it has loaded, by name."""

    def __init__(self, address: str, store, base: str, key: str = ""):
        import httpx2

        if not _is_address(address):
            raise CookbookError(f"--upstream is {address!r}: give an address such as http://127.0.0.1:8001/v1")
        self.address, self.store, self.base = address.rstrip("/"), store, base
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.client = httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, headers=headers)
        self.announced: dict[str, str] = {}

    async def stop(self) -> None:
        """Close the connections."""
        await self.client.aclose()

    async def answer(self, request, form: ChatForm):
        """The upstream's answer as it is, its refusals too, counted by the meter; raises ApiError for what is no answer."""
        from fastapi.responses import StreamingResponse

        await self._announce(form.model)
        body = json.loads(await request.body())
        if form.stream:
            body["stream_options"] = (body.get("stream_options") or {}) | {"include_usage": True}
        answer = await self._post("chat/completions", body)
        if answer.status_code == 404 and self.announced.pop(form.model, ""):  # it was started anew and has forgotten
            await answer.aclose()
            await self._announce(form.model)
            answer = await self._post("chat/completions", body)
        if form.stream and answer.status_code == 200:
            wanted = bool(form.stream_options and form.stream_options.include_usage)
            return StreamingResponse(self._pieces(answer, form.model, wanted), media_type="text/event-stream")
        return await self._whole(answer, form.model)

    async def _post(self, path: str, body: dict):
        """The beginning of the answer to a request, the rest still to be read."""
        import httpx2

        try:
            asked = self.client.build_request("POST", f"{self.address}/{path}", json=body)
            return await self.client.send(asked, stream=True)
        except httpx2.HTTPError as error:
            raise self._away(error) from error

    async def _text(self, answer) -> str:
        """The rest of an answer."""
        import httpx2

        try:
            return (await answer.aread()).decode("utf-8", "replace")
        except httpx2.HTTPError as error:
            raise self._away(error) from error
        finally:
            await answer.aclose()

    async def _whole(self, answer, model: str):
        """An answer in one piece, or a refusal in OpenAI's shape."""
        from fastapi.responses import JSONResponse

        text = await self._text(answer)
        try:
            content = json.loads(text)
        except ValueError:
            content = None
        if answer.status_code == 200 and isinstance(content, dict):
            await self._count(model, content.get("usage"))
            return JSONResponse(content)
        told = content.get("error") if isinstance(content, dict) else None
        if not 400 <= answer.status_code < 500 or not isinstance(told, dict):
            said = f"{self.address} answered {answer.status_code}: {shorten(text, 300) or 'nothing'}"
            raise ApiError(502, said, code="upstream_failed")
        return JSONResponse({"error": {"message": "", "type": "", "param": None, "code": None} | told}, answer.status_code)

    async def _pieces(self, answer, model: str, wanted: bool):
        """Lines of the upstream's stream; the usage that we asked for is kept back unless the client asked too.

        A stream that ends without the protocol's last line was cut off, and the client is told so."""
        import httpx2

        ended = False
        try:
            async for line in answer.aiter_lines():
                if line.startswith("data: {"):
                    event = json.loads(line[6:])
                    if event.get("usage") and not event.get("choices"):
                        await self._count(model, event["usage"])
                        if not wanted:
                            continue
                ended = ended or line.strip() == "data: [DONE]"
                if line:
                    yield f"{line}\n\n"
        except (httpx2.HTTPError, ValueError):
            ended = False
        finally:
            await answer.aclose()
        if not ended:
            yield f"data: {json.dumps({'error': ApiError(502, 'The upstream broke off.', code='upstream_lost').body})}\n\n"

    async def _count(self, model: str, usage: dict | None) -> None:
        if usage:
            counts = usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)
            await run_in_threadpool(meter.count, self.store, model, *counts)

    async def _announce(self, model: str) -> None:
        """Have the upstream load a model that was tuned here, anew when another folder stands behind its name."""
        if model == self.base:
            return
        found = await run_in_threadpool(self.store.served, model)
        if found is None:
            await self.forget(model)  # a job's oldest checkpoint goes without being deleted by a client
            raise not_found("model", model, "model")
        if self.announced.get(model) == found.folder:
            return
        await self.forget(model)
        answer = await self._post("load_lora_adapter", {"lora_name": model, "lora_path": found.folder})
        text = await self._text(answer)
        if answer.status_code != 200 and not any(word in text for word in LOADED):
            told = f"{self.address} does not take {model} ({answer.status_code}): start vLLM with --enable-lora."
            raise ApiError(503, told, code="upstream_refused")
        self.announced[model] = found.folder

    async def forget(self, model: str) -> None:
        """Have the upstream let go of a model that was deleted; one that is away has nothing to let go of."""
        if self.announced.pop(model, ""):
            with suppress(ApiError):
                await self._text(await self._post("unload_lora_adapter", {"lora_name": model}))

    def _away(self, error: Exception) -> ApiError:
        told = f"{self.address} cannot be reached ({type(error).__name__}): does it run?"
        return ApiError(503, told, code="upstream_unreachable")


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        return False
