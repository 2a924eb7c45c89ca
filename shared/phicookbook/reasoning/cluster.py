"""Evaluation spread over a Ray cluster: each worker opens the model once and answers batches; one process writes the records.

evaluate(model, items, out, answer=over_ray("pocket", protocol, workers=4))

The batches are the same as on one machine and so are their seeds, so the records are the same in the end.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from phicookbook.settings import CookbookError


def over_ray(name: str, protocol, workers: int = 2, address: str = "") -> Callable[[list], Iterator[tuple[int, list]]]:
    """A function for `evaluate` that answers batches on `workers` Ray actors; `address` joins a cluster, "" starts one here.

    A batch whose worker died is asked again up to three times by Ray itself. Raises CookbookError when Ray cannot be reached.
    """

    def answer(batches: list) -> Iterator[tuple[int, list]]:
        if not batches:
            return
        os.environ.setdefault("RAY_worker_niceness", "0")  # Ray's own 15 leaves its workers almost nothing on a busy machine
        import ray

        try:
            ray.init(
                address=address or None, num_cpus=None if address else workers, include_dashboard=None if address else False,
                log_to_driver=False, logging_level="ERROR", ignore_reinit_error=True,
            )  # fmt: skip
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise CookbookError(f"no Ray cluster at {address or 'this machine'}: {error}") from error
        actor = ray.remote(num_cpus=1, max_restarts=3, max_task_retries=3)(_Worker)
        try:
            team = [actor.remote(name) for _ in range(min(workers, len(batches)))]
            waiting = list(enumerate(batches))
            running = {}
            while waiting or running:
                free = [worker for worker in team if worker not in running.values()]
                while waiting and free:
                    number, batch = waiting.pop(0)
                    worker = free.pop()
                    running[worker.ask.remote(number, batch, protocol)] = worker
                done, _ = ray.wait(list(running))
                for one in done:
                    del running[one]
                    yield ray.get(one)
        finally:
            ray.shutdown()

    return answer


class _Worker:
    """One process of the cluster with the model open."""

    def __init__(self, name: str):
        from phicookbook.models import open_model

        self.model = open_model(name)

    def ask(self, number: int, batch: list, protocol) -> tuple[int, list]:
        """The batch's number and its replies."""
        from phicookbook.reasoning.evaluate import ask

        return number, ask(self.model, batch, protocol)
