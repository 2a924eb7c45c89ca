"""Phi at its true dimensions, with random weights: size, memory, speed against the roofline, and against other runtimes.

    make bench, or: pytest tests/benchmarks/bench_edge.py -s
    EDGE_LAYERS=0 takes all layers (it states about 28 GB of memory), EDGE_MODEL another member

Four layers by default. Speeds are tokens per CPU second on one thread, all in one run. Writes docs/results/edge_true_size.md.
llama.cpp is measured where `llama-bench` and `convert_hf_to_gguf.py` (LLAMA_CPP) are installed.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time

import pytest

from phicookbook import settings
from phicookbook.edge import Form
from phicookbook.edge.dimensions import random_model
from phicookbook.edge.need import check, memory_bytes, shape_of
from phicookbook.edge.phone import read_bandwidth
from phicookbook.edge.probe import probe
from phicookbook.edge.sizes import sizes
from phicookbook.facts import member

MODEL = os.environ.get("EDGE_MODEL", "Phi-3.5-mini-instruct")
LAYERS = int(os.environ.get("EDGE_LAYERS", "4")) or member(MODEL).layers
TOKENS = 24
BAR_TRANSFORMERS, BAR_LLAMA = 5.0, 0.95
PAGE = settings.DOCS / "results" / "edge_true_size.md"

BUILD = """
import json, resource, sys
from pathlib import Path
from phicookbook.edge import Form
from phicookbook.edge.build import build
source, out, block = sys.argv[1:]
build(Path(source), Path(out), Form("int4", int(block), "fp32"), tied=False)
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return random_model(member(MODEL), tmp_path_factory.mktemp("true") / "source", LAYERS)


def of_transformers(source) -> float:
    """Tokens per CPU second of transformers in bf16 while decoding, one thread."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(source, dtype=torch.bfloat16).eval()
    ids = torch.arange(10, 26)[None]
    with torch.inference_mode():
        past = model(input_ids=ids, use_cache=True).past_key_values
        started = time.process_time()
        for _ in range(TOKENS // 3):
            out = model(input_ids=ids[:, -1:], past_key_values=past, use_cache=True)
            past = out.past_key_values
        return (TOKENS // 3) / (time.process_time() - started)


def of_llama(source, folder) -> float | None:
    """Tokens per CPU second of llama.cpp's Q4_0, or None where it is not installed."""
    import shutil

    convert = os.path.join(os.environ.get("LLAMA_CPP", ""), "convert_hf_to_gguf.py")
    if not (shutil.which("llama-bench") and shutil.which("llama-quantize") and os.path.exists(convert)):
        return None
    whole, small = folder / "f16.gguf", folder / "q4_0.gguf"
    subprocess.run([sys.executable, convert, str(source), "--outfile", str(whole), "--outtype", "f16"], check=True)
    subprocess.run(["llama-quantize", str(whole), str(small), "Q4_0"], check=True)
    command = ["llama-bench", "-m", str(small), "-p", "0", "-n", str(TOKENS), "-t", "1", "-o", "json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)[0]["avg_ts"]


def test_true_dimensions(source, tmp_path):
    shape, lines, speeds = shape_of(source), [], {}
    stated, bandwidth = memory_bytes(shape, Form("int4")), read_bandwidth()
    check(shape, Form("int4"), tmp_path / "out")
    for block in (32, 128):
        folder = tmp_path / f"int4-{block}"
        command = [sys.executable, "-c", BUILD, str(source), str(folder), str(block)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peak = int(done.stdout.strip().splitlines()[-1])
        found, part = probe(folder, [list(range(10, 26))], TOKENS), sizes(folder)
        speeds[block], roof = found.per_cpu_second, bandwidth * 1e9 / (part.payload + part.scales)
        gigabytes = [f"{size / 1e9:.3f}" for size in (part.payload, part.scales, part.embedding, part.total)]
        memory = f"{peak / 1e9:.1f} of {stated / 1e9:.1f} stated"
        speed = [f"{found.per_cpu_second:.2f}", f"{roof:.2f}", f"{found.per_cpu_second / roof:.0%}"]
        lines.append("| " + " | ".join([str(block), *gigabytes, memory, *speed]) + " |")
        assert peak <= stated, "the stated need must lie above the measured peak"
    others = {"transformers bf16": of_transformers(source), "llama.cpp Q4_0": of_llama(source, tmp_path)}
    write(shape, bandwidth, lines, speeds, others)
    assert speeds[32] >= BAR_TRANSFORMERS * others["transformers bf16"]
    assert others["llama.cpp Q4_0"] is None or speeds[32] >= BAR_LLAMA * others["llama.cpp Q4_0"]


HEAD = """# Phi at its true dimensions

Command: `pytest tests/benchmarks/bench_edge.py -s` with EDGE_MODEL={model} and EDGE_LAYERS={layers}: {layers} of {all} layers,
{billions:.2f} billion random parameters. One thread of a {machine} with {cores} cores, which other work shared; speeds are
tokens per CPU second while decoding. One core read {bandwidth:.1f} GB in a CPU second in the same run.

Sizes in GB. The embedding stays in 32 bits, as the builder leaves it where it is not tied. The roofline is bandwidth over
the bytes of weights and scales.

| block | weights | scales | embedding | together | peak of the build | tokens per CPU second | roofline | share |
|---|---|---|---|---|---|---|---|---|
"""
END = """
## Beside other runtimes

{bars}

## Where 1.8 GB comes from

By arithmetic for all {all} layers: {whole:.2f} billion parameters are {bare:.2f} GiB of bare 4-bit numbers. With 32-bit scales in
blocks of 32 and the embedding in 32 bits the file has {small:.2f} GB, with blocks of 128 {large:.2f} GB.
"""


def write(shape, bandwidth: float, lines: list[str], speeds: dict[int, float], others: dict) -> None:
    """The page of results, with the bars met or missed."""
    each = member(MODEL)
    layer = (shape.parameters - 2 * shape.embedding) / LAYERS
    whole = each.layers * layer + 2 * shape.embedding
    bars = []
    for (name, speed), bar in zip(others.items(), (BAR_TRANSFORMERS, BAR_LLAMA)):
        if speed is None:
            bars.append(f"- {name}: not installed, so not measured (bar: at least {bar} of its speed).")
            continue
        told = [
            f"{ours / speed:.2f} ({'met' if ours >= bar * speed else 'MISSED'}) in blocks of {b}" for b, ours in speeds.items()
        ]
        bars.append(f"- {name}: {speed:.2f} tokens per CPU second. Int4 has times as many, bar {bar}: {', '.join(told)}.")
    top = HEAD.format(
        model=MODEL, layers=LAYERS, all=each.layers, billions=shape.parameters / 1e9, bandwidth=bandwidth,
        machine=f"{platform.system()} {platform.machine()}", cores=os.cpu_count(),
    )  # fmt: skip
    size = [(whole * (4 + 32 / b) + shape.embedding * (28 - 32 / b)) / 8e9 for b in (32, 128)]
    end = END.format(
        bars="\n".join(bars), all=each.layers, whole=whole / 1e9, bare=whole / 2 / 2**30, small=size[0], large=size[1]
    )
    settings.write_text(PAGE, top + "\n".join(lines) + "\n" + end)
