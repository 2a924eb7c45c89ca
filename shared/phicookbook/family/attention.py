"""Who may look at whom: attention masks of the family as small matrices of truth values.

A row is the token that looks, a column the token that is looked at.

    blocksparse(12, local=3, stride=4, head=0).sum()
"""

from __future__ import annotations

from phicookbook.settings import CookbookError

# Phi-3-small's pattern, in blocks of 64 tokens, in every second layer (its config.json, fields blocksparse_*:
# https://huggingface.co/microsoft/Phi-3-small-8k-instruct).
SMALL_BLOCK, SMALL_LOCAL, SMALL_STRIDE = 64, 16, 8


def causal(n: int):
    """Full attention: a token sees itself and all before it. (n, n) array of truth values."""
    import numpy

    return numpy.tril(numpy.ones((n, n), dtype=bool))


def sliding(n: int, window: int):
    """A token sees itself and the `window - 1` before it, as transformers does for Phi-3-mini-4k."""
    import numpy

    if window < 1:
        raise CookbookError(f"the window is {window}: give a whole number from 1 up")
    return causal(n) & ~numpy.tri(n, n, -window, dtype=bool)


def blocksparse(n: int, local: int, stride: int, head: int = 0, heads: int = 32):
    """Phi-3-small's sparse layers, a row and a column for each block: the `local` nearest blocks, and beyond them every
    `stride`-th block, which one depends on the head, so that the heads together cover all.

    The rule of the kernels in vLLM and ONNX Runtime: a far block k is seen if (k + head * step + 1) % stride is 0.
    """
    import numpy

    if local < 1 or stride < 1:
        raise CookbookError(f"{local} local blocks, stride {stride}: give whole numbers from 1 up")
    step = max(1, stride // heads)
    far = (numpy.arange(n) + head * step + 1) % stride == 0
    return causal(n) & (sliding(n, local) | far[None, :])


def share_seen(mask) -> float:
    """Which share of what full attention sees a mask keeps."""
    return float(mask.sum() / causal(len(mask)).sum())
