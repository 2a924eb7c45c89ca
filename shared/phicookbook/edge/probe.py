"""An export measured in a process of its own: speed, memory and answers, without torch and, if wanted, without a network.

found = probe(folder, prompts, most=24)            # Probe(answers=..., per_cpu_second=..., ...)
found = probe(folder, prompts, most=24, offline=True)
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from phicookbook import settings
from phicookbook.settings import CookbookError

NAMESPACE = ("unshare", "--map-root-user", "--net")
REACHES_OUT = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo")


@dataclass(frozen=True)
class Probe:
    """What a run on one thread gave: token ids of each answer, tokens a CPU second while answering, CPU seconds up to the
    first token, bytes of memory that the model added at the peak, which network interfaces the process saw, and whether one
    of them leads out of the machine (None when the run was not offline; False where Python's connections are refused)."""

    answers: list[list[int]]
    per_cpu_second: float
    first_token: float
    memory: int
    network: list[str]
    reached: bool | None


def probe(folder: Path, prompts: Sequence[list[int]], most: int, offline: bool = False) -> Probe:
    """Greedy answers of at most `most` tokens to prompts of token ids, measured in a new process.

    With `offline` the process has no network: it is in a namespace of its own where Linux allows that, and elsewhere every
    connection of Python is refused. Raises CookbookError with the process's last line when it fails.
    """
    command, environment = [sys.executable, "-m", __name__], dict(os.environ)
    paths = [str(settings.PACKAGE.parent), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    alone = offline and has_namespaces()
    if alone:
        command = [*NAMESPACE, *command]
    task = {"folder": str(folder), "prompts": list(prompts), "most": most, "offline": offline, "refuse": offline and not alone}
    told = json.dumps(task)
    done = subprocess.run(command, input=told, capture_output=True, text=True, env=environment)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise CookbookError(f"{folder} could not be measured: {last}")
    return Probe(**json.loads(done.stdout.strip().splitlines()[-1]))


def has_namespaces() -> bool:
    """Whether this machine lets a process leave the network behind."""
    if sys.platform != "linux" or not shutil.which(NAMESPACE[0]):
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode == 0


def main() -> int:
    """Read a task from standard input, answer, print one line of JSON."""
    import socket

    task = json.loads(sys.stdin.read())
    if task["refuse"]:
        sys.addaudithook(_refuse)

    import onnxruntime_genai as og
    import psutil

    og.disable_telemetry_events()
    before = psutil.Process().memory_info().rss
    config = og.Config(task["folder"])
    config.overlay(json.dumps({"model": {"decoder": {"session_options": {"intra_op_num_threads": 1}}}}))
    model = og.Model(config)
    _answer(og, model, task["prompts"][0], 2)  # warm
    answers, first, busy, count = [], [], 0.0, 0
    for prompt in task["prompts"]:
        tokens, until_first, after = _answer(og, model, prompt, task["most"])
        answers.append(tokens)
        first.append(until_first)
        busy, count = busy + after, count + max(len(tokens) - 1, 0)
    memory = max(peak_memory(), psutil.Process().memory_info().rss) - before
    seen = [name for _, name in socket.if_nameindex()] if hasattr(socket, "if_nameindex") else []
    speed = count / busy if busy else 0.0
    reached = (not task["refuse"] and set(seen) != {"lo"}) if task["offline"] else None
    print(json.dumps({"answers": answers, "per_cpu_second": speed, "first_token": sorted(first)[len(first) // 2],
                      "memory": memory, "network": seen, "reached": reached}))  # fmt: skip
    return 0


def peak_memory() -> int:
    """Bytes of memory that this process ever held at once; Linux's getrusage would count the process that started it too."""
    import psutil

    if sys.platform == "linux":
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


def _refuse(event: str, arguments) -> None:
    """An audit hook that lets nothing of Python's out."""
    if event in REACHES_OUT:
        raise OSError(f"the network is off: {event}")


def _answer(og, model, prompt: list[int], most: int) -> tuple[list[int], float, float]:
    """(tokens, CPU seconds up to the first, CPU seconds for the others)."""
    params = og.GeneratorParams(model)
    params.set_search_options(max_length=len(prompt) + most, do_sample=False)
    started = time.process_time()
    generator = og.Generator(model, params)
    generator.append_tokens(prompt)
    generator.generate_next_token()
    first = time.process_time()
    while not generator.is_done():
        generator.generate_next_token()
    ended = time.process_time()
    return [int(token) for token in generator.get_sequence(0)[len(prompt) :]], first - started, ended - first


if __name__ == "__main__":
    sys.exit(main())
