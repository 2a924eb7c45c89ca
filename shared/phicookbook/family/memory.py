"""Memory and speed by arithmetic: weights by precision, the KV cache, the longest prompt, the speed of decoding.

    weight_bytes(3.8e9, 4) / 1e9          # 2.1 GB, scales included
    kv_bytes_per_token(member("phi-4"))   # 204800

Sizes are counted (`family.formula`), not the rounded ones of the cards. GB is 10^9 bytes here. What a runtime needs besides
(activations, its own code) is left out: it differs by runtime.
"""

from __future__ import annotations

from phicookbook.facts import Member
from phicookbook.family.formula import read, stored
from phicookbook.settings import CookbookError

GROUP = 32  # weights that share a scale, as in llama.cpp's Q4_0 and Q8_0 blocks
SCALE_BITS = 16


def bits_per_weight(bits: int, group: int = GROUP) -> float:
    """Bits that a weight takes with its part of the group's 16-bit scale; 16 bits and more need no scale.

    4 bits in groups of 32 are 4.5, 8 bits are 8.5: the sizes of llama.cpp's Q4_0 and Q8_0 blocks
    (https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h).
    """
    if bits not in (2, 3, 4, 5, 6, 8, 16, 32) or group < 1:
        raise CookbookError(f"{bits} bits in groups of {group}: give 2, 3, 4, 5, 6, 8, 16 or 32 bits and a group from 1 up")
    return bits if bits >= 16 else bits + SCALE_BITS / group


def weight_bytes(parameters: float, bits: int, group: int = GROUP) -> float:
    """Bytes of that many weights at a precision, scales included."""
    return parameters * bits_per_weight(bits, group) / 8


def kv_bytes_per_token(each: Member, bits: int = 16, shared: bool = True) -> int:
    """Bytes of the KV cache for one token: a key and a value in each layer, for each KV head.

    `shared=False` gives every query head its own, as multi-head attention does without grouping.
    """
    heads = each.kv_heads if shared else each.heads
    return 2 * each.layers * heads * (each.hidden // each.heads) * bits // 8


def kv_bytes(each: Member, tokens: int, bits: int = 16) -> int:
    """Bytes of the KV cache after some tokens. Only Phi-3-mini-4k has a sliding window, which is where its cache ends."""
    return kv_bytes_per_token(each, bits) * min(tokens, each.sliding_window or tokens)


def longest_prompt(each: Member, memory_gb: float, bits: int = 4, group: int = GROUP) -> int:
    """Tokens whose KV cache (16 bits) fits beside the weights, at most the member's context; 0 when the weights do not fit."""
    room = memory_gb * 1e9 - weight_bytes(stored(each), bits, group)
    if kv_bytes(each, each.context) <= room:
        return each.context
    return max(0, int(room // kv_bytes_per_token(each)))


def tokens_per_second(each: Member, bandwidth_gb_s: float, bits: int = 4, tokens: int = 0) -> float:
    """The roofline of decoding text: every new token reads the weights of `formula.read` and the KV cache once, so no
    runtime is faster than bandwidth over bytes. One user; in batches the weights are read once for all."""
    return bandwidth_gb_s * 1e9 / (weight_bytes(read(each), bits) + (kv_bytes(each, tokens) if tokens else 0))
