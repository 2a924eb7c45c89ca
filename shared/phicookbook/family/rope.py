"""What LongRoPE changes: the frequencies that tell positions apart, within the original context and beyond it.

RoPE turns each pair of dimensions by an angle that grows with the position. A slow pair turns less than once within
the context that the model was trained on; at a later position it shows angles that training never met. LongRoPE
(arXiv:2402.13753) divides the frequencies by factors that were searched for, mostly those of the slow pairs.

    angles(member("Phi-4-mini-instruct"), 131_072)[-1]
"""

from __future__ import annotations

import math

from phicookbook.facts import Member, longrope


def frequencies(each: Member, tokens: int, rescaled: bool = True) -> tuple[list[float], float]:
    """(radians per token for each pair, factor on the attention) for a context of some tokens, from transformers.

    With LongRoPE the short factors hold up to the original context and the long ones beyond; `rescaled=False` is
    plain RoPE.
    """
    from transformers import Phi3Config
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    factors = longrope(each.id)
    ones = [1.0] * len(factors.long_factor)
    configuration = Phi3Config(
        hidden_size=each.hidden, num_attention_heads=each.heads, num_key_value_heads=each.kv_heads,
        max_position_embeddings=each.context, original_max_position_embeddings=factors.original_context,
        rope_parameters={
            "rope_type": "longrope", "rope_theta": each.rope_base or 10_000.0,
            "partial_rotary_factor": each.rotary_share or 1.0,
            "factor": each.context / factors.original_context,
            "short_factor": [float(x) for x in factors.short_factor] if rescaled else ones,
            "long_factor": [float(x) for x in factors.long_factor] if rescaled else ones,
        },
    )  # fmt: skip
    found, scale = ROPE_INIT_FUNCTIONS["longrope"](configuration, seq_len=tokens)
    return found.tolist(), scale


def wavelengths(each: Member, tokens: int, rescaled: bool = True) -> list[float]:
    """Tokens that each pair needs for a full turn."""
    return [2 * math.pi / frequency for frequency in frequencies(each, tokens, rescaled)[0]]


def angles(each: Member, tokens: int, rescaled: bool = True) -> list[float]:
    """Radians that each pair has turned at the end of a context of some tokens."""
    return [tokens * frequency for frequency in frequencies(each, tokens, rescaled)[0]]


def slow_pairs(each: Member) -> list[int]:
    """The pairs that turn less than once within the original context, without any rescaling."""
    original = longrope(each.id).original_context
    return [pair for pair, length in enumerate(wavelengths(each, original, rescaled=False)) if length > original]


def within_training(each: Member, rescaled: bool = True) -> list[bool]:
    """For each slow pair: does the whole context stay within the angles that the original context had shown?"""
    original = longrope(each.id).original_context
    seen, now = angles(each, original, rescaled=False), angles(each, each.context, rescaled)
    return [now[pair] <= seen[pair] for pair in slow_pairs(each)]
