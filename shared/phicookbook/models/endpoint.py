"""A model behind an OpenAI-compatible endpoint: Foundry, Foundry Local, vLLM, Ollama, `cookbook serve`.

    model = open_endpoint("http://127.0.0.1:8000/v1#Phi-4-mini-instruct")
    model.chat("Hello").text

The address stands before the "#", the deployment's name after it; the key comes from PHI_API_KEY.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from textwrap import shorten
from urllib.parse import urlsplit

from phicookbook import settings
from phicookbook.chat import CLOSE, OPEN, Message, Model, NoAnswer, Reply, as_messages
from phicookbook.models import constrain
from phicookbook.settings import CookbookError

MAX_NEW_TOKENS = 192
AT_ONCE = 16
RETRIES = 4


def open_endpoint(name: str, timeout: float = 120.0, retries: int = RETRIES) -> EndpointModel:
    """The model that `name` ("https://host/v1#deployment") points at.

    `timeout` is seconds for one answer. A busy (429) or failing (5xx) server is asked again `retries` times,
    each time after a longer wait or the one that the server names. Nothing is sent before the first chat.
    Raises CookbookError for an address that is none.
    """
    from openai import OpenAI

    address, deployment = _address(name)
    client = OpenAI(base_url=address, api_key=settings.api_key() or "none", timeout=timeout, max_retries=retries)
    return EndpointModel(deployment, address, client)


def _address(name: str) -> tuple[str, str]:
    """(address, deployment) of a name; raises CookbookError when one of them is missing."""
    address, _, deployment = name.partition("#")
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or not deployment:
        raise CookbookError(
            f"{address!r} is no endpoint: write https://host/v1#deployment, with the deployment's name after the #"
        )
    if parts.username or parts.password or "key" in parts.query:
        raise CookbookError(f"leave keys out of the address of {parts.hostname}: set PHI_API_KEY instead")
    return address.rstrip("/"), deployment


class EndpointModel(Model):
    """A deployment that answers over HTTP; follows the protocol in `phicookbook.chat`."""

    def __init__(self, name: str, address: str, client):
        self.name = name
        self.address = address
        self.client = client

    def chat_many(
        self,
        conversations: Sequence,
        system: str = "",
        *,
        schema: dict | Sequence[dict] | None = None,
        progress: str = "",
        **generation,
    ) -> list[Reply]:
        """Answers in the order of the conversations, AT_ONCE requests at a time.

        Settings: `max_new_tokens`, `temperature`, `top_p`, `top_k` (which OpenAI's own service does not know), `seed`,
        and a JSON `schema`, one for all answers or one each. `progress` is the title of a progress bar, "" for none.
        `seconds` of a reply is the time of its request.
        Raises CookbookError with what to do when the endpoint cannot be reached, refuses or fails.
        """
        from tqdm.auto import tqdm

        prompts = [as_messages(conversation, system) for conversation in conversations]
        options = [_options(**generation, schema=one) for one in constrain.one_each(schema, len(prompts))]
        pool = ThreadPoolExecutor(AT_ONCE)
        asked = [pool.submit(self._ask, *both) for both in zip(prompts, options, strict=True)]
        try:
            for one in tqdm(as_completed(asked), desc=progress, total=len(asked), disable=not progress):
                one.result()  # a refusal is raised as soon as it comes, whichever request it answers
            return [one.result() for one in asked]
        finally:  # after a refusal or Ctrl-C nobody waits for answers that are still on their way
            pool.shutdown(wait=False, cancel_futures=True)

    def stream(self, conversation: str | Sequence[Message], system: str = "", **generation) -> Iterator[str]:
        """Pieces of the answer as they arrive; the settings are `chat_many`'s."""
        messages, options = as_messages(conversation, system), _options(**generation)
        with self._faults_told():
            for event in self.client.chat.completions.create(model=self.name, messages=messages, stream=True, **options):
                piece = event.choices[0].delta.content if event.choices else None
                if piece:
                    yield piece

    def _ask(self, messages: list[Message], options: dict) -> Reply:
        started = time.perf_counter()
        with self._faults_told():
            done = self.client.chat.completions.create(model=self.name, messages=messages, **options)
        seconds = time.perf_counter() - started
        choices = getattr(done, "choices", None)
        if not choices or choices[0].message is None:
            raise CookbookError(f"{self.address} answered without a choice: is it OpenAI-compatible?")
        choice, usage = choices[0], done.usage
        return Reply.from_text(
            _text(choice.message),
            tokens=usage.completion_tokens if usage else 0,
            prompt_tokens=usage.prompt_tokens if usage else 0,
            seconds=seconds,
            finished=choice.finish_reason == "stop",
        )

    @contextmanager
    def _faults_told(self):
        """Turn the client's errors into sentences."""
        import openai

        try:
            yield
        except openai.APITimeoutError as error:
            raise NoAnswer(f"{self.address} did not answer in {self.client.timeout:g} s: is it busy or still loading?") from error
        except openai.APIConnectionError as error:
            raise NoAnswer(f"{self.address} cannot be reached: check the address, and that the server runs") from error
        except openai.APIStatusError as error:
            kind = NoAnswer if error.status_code >= 500 else CookbookError
            raise kind(self._refusal(error)) from error
        except (openai.APIError, ValueError) as error:
            why = shorten(str(error), 120)
            raise CookbookError(f"{self.address} gave no answer that can be read ({why}): is it OpenAI-compatible?") from error

    def _refusal(self, error) -> str:
        """What an error status means and what to do about it."""
        status = error.status_code
        says = shorten(str(error.message).removeprefix(f"Error code: {status} - "), 200)
        if status in (401, 403):
            given = "the key in PHI_API_KEY" if settings.api_key() else "the request, which had no key: set PHI_API_KEY"
            return f"{self.address} refused {given} ({status})"
        if status == 404:
            return f"{self.address} has no deployment called {self.name!r} (404): look its name up, or the end of the address"
        tries = f"also after {self.client.max_retries} more tries"
        if status == 429:
            return f"{self.address} is asked too often (429), {tries}: wait, or ask less at once"
        if status >= 500:
            return f"{self.address} failed ({status}), {tries}: {says}"
        return f"{self.address} refused the request ({status}): {says}"


def _options(
    max_new_tokens: int = MAX_NEW_TOKENS,
    temperature: float = 0.0,
    top_p: float = 1.0,
    top_k: int = 0,
    seed: int | None = None,
    schema: dict | None = None,
) -> dict:
    """The request's own names for the generation settings; what is at its default is left out where servers differ."""
    options: dict = {"max_tokens": max_new_tokens, "temperature": temperature}
    if top_p < 1:
        options["top_p"] = top_p
    if temperature > 0:
        options["seed"] = settings.seed() if seed is None else seed
    if schema is not None:
        form = {"name": "answer", "schema": schema, "strict": True}
        options["response_format"] = {"type": "json_schema", "json_schema": form}
    if top_k:
        options["extra_body"] = {"top_k": top_k}
    return options


def _text(message) -> str:
    """The message's text, with its reasoning in front where a server tells the two apart."""
    text = message.content or ""
    reasoning = getattr(message, "reasoning_content", None)
    return f"{OPEN}\n{reasoning}\n{CLOSE}\n{text}" if reasoning and OPEN not in text else text
