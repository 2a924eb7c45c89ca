"""Where the bytes of an export go: weights, their scales, the embedding, and the rest.

sizes(Path("out"))   # Sizes(payload=1376256, scales=344064, embedding=0, rest=138240, ...)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sizes:
    """Bytes of an exported model's tensors.

    `payload` are the weights of the matrices, `scales` one number a block, `embedding` the token table where it is stored
    apart from the output layer, `rest` norms and the table of rotary angles.
    """

    payload: int
    scales: int
    embedding: int
    rest: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.payload + self.scales + self.embedding + self.rest


def sizes(folder: Path) -> Sizes:
    """The bytes of the tensors in `folder`/model.onnx, told apart by the nodes that read them."""
    import onnx

    graph = onnx.load(str(folder / "model.onnx"), load_external_data=False).graph
    tensors = {tensor.name: _bytes(tensor) for tensor in graph.initializer}
    found = dict.fromkeys(("payload", "scales", "embedding", "rest"), 0)
    readers: dict[str, list] = {}
    for node in graph.node:
        for place, name in enumerate(node.input):
            readers.setdefault(name, []).append((node.op_type, place))
    for name, size in tensors.items():
        found[_part(readers.get(name, []))] += size
    return Sizes(**found)


def _part(readers: list[tuple[str, int]]) -> str:
    """What a tensor is, from the nodes that read it and from the place at which they do."""
    if any(kind in ("MatMulNBits", "MatMul", "Gemm") and place == 1 for kind, place in readers):
        return "payload"
    if any(kind == "MatMulNBits" and place == 2 for kind, place in readers):
        return "scales"
    if any((kind in ("Gather", "GatherBlockQuantized") and place == 0) or kind == "Transpose" for kind, place in readers):
        return "embedding"
    if any(kind == "GatherBlockQuantized" and place == 2 for kind, place in readers):
        return "scales"
    return "rest"


def _bytes(tensor) -> int:
    """Bytes that a tensor takes."""
    import math

    import onnx

    width = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    if tensor.data_type in (onnx.TensorProto.INT4, onnx.TensorProto.UINT4):
        return (math.prod(tensor.dims) + 1) // 2
    return math.prod(tensor.dims) * width
