"""Phi at its true dimensions, with random weights: size, memory, speed against the roofline, and against other runtimes.

    make bench, or: pytest tests/benchmarks/bench_edge.py -s
    EDGE_LAYERS=0 takes all layers (for Phi-3.5-mini it states 28 GB of memory), EDGE_MODEL one member alone

Four layers by default. Speeds are tokens per CPU second of one thread, all in one run: each contender has a turn in each of
three rounds, and its best turn counts. Writes docs/results/edge_true_size*.md. llama.py tells how llama.cpp takes part.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest
from benchmarks import llama

from phicookbook import settings
from phicookbook.edge import Form
from phicookbook.edge.dimensions import random_model
from phicookbook.edge.need import Shape, check, memory_bytes, shape_of
from phicookbook.edge.phone import read_bandwidth
from phicookbook.edge.probe import probe
from phicookbook.edge.sizes import Sizes, sizes
from phicookbook.facts import Member, member
from phicookbook.family.build import config

MODELS = [os.environ["EDGE_MODEL"]] if "EDGE_MODEL" in os.environ else ["Phi-3.5-mini-instruct", "Phi-4-mini-instruct"]
LAYERS = int(os.environ.get("EDGE_LAYERS", "4"))
BLOCKS, TOKENS, ROUNDS = (32, 64, 128), 24, 3
PROMPT = list(range(10, 26))
BF16, Q4_0 = "transformers bf16", "llama.cpp Q4_0"
BARS = {BF16: 5.0, Q4_0: 0.95}  # times its tokens per CPU second that int4 must reach

BUILD = """
import sys
from pathlib import Path
from phicookbook.edge import Form
from phicookbook.edge.build import build
from phicookbook.edge.probe import peak_memory
source, out, block, embedding = sys.argv[1:]
build(Path(source), Path(out), Form("int4", int(block), embedding), tied=embedding == "int4")
print(peak_memory())
"""


@dataclass
class Found:
    """What one member gave: its exports by block size, bytes at the peak of their builds, tokens per CPU second by contender."""

    each: Member
    layers: int
    shape: Shape
    stated: int
    parts: dict[int, Sizes]
    peaks: dict[int, int]
    speeds: dict
    bandwidth: float


def of_transformers(source):
    """A function of a number of tokens to transformers' tokens per CPU second in bf16 while decoding, one thread."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(source, dtype=torch.bfloat16).eval()

    def speed(tokens: int) -> float:
        ids = torch.tensor([PROMPT])
        with torch.inference_mode():
            past = model(input_ids=ids, use_cache=True).past_key_values
            started = time.process_time()
            for _ in range(tokens):
                out = model(input_ids=ids[:, -1:], past_key_values=past, use_cache=True)
                past = out.past_key_values
            return tokens / (time.process_time() - started)

    return speed


def built(source, folder, block: int, embedding: str) -> int:
    """Export in a process of its own; returns the bytes of memory at its peak."""
    command = [sys.executable, "-c", BUILD, str(source), str(folder), str(block), embedding]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()[-1])


def measured(each: Member, folder) -> Found:
    """Build, then let all decode in turn; CookbookError, before a weight is made, when the machine is too small."""
    layers = LAYERS or each.layers
    config(each).save_pretrained(folder / "shape")
    shape = shape_of(folder / "shape", layers)
    embedding = "int4" if shape.tied else "fp32"  # as the builder leaves it
    form = Form("int4", 32, embedding)
    check(shape, form, folder / "out")
    source = random_model(each, folder / "source", layers)
    outs = {block: folder / f"int4-{block}" for block in BLOCKS}
    peaks = {block: built(source, out, block, embedding) for block, out in outs.items()}
    turns = {block: lambda n, out=out: probe(out, [PROMPT], n).per_cpu_second for block, out in outs.items()}
    turns[BF16] = of_transformers(source)
    if llama.is_here():
        turns[Q4_0] = llama.decoder(source, folder)
    speeds, bandwidth = dict.fromkeys(turns, 0.0), 0.0
    for _ in range(ROUNDS):
        bandwidth = max(bandwidth, read_bandwidth())
        for name, turn in turns.items():
            speeds[name] = max(speeds[name], turn(TOKENS))
    parts = {block: sizes(out) for block, out in outs.items()}
    return Found(each, layers, shape, memory_bytes(shape, form), parts, peaks, speeds, bandwidth)


@pytest.mark.parametrize("name", MODELS)
def test_true_dimensions(name, tmp_path):
    found = measured(member(name), tmp_path)
    write(found)
    assert max(found.peaks.values()) <= found.stated, "the stated need must lie above the measured peak"
    best = max(found.speeds[block] for block in BLOCKS)  # the page tells the bars for each block size
    for other, bar in BARS.items():
        if other in found.speeds:
            assert best >= bar * found.speeds[other], other


HEAD = """# {model} at its true dimensions

Command: `pytest tests/benchmarks/bench_edge.py -s` with EDGE_MODEL={model} and EDGE_LAYERS={layers}: {layers} of {all} layers,
{billions:.2f} billion random parameters. One thread of a {machine} with {cores} cores, which other work shared; speeds are
tokens per CPU second while decoding {tokens} tokens, the best of {rounds} turns that all took one after the other. One core read
{bandwidth:.1f} GB in a CPU second in the same run.

Sizes in GB. {embedding} The roofline is bandwidth over the bytes of weights and scales.

| block | weights | scales | embedding | together | peak of the build | tokens per CPU second | roofline | share |
|---|---|---|---|---|---|---|---|---|
"""
APART = "The embedding stays in 32 bits, as the builder leaves it where it is not tied."
TIED = "The embedding is tied: one table in four bits is input and output."
END = """
## Beside other runtimes

{bars}

## Where 1.8 GB comes from

By arithmetic for all {all} layers: {whole:.2f} billion parameters are {bare:.2f} GiB of bare 4-bit numbers. With 32-bit scales in
blocks of 32 {and_table}the file has {small:.2f} GB, with blocks of 128 {large:.2f} GB.
"""


def rows(found: Found) -> str:
    """The table of block sizes."""
    lines = []
    for block, part in found.parts.items():
        roof, speed = found.bandwidth * 1e9 / (part.payload + part.scales), found.speeds[block]
        gigabytes = [f"{size / 1e9:.3f}" for size in (part.payload, part.scales, part.embedding, part.total)]
        memory = f"{found.peaks[block] / 1e9:.1f} of {found.stated / 1e9:.1f} stated"
        lines.append(" | ".join([str(block), *gigabytes, memory, f"{speed:.2f}", f"{roof:.2f}", f"{speed / roof:.0%}"]))
    return "".join(f"| {line} |\n" for line in lines)


def bars(found: Found) -> str:
    """The bars, met or missed, for each block size."""
    told = []
    for name, bar in BARS.items():
        if name not in found.speeds:
            told.append(f"- {name}: not at hand, so not measured (bar: at least {bar} of its speed).")
            continue
        theirs = found.speeds[name]
        each = [
            f"{found.speeds[b] / theirs:.2f} ({'met' if found.speeds[b] >= bar * theirs else 'MISSED'}) in blocks of {b}"
            for b in BLOCKS
        ]
        told.append(f"- {name}: {theirs:.2f} tokens per CPU second. Int4 has times as many, bar {bar}: {', '.join(each)}.")
    return "\n".join(told)


def write(found: Found) -> None:
    """The page of results, with the bars met or missed."""
    each, shape = found.each, found.shape
    tables = 1 if shape.tied else 2
    layer = (shape.parameters - tables * shape.embedding) / found.layers
    whole = each.layers * layer + tables * shape.embedding
    top = HEAD.format(
        model=each.name, layers=found.layers, all=each.layers, billions=shape.parameters / 1e9, bandwidth=found.bandwidth,
        machine=f"{platform.system()} {platform.machine()}", cores=os.cpu_count(), tokens=TOKENS, rounds=ROUNDS,
        embedding=TIED if shape.tied else APART,
    )  # fmt: skip
    wide = 0 if shape.tied else shape.embedding
    size = [(whole * (4 + 32 / b) + wide * (28 - 32 / b)) / 8e9 for b in (32, 128)]
    end = END.format(
        bars=bars(found), all=each.layers, whole=whole / 1e9, bare=whole / 2 / 2**30, small=size[0], large=size[1],
        and_table="" if shape.tied else "and the embedding in 32 bits ",
    )  # fmt: skip
    usual = found.layers == 4 and each.name == "Phi-3.5-mini-instruct"
    page = "edge_true_size" if usual else f"edge_true_size_{each.name.removesuffix('-instruct')}_{found.layers}_layers"
    settings.write_text(settings.DOCS / "results" / f"{page}.md", top + rows(found) + end)
