"""The wizard's way to a fine-tuning service: one that runs already, or a `cookbook serve` of its own, started when it is needed.

    service = Service()
    client = service.connect()   # the official openai client

Whatever the service or the network does comes back as a sentence; nothing waits longer than PATIENCE seconds.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from phicookbook import settings
from phicookbook.chat import NoAnswer
from phicookbook.settings import CookbookError

PATIENCE = 30.0  # seconds for one request; a chat that has to open a model takes a few
GONE = (
    "The service does not answer: it has stopped, or it is too busy. Connect again, with the button on this page or on the first "
    "one. What it had saved is still there, and a job that was running goes on when the service is back."
)
NOT_YET = "Connect to the service first: it is the button on the first page."


class Gone(NoAnswer):
    """The service does not answer."""


@contextmanager
def asking() -> Iterator[None]:
    """Turns what the client raises into sentences: the service's own, or Gone when there is nobody to say one."""
    import openai

    try:
        yield
    except openai.APIStatusError as error:
        raise CookbookError(_words_of(error)) from error
    except openai.APIConnectionError as error:  # timeouts too
        raise Gone(GONE) from error


def _words_of(error) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    return str(body.get("message") or f"The service refused with status {error.status_code}.")


class Service:
    """A service at `url`, or without one a `cookbook serve` in a process and a folder of its own, gone when this process ends."""

    def __init__(self, url: str = "", key: str = "", folder: Path | None = None):
        self.url, self._key = url, key or (settings.api_key() if url else secrets.token_hex(16))
        self.own = not url
        self._folder, self._kept = folder, None  # a temporary folder lives as long as what keeps it
        self._background, self._client = None, None
        self._lock = threading.Lock()

    def connect(self):
        """The client, after starting a service of our own that does not run (any more). Raises CookbookError with why not."""
        with self._lock:
            if self.own and not self._runs():
                self._begin()
            if self._client is None:
                self._client = self._open(self.url)
        with asking():
            self._client.models.list()
        return self._client

    def client(self):
        """The client of a service that was connected to. Raises CookbookError before that, and Gone when our own has died."""
        if self._client is None:
            raise CookbookError(NOT_YET)
        if self.own and not self._runs():
            raise Gone(GONE)
        return self._client

    def trouble(self, seconds: float) -> str:
        """Why a service that was connected to gives no answer within so many seconds; "" when it does, or nobody connected."""
        if self._client is None:
            return ""
        try:
            client = self.client()
            with asking():
                client.with_options(timeout=seconds).models.list()
        except CookbookError as error:
            return str(error)
        return ""

    def forget(self, job_id: str) -> None:
        """Remove the rows and the log that our own service keeps of a job that has ended; elsewhere the protocol has no way."""
        folder = self._folder
        if self.own and folder and job_id.startswith("ftjob-") and job_id.replace("-", "").isalnum():
            shutil.rmtree(folder / "jobs" / job_id, ignore_errors=True)

    def stop(self) -> None:
        """End our own service."""
        with self._lock:
            if self._background:
                self._background.stop()

    def _runs(self) -> bool:
        return self._background is not None and self._background.process.poll() is None

    def _begin(self) -> None:
        from phicookbook import serverless
        from phicookbook.demos.wizard_rows import MOST_BYTES

        if self._folder is None:
            self._kept = tempfile.TemporaryDirectory(prefix="cookbook-wizard-", ignore_cleanup_errors=True)
            self._folder = Path(self._kept.name)
        if self._background:  # it died: let go of its pipe
            with suppress(OSError):
                self._background.stop()
        megabytes = str(-(-MOST_BYTES // (1024 * 1024)))
        self._background = serverless.start(self._folder, "--most-megabytes", megabytes, key=self._key)
        self._client = self._open(self._background.url)

    def _open(self, url: str):
        from openai import OpenAI

        return OpenAI(base_url=url, api_key=self._key or "none", max_retries=0, timeout=PATIENCE)
