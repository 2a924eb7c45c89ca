"""Four-bit blocks as onnxruntime's own quantizer makes them, to hold others against.

integers, scales = onnxruntime_blocks(matrix, 32)
"""

from __future__ import annotations


def onnxruntime_blocks(matrix, block: int):
    """(integers from -8 to 7 of shape (blocks, block), float32 scales of shape (blocks,)) of a float32 matrix (outputs, inputs).

    The quantizer is the one that onnxruntime-genai's builder calls. Raises ValueError for rows that the blocks do not divide.
    """
    import numpy as np
    from onnxruntime.capi._pybind_state import quantize_matmul_4bits

    outputs, inputs = matrix.shape
    if inputs % block:
        raise ValueError(f"rows of {inputs} weights cannot be cut into blocks of {block}")
    packed = np.zeros((outputs, inputs // block, block // 2), dtype=np.uint8)
    scales = np.zeros(outputs * inputs // block, dtype=np.float32)
    unused = np.zeros(1, np.uint8)  # zero points: symmetric blocks have none
    quantize_matmul_4bits(packed, np.ascontiguousarray(matrix.T), scales, unused, block, outputs, inputs, True)
    return np.stack([packed & 15, packed >> 4], axis=-1).reshape(-1, block).astype(int) - 8, scales
