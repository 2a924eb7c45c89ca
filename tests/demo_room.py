"""A room of visitors at one demo, each a client of its own, all asking at the same time.

waits, failures = ask_together(address, visitors=30, names=["/base_answer"], rounds=2)
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from math import inf

NAMES = ("/base_answer", "/tuned_answer")  # of the playground


def client(address: str):
    """A visitor with a session of their own."""
    from gradio_client import Client

    return Client(address, verbose=False, analytics_enabled=False)


def ask_together(
    address: str, visitors: int, names=NAMES, rounds: float = inf, seconds: float = inf
) -> tuple[list[float], list[str]]:
    """(seconds of every answer, every failure as text): each visitor asks both models `rounds` times, or for so many seconds.

    All begin together; a visitor asks again as soon as both answers are there.
    """
    begin, ends = threading.Barrier(visitors), []

    def visit(number: int) -> tuple[list[float], list[str]]:
        waits, failures, own, asked = [], [], client(address), 0
        begin.wait()
        ends.append(time.monotonic() + seconds)
        while asked < rounds and time.monotonic() < ends[0]:
            asked += 1
            started = time.perf_counter()
            jobs = [own.submit(f"Contoso opens office {number} {asked}", api_name=name) for name in names]
            for job in jobs:
                try:
                    text, cost = job.result()
                    if not (text and cost.startswith("done: ")):
                        failures.append(f"visitor {number} got {text!r}, {cost!r}")
                except Exception as error:  # whatever fails is what is counted here
                    failures.append(f"visitor {number}: {error}")
                waits.append(time.perf_counter() - started)
        own.close()
        return waits, failures

    with ThreadPoolExecutor(visitors) as pool:
        found = list(pool.map(visit, range(visitors)))
    return [wait for waits, _ in found for wait in waits], [text for _, texts in found for text in texts]
