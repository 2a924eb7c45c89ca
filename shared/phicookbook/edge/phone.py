"""What a device can do, by arithmetic: decoding reads every weight once a token, so bandwidth over bytes is a ceiling.

ceiling(member("Phi-3-mini-4k-instruct"), DEVICES["iPhone 14 Pro (A16)"])   # tokens a second
read_bandwidth()   # this machine's, in GB a CPU second
"""

from __future__ import annotations

from phicookbook.facts import Member
from phicookbook.family.formula import read
from phicookbook.family.memory import GROUP, tokens_per_second, weight_bytes

# Memory bandwidth in GB/s by arithmetic: bits of the bus times transfers a second. 64 bits of LPDDR5 at 6,400 million
# transfers/s are 51.2; 64 bits of LPDDR5X at 8,533 are 68.3, at 10,667 are 85.3 (the fastest that MediaTek names for the
# Dimensity 9400, https://www.mediatek.com/products/smartphones/mediatek-dimensity-9400).
BUSES = {"LPDDR5-6400, 64 bits": 51.2, "LPDDR5X-8533, 64 bits": 68.3, "LPDDR5X-10667, 64 bits": 85.3}


def ceiling(each: Member, bandwidth_gb_s: float, bits: int = 4, tokens: int = 0) -> float:
    """Tokens a second that no runtime exceeds for one user, `tokens` of prompt in the cache; see `family.memory`."""
    return tokens_per_second(each, bandwidth_gb_s, bits, tokens)


def needed_bandwidth(each: Member, per_second: float, bits: int = 4, group: int = GROUP) -> float:
    """GB/s that `per_second` tokens a second take at the least: the weights of `formula.read`, scales included, once a token."""
    return per_second * weight_bytes(read(each), bits, group) / 1e9


def read_bandwidth(megabytes: int = 256, tries: int = 5) -> float:
    """GB that one core reads from memory in a CPU second: the best of some passes over an array larger than its caches."""
    import time

    import numpy as np

    values = np.ones(megabytes * 1_000_000 // 8, dtype=np.float64)
    best = float("inf")
    for _ in range(tries):
        started = time.thread_time()
        values.max()  # reads all, writes nothing, runs in this thread alone
        best = min(best, time.thread_time() - started)
    return values.nbytes / 1e9 / best
