"""Masks against transformers' own, and against the block-sparse rule written out for one pair of blocks."""

from __future__ import annotations

import numpy
import pytest

from phicookbook.family.attention import blocksparse, causal, share_seen, sliding
from phicookbook.settings import CookbookError


@pytest.mark.parametrize(("n", "window"), [(1, 1), (6, 1), (6, 3), (6, 6), (6, 60), (24, 8)])
def test_sliding_is_the_window_of_transformers(n, window):
    import torch
    from transformers.masking_utils import sliding_window_causal_mask_function

    rule = sliding_window_causal_mask_function(window)
    theirs = [[bool(rule(0, 0, torch.tensor(q), torch.tensor(k))) for k in range(n)] for q in range(n)]
    assert sliding(n, window).tolist() == theirs


@pytest.mark.parametrize(("n", "local", "stride", "heads"), [(24, 4, 8, 32), (12, 3, 4, 2), (9, 1, 3, 1), (128, 16, 8, 32)])
def test_blocksparse_by_the_rule(n, local, stride, heads):
    for head in range(min(heads, stride)):
        mask = blocksparse(n, local, stride, head, heads)
        step = max(1, stride // heads)
        for q in range(n):
            for k in range(n):
                far = (k + head * step + 1) % stride == 0
                assert mask[q, k] == (k <= q and (q - k < local or far))


def test_the_heads_together_miss_nothing():
    together = numpy.any([blocksparse(32, 2, 8, head) for head in range(8)], axis=0)
    assert (together == causal(32)).all()


def test_shares():
    assert share_seen(causal(10)) == 1 and share_seen(sliding(10, 1)) == 10 / 55
    assert share_seen(sliding(10, 3)) == (1 + 2 + 8 * 3) / 55


@pytest.mark.parametrize("ask", [lambda: sliding(4, 0), lambda: blocksparse(4, 0, 2), lambda: blocksparse(4, 2, 0)])
def test_impossible_masks_are_told(ask):
    with pytest.raises(CookbookError, match="from 1 up"):
        ask()
