"""Thirty visitors on the playground for a minute, with the real pocket: none fails; writes docs/results/demos_room.md.

    python -m pytest tests/benchmarks/bench_demos.py -s

Each visitor is a client of Gradio with a session of its own, asks the base and the tuned model at the same time, and asks again
as soon as both have answered, without a pause: more than a room of readers would. Not part of `make test`: waits mean something
on a machine that does nothing else. No wait is asserted.
"""

from __future__ import annotations

import os
import platform
import time

from demo_room import NAMES, ask_together

from phicookbook import settings
from phicookbook.demos import safety, workshop
from phicookbook.models import open_model

VISITORS, SECONDS = 30, 60.0
OUT = settings.DOCS / "results" / "demos_room.md"


def at(waits: list[float], share: float) -> float:
    """The wait in seconds that this share of the answers does not exceed."""
    return sorted(waits)[min(len(waits) - 1, int(share * len(waits)))]


def report(waits: list[float], failures: list[str], seconds: float, threads: int) -> str:
    """The page of results."""
    p50, p95 = at(waits, 0.5), at(waits, 0.95)
    row = f"{VISITORS} | {len(waits):,} | {len(failures)} | {len(waits) / seconds:.1f} | {p50:.1f} / {p95:.1f}"
    return (
        f"# A room at the playground\n\nCommand: `python -m pytest tests/benchmarks/bench_demos.py -s`. {VISITORS} visitors for "
        f"{SECONDS:.0f} seconds and until their last answers ({seconds:.0f} s), each asking {len(NAMES)} models at once and "
        f"again as soon as both have answered; `pocket` on both sides, {threads} thread(s). Visitors and server shared a "
        f"process of a {os.cpu_count()}-core {platform.system()} {platform.machine()} that may have had other work: waits are "
        "rough.\n\n"
        f"| visitors | answers | failures | answers a second | wait p50 / p95, s |\n|---|---|---|---|---|\n| {row} |\n"
    )


def test_thirty_visitors_for_a_minute(monkeypatch):
    monkeypatch.setenv("PHI_THREADS", "1")
    pocket = open_model("pocket")
    running = safety.start(lambda: workshop.make_app("playground", playground={"base": pocket, "tuned": pocket}))
    try:
        ask_together(running.address, 1, rounds=1)  # the first answer warms the model
        started = time.perf_counter()
        waits, failures = ask_together(running.address, VISITORS, seconds=SECONDS)
        seconds = time.perf_counter() - started
    finally:
        running.close()
    page = report(waits, failures, seconds, settings.threads())
    print(f"\n{page}")
    assert failures == []
    settings.write_text(OUT, page)
