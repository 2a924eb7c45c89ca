"""The process that answers: it reads requests as JSON lines, runs the batches, and writes what there is to tell.

    python -m phicookbook.serverless.serving.process pocket

In:  {"op": "chat", "id": ..., "messages": [...], "options": {...}, "folder": ""}   {"op": "cancel", "id": ...}
     {"op": "unload", "folder": ...}
Out: a list of events a line, [{"id": ..., "text": ...}, {"id": ..., "finish": "stop", ...}, {"id": ..., "error": {...}}]

It ends when its input does, so it never outlives the service.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from typing import IO

from phicookbook.serverless.errors import ApiError, from_exception
from phicookbook.serverless.serving.adapters import is_adapter
from phicookbook.serverless.serving.batch import Batch
from phicookbook.serverless.serving.sampling import Options
from phicookbook.settings import CookbookError

SMALL = 50_000_000  # parameters below which a step is shorter than the wait of two threads for each other


class Engine:
    """A batch for the base with its adapters, and one for each whole model of its own."""

    def __init__(self, base: str):
        import torch

        from phicookbook.models import open_model

        opened = open_model(base)
        if not hasattr(opened, "tokenizer"):
            raise ApiError(400, f"{base} answers elsewhere: start the service with --upstream")
        if opened.model.num_parameters() < SMALL:
            torch.set_num_threads(1)
        self.batches = {"": Batch(opened)}
        self.ids: dict[str, Batch] = {}
        self.gone: set[str] = set()  # folders of deleted models that a request may still be using

    def take(self, order: dict) -> list[dict]:
        """Do as an order says; an error is told as an event of its request."""
        folder, id = order.get("folder", ""), order.get("id", "")
        try:
            if order["op"] == "chat":
                batch = self._batch(folder)
                batch.add(id, order["messages"], Options(**order["options"]), folder if is_adapter(folder) else "")
                self.ids[id] = batch
            elif order["op"] == "cancel" and id in self.ids:
                self.ids.pop(id).drop(id)
            elif order["op"] == "unload":
                self.gone.add(folder)
                self._let_go()
        except Exception as error:
            told = from_exception(error)
            return [{"id": id, "error": {"status": told.status, **told.body}}]
        return []

    def _batch(self, folder: str) -> Batch:
        self.gone.discard(folder)
        if not folder or is_adapter(folder):
            return self.batches[""]
        if folder not in self.batches:
            from phicookbook.models.local import open_folder

            self.batches[folder] = Batch(open_folder(folder, os.path.basename(folder)))
        return self.batches[folder]

    def _let_go(self) -> None:
        """Free the memory of deleted models, each as soon as no request uses it."""
        for folder in list(self.gone):
            whole = self.batches.get(folder)
            if self.batches[""].unload(folder) and not (whole and whole.busy):
                self.batches.pop(folder, None)
                self.gone.remove(folder)

    @property
    def busy(self) -> bool:
        """Whether a request is still being answered."""
        return any(batch.busy for batch in self.batches.values())

    def step(self) -> list[dict]:
        """A step of every batch; a batch that fails ends its requests and starts anew."""
        told = []
        for batch in self.batches.values():
            try:
                told += batch.step() if batch.busy else []
            except Exception as error:
                body = from_exception(error)
                told += [{"id": r.id, "error": {"status": body.status, **body.body}} for r in [*batch.rows, *batch.waiting]]
                batch.forget()
        for event in told:
            if "finish" in event or "error" in event:
                self.ids.pop(event["id"], None)
        self._let_go()
        return told


def run(base: str, orders: IO[str], out: IO[str]) -> None:
    """Answer until the orders end."""

    def tell(events: list[dict]) -> None:
        if events:
            out.write(json.dumps(events) + "\n")
            out.flush()

    waiting: queue.SimpleQueue = queue.SimpleQueue()

    def read() -> None:
        for line in orders:
            waiting.put(json.loads(line))
        os._exit(0)  # the service is gone, and nobody reads what a step would still write

    try:
        engine = Engine(base)
    except (ApiError, CookbookError) as error:
        tell([{"id": "", "fatal": str(error)}])
        return
    threading.Thread(target=read, daemon=True).start()
    while True:
        while not engine.busy or not waiting.empty():
            tell(engine.take(waiting.get()))
        tell(engine.step())


def main(base: str) -> int:
    """Serve on standard input and output; whatever a library prints goes to the error stream."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        run(base, sys.stdin, out)
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
