"""Whether the demos answer: every event of a demo is watched, and the desk is told why one does not.

watch = Watch(service); watch.over("playground", demo); watch.troubles()   # {} or {"playground": "..."}

A demo is in trouble when an event of it breaks, when whatever answers behind it is gone, or when a demo that was warmed keeps a
visitor waiting for PATIENCE seconds. A visitor's mistake, such as an empty headline, is none.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

from phicookbook.chat import NoAnswer
from phicookbook.demos.telling import GONE
from phicookbook.settings import CookbookError

PATIENCE = 2.5  # seconds without a word; the page asks more often than every second, and has to act within five
SERVICE_SECONDS = 2.0  # for the fine-tuning service to answer one short question
SILENT = "The model behind this demo has not said a word for {:.0f} seconds."
BROKE = "This demo broke; the terminal in which it runs shows what went wrong."
FINETUNING = "finetuning"


class Watch:
    """Watches the events of all demos; `ready` holds the names of those that were warmed, which have no reason to be slow."""

    def __init__(self, service=None, clock: Callable[[], float] = time.monotonic):
        self.service, self.clock = service, clock
        self.ready: set[str] = set()
        self._since: dict[object, tuple[str, float]] = {}
        self._gone: dict[str, str] = {}

    def over(self, name: str, demo) -> None:
        """Watch every event of a demo's Blocks from now on."""
        for event in demo.fns.values():
            if event.fn is not None:
                event.fn = self.watched(name, event.fn)

    def watched(self, name: str, work: Callable) -> Callable:
        """The handler `work` of a demo, watched while it computes, and not while the page takes what it gave."""

        @wraps(work)
        def plain(*values):
            with self._waiting(name):
                return work(*values)

        @wraps(work)
        def streaming(*values):
            steps, gone = work(*values), ""
            try:
                while True:
                    with self._waiting(name):
                        found = next(steps, steps)
                    if found is steps:
                        break
                    gone = _gone_in(found) or gone
                    if gone:
                        self._gone[name] = gone
                    yield found
            finally:
                steps.close()
            if not gone:  # it answers (again)
                self._gone.pop(name, None)

        return streaming if inspect.isgeneratorfunction(work) else plain

    def troubles(self) -> dict[str, str]:
        """A sentence for each demo that does not answer."""
        found = dict(self._gone)
        for name, since in list(self._since.values()):
            if name in self.ready and self.clock() - since >= PATIENCE:
                found.setdefault(name, SILENT.format(self.clock() - since))
        if self.service and (told := self.service.trouble(SERVICE_SECONDS)):
            found[FINETUNING] = told
        return found

    def clear(self) -> None:
        """Forget what happened."""
        self._gone.clear()
        self._since.clear()

    @contextmanager
    def _waiting(self, name: str) -> Iterator[None]:
        key = object()
        self._since[key] = (name, self.clock())
        try:
            yield
        except Exception as error:
            cause = error.__cause__ or error
            if isinstance(cause, NoAnswer):
                self._gone[name] = str(cause)
            elif not isinstance(cause, CookbookError):
                self._gone[name] = BROKE
            raise
        finally:
            self._since.pop(key, None)


def _gone_in(found) -> str:
    """The sentence of a line that `telling.mistake` marked, in what an event gives to the page; "" without one."""
    values = found if isinstance(found, (tuple, list)) else [found]
    marked = any(isinstance(value, str) and GONE in value for value in values)
    return "What answers behind this demo is gone." if marked else ""
