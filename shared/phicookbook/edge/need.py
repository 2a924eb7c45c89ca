"""What an export needs of a machine, said before the first weight is read: memory, disk, widths that blocks divide.

shape = shape_of(folder)
check(shape, Form("int4"), Path("out"))   # silent, or CookbookError with the figure
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

from phicookbook.edge.form import BITS, Form
from phicookbook.settings import CookbookError

# A line above the measured peaks of the builder (docs/results/edge_true_size.md): the weights as they are loaded and their
# 32-bit copies exist at the same time for part of the layers. It overstates for many layers. An fp32 export is compared with
# PyTorch's own 32-bit weights beside it, which takes eight bytes a parameter. An embedding that is quantized too goes through
# two more copies: Phi-4-mini with four layers took 11.6 GB.
BYTES_A_PARAMETER = {"fp32": 8, "int8": 7, "int4": 7}
BYTES_OF_A_QUANTIZED_TABLE = 6
BYTES_ANYWAY = 1_200_000_000


@dataclass(frozen=True)
class Shape:
    """A model's size: all parameters, those of the embedding, the widths that matrices read, of a head, and its kind."""

    architecture: str
    parameters: int
    embedding: int
    widths: tuple[int, ...]
    head: int
    tied: bool

    @property
    def in_matrices(self) -> int:
        """Parameters that blocks are cut from: all but the embedding; a tied output layer counts once."""
        return self.parameters - (0 if self.tied else self.embedding)


def shape_of(place: Path | str, layers: int = 0) -> Shape:
    """The shape of a model from its configuration alone; `layers` above 0 stands for a model cut to so many.

    Raises CookbookError when the place holds no configuration, or one without a causal language model.
    """
    import torch
    import transformers

    try:
        config = transformers.AutoConfig.from_pretrained(str(place))
        if layers:
            config.num_hidden_layers = layers
        with torch.device("meta"):
            model = transformers.AutoModelForCausalLM.from_config(config)
    except (OSError, ValueError, KeyError) as error:
        raise CookbookError(f"{place} holds no language model that can be exported: {shorten(str(error), 200)}") from error
    matrices = [m for m in model.modules() if isinstance(m, torch.nn.Linear)]
    return Shape(
        architecture=(config.architectures or ["unknown"])[0],
        parameters=sum(p.numel() for p in model.parameters()),
        embedding=model.get_input_embeddings().weight.numel(),
        widths=tuple(sorted({m.in_features for m in matrices})),
        head=getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads,
        tied=bool(config.tie_word_embeddings),
    )


def memory_bytes(shape: Shape, form: Form) -> int:
    """Bytes of memory that an export takes at its peak, estimated upwards from measured ones."""
    table = BYTES_OF_A_QUANTIZED_TABLE * shape.embedding if form.table != "fp32" else 0
    return BYTES_A_PARAMETER[form.precision] * shape.parameters + table + BYTES_ANYWAY


def disk_bytes(shape: Shape, form: Form) -> int:
    """Bytes of the exported weights: the payload, 32-bit scales, and the embedding where it stands apart."""
    bits = BITS[form.precision]
    scales = 0 if bits == 32 else 32 / form.block_size
    apart = form.table != form.precision or not shape.tied
    table = shape.embedding * (BITS[form.table] + (scales if form.table != "fp32" else 0)) / 8 if apart else 0
    return round(shape.in_matrices * (bits + scales) / 8 + table)


def check(shape: Shape, form: Form, out: Path, copies: int = 1) -> None:
    """Raise CookbookError when heads or blocks do not fit, or the machine has less memory or disk than is needed.

    `copies` counts what else is written beside the export in passing, as with an adapter that is fused first.
    """
    import psutil

    if shape.head % 16:
        raise CookbookError(
            f"the model has heads of {shape.head} numbers, and onnxruntime runs multiples of 16: it stays in PyTorch"
        )
    odd = [width for width in shape.widths if width % form.block_size]
    if form.precision != "fp32" and odd:
        fitting = [b for b in (16, 32, 64, 128, 256) if all(width % b == 0 for width in shape.widths)]
        choose = f"choose {' or '.join(map(str, fitting))}" if fitting else "export fp32"
        raise CookbookError(f"blocks of {form.block_size} do not divide a row of {odd[0]} weights: {choose}")
    needed, free = memory_bytes(shape, form), psutil.virtual_memory().available
    if needed > free:
        raise CookbookError(
            f"the export of {shape.parameters / 1e9:.2f} billion parameters needs about {needed / 1e9:.1f} GB of memory and "
            f"{free / 1e9:.1f} GB are free: close other programs, or export on a larger machine and copy the folder"
        )
    place = next(parent for parent in out.absolute().parents if parent.exists())  # the disk that it will be on
    room, space = disk_bytes(shape, form) + (copies - 1) * 4 * shape.parameters, shutil.disk_usage(place).free
    if room > space:
        raise CookbookError(
            f"the export needs {room / 1e9:.2f} GB on disk and {space / 1e9:.2f} GB are free in {place}: make room"
        )
