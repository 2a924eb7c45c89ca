"""How the service bears many clients: streams at once against the same requests one at a time, in one run.

    python -m phicookbook.serverless.speed --out docs/results/serving.md

Seconds differ from machine to machine; what the report is about is their ratio. The first token is awaited by a client that
does nothing else, so its time holds everything that comes between.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import platform
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from phicookbook import settings
from phicookbook.corpora import headline_data, headlines
from phicookbook.serverless.server import running

CLIENTS = (1, 10, 50)
REQUESTS = 100
TOKENS = 48


@dataclass(frozen=True)
class Speed:
    """What a number of clients met: requests, seconds in all, tokens, failed requests, seconds to each first token (sorted)."""

    clients: int
    asked: int
    seconds: float
    tokens: int
    failed: int
    first: list[float]

    @property
    def rate(self) -> float:
        """Tokens a second, all clients together."""
        return self.tokens / self.seconds

    def first_at(self, share: float) -> float:
        """The seconds to the first token that this share of the answers does not exceed."""
        return self.first[math.ceil(share * len(self.first)) - 1]


async def measure(url: str, clients: int, requests: int = REQUESTS) -> Speed:
    """Ask a service `requests` questions with `clients` streams at a time."""
    from openai import AsyncOpenAI

    texts = [headlines.prompt(h.text) for h in headline_data.draw("validation", requests)]
    gate, first, tokens, failed = asyncio.Semaphore(clients), [], [], []
    client = AsyncOpenAI(base_url=url, api_key=settings.api_key() or "none", timeout=600, max_retries=0)

    async def ask(text: str) -> None:
        form = {"model": settings.model(), "messages": [{"role": "user", "content": text}], "temperature": 0}
        async with gate:
            started, seen = time.perf_counter(), False
            try:
                options = {"stream": True, "max_tokens": TOKENS, "stream_options": {"include_usage": True}}
                async for chunk in await client.chat.completions.create(**form, **options):
                    if not seen and chunk.choices and chunk.choices[0].delta.content:
                        first.append(time.perf_counter() - started)
                        seen = True
                    tokens.append(chunk.usage.completion_tokens if chunk.usage else 0)
            except Exception as error:  # counted and told: a failed request is a result here
                failed.append(error)

    started = time.perf_counter()
    await asyncio.gather(*(ask(text) for text in texts))
    seconds = time.perf_counter() - started
    await client.close()
    return Speed(clients, requests, seconds, sum(tokens), len(failed), sorted(first) or [float("nan")])


def measure_all(clients=CLIENTS, requests: int = REQUESTS) -> list[Speed]:
    """A service of its own, asked by each number of clients in turn, the same questions each time."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as url:
        asyncio.run(measure(url, 1, 3))  # the model is loaded first
        return [asyncio.run(measure(url, count, requests)) for count in clients]


def report(found: list[Speed]) -> str:
    """The result as Markdown."""
    alone = found[0]
    head = [
        "clients at once", "n", "failed", "tokens/s", "throughput against one", "first token p50, ms", "p95, ms", "against one",
    ]  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for one in found:
        rate, late = f"{one.rate:.0f} | {one.rate / alone.rate:.1f} times", one.first_at(0.95) / alone.first_at(0.95)
        times = f"{one.first_at(0.5) * 1e3:.0f} | {one.first_at(0.95) * 1e3:.0f} | {late:.1f} times"
        lines.append(f"| {one.clients} | {one.asked} | {one.failed} | {rate} | {times} |")
    return (
        "# Serving by clients\n\n"
        "Command: `python -m phicookbook.serverless.speed --out docs/results/serving.md`. n streamed answers of at most "
        f"{TOKENS} tokens, temperature 0, to headlines of the validation side (seed {headline_data.SEED}), the same in each row. "
        f"Model `{settings.model()}`; clients and service on one {platform.system()} {platform.machine()} of {os.cpu_count()} "
        f"cores, {settings.threads()} thread(s). A client waits for its first token from when it asks; p50 and p95 are "
        "of all n answers. Ratios are of one run; milliseconds and tokens a second are of a machine that may have had other "
        "work.\n\n" + "\n".join(lines) + "\n"
    )


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write to --out."""
    parser = argparse.ArgumentParser(description="Measure how the service bears many clients.")
    parser.add_argument("--out", default="", help="also write the result to this Markdown file")
    options = parser.parse_args(arguments)
    text = report(measure_all())
    print(text)
    if options.out:
        settings.write_text(Path(options.out), text)


if __name__ == "__main__":
    main()
