"""The exercises of chapter 01, the model family."""

from __future__ import annotations

from numbers import Integral

from phicookbook.book.exercises import Exercise
from phicookbook.facts import member
from phicookbook.family import attention, memory
from phicookbook.family.build import build, config

MINI = "Phi-4-mini-instruct"


def untied_fault(count: int) -> str:
    """Count the parameters again."""
    if isinstance(count, bool) or not isinstance(count, Integral):
        return "give a whole number of parameters"
    tied = sum(p.numel() for p in build(config(member(MINI))).parameters())
    if count == tied:
        return "that is the count with one table for input and output"
    untied = sum(p.numel() for p in build(config(member(MINI), tie_word_embeddings=False)).parameters())
    return "" if count == untied else f"it is off by {abs(count - untied):,}"


def cache_fault(tokens: int) -> str:
    """Hold the tokens against the bytes that each takes."""
    if isinstance(tokens, bool) or not isinstance(tokens, Integral) or tokens < 1:
        return "give a whole number of tokens"
    each = memory.kv_bytes_per_token(member(MINI))
    if tokens * each > 2e9:
        return f"{tokens:,} tokens need more than 2 GB"
    return "" if (tokens + 1) * each > 2e9 else "more tokens than that fit"


def window_fault(window: int) -> str:
    """Hold a window against the block-sparse mask."""
    if isinstance(window, bool) or not isinstance(window, Integral) or window < 1:
        return "give a whole number of blocks"
    wanted = attention.share_seen(attention.blocksparse(128, 16, 8))
    if attention.share_seen(attention.sliding(128, int(window))) < wanted:
        return f"a window of {window} sees less"
    return "" if attention.share_seen(attention.sliding(128, int(window) - 1 or 1)) < wanted else "a smaller one is enough"


EXERCISES = [
    Exercise(
        "1.1",
        "Phi-4-mini uses one table for input and output. How many parameters would it have with two?",
        untied_fault,
        (
            "Section 2 builds a model from a configuration. One field of it says whether the tables are tied.",
            "`config(member(...), tie_word_embeddings=False)` is the configuration; `build` makes the model.",
            "Add up `p.numel()` over the model's `parameters()`. Or add one table to the first count: vocabulary times hidden.",
        ),
    ),
    Exercise(
        "1.2",
        "How many tokens of Phi-4-mini's cache fit into 2 GB (2 * 10^9 bytes)?",
        cache_fault,
        (
            "Section 5 weighs the cache of one token.",
            "`memory.kv_bytes_per_token(member(...))` gives its bytes.",
            "Divide 2 * 10**9 by these bytes and drop what is left over: `//`.",
        ),
    ),
    Exercise(
        "1.3",
        "Which is the smallest sliding window that sees at least as much of 128 blocks as "
        "`attention.blocksparse(128, 16, 8)` does?",
        window_fault,
        (
            "`attention.share_seen` of section 6 compares two masks.",
            "Try windows from 1 up: `attention.share_seen(attention.sliding(128, window))`.",
            "`next(w for w in range(1, 129) if ...)` stops at the first that sees enough.",
        ),
    ),
]
