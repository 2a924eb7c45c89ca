"""Blocks of four bits: what onnxruntime stores comes back to within a step."""

from __future__ import annotations

import numpy as np
import pytest

from phicookbook.edge.blocks import onnxruntime_blocks


@pytest.mark.parametrize("block", [16, 32, 64])
def test_blocks_come_back_to_within_a_step(block):
    matrix = np.random.default_rng(5).normal(size=(6, 128)).astype(np.float32)
    integers, scales = onnxruntime_blocks(matrix, block)
    assert integers.shape == (6 * 128 // block, block) and scales.shape == (6 * 128 // block,)
    assert integers.min() == -8 and integers.max() <= 7
    back = integers * scales[:, None]
    cut = matrix.reshape(-1, block)
    assert (np.abs(back - cut) <= np.abs(scales)[:, None] * 1.001).all()
    largest = np.abs(cut).argmax(axis=1)
    rows = np.arange(len(cut))
    assert back[rows, largest] == pytest.approx(cut[rows, largest], rel=1e-5)


def test_rows_that_blocks_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="rows of 40 weights cannot be cut into blocks of 32"):
        onnxruntime_blocks(np.zeros((2, 40), np.float32), 32)
