"""The Phi family as code: count each member's parameters, its memory, its context, and choose one.

from phicookbook.family import choose, count, Needs
count(member("phi-4")).total, choose(Needs(memory_gb=8))
"""

from phicookbook.family.build import Count, cache_bytes, count, deviation
from phicookbook.family.choose import Choice, Needs, choose
from phicookbook.family.memory import kv_bytes, kv_bytes_per_token, longest_prompt, tokens_per_second, weight_bytes

__all__ = [
    "Choice", "Count", "Needs", "cache_bytes", "choose", "count", "deviation", "kv_bytes", "kv_bytes_per_token",
    "longest_prompt", "tokens_per_second", "weight_bytes",
]  # fmt: skip
