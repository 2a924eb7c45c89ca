"""The form of an export: precision, block size, and what becomes of the embedding.

Form("int4", block_size=32, embedding="int4")
"""

from __future__ import annotations

from dataclasses import dataclass

from phicookbook.settings import CookbookError

PRECISIONS = ("fp32", "int8", "int4")
BLOCKS = (16, 32, 64, 128, 256)
BITS = {"fp32": 32, "int8": 8, "int4": 4}


@dataclass(frozen=True)
class Form:
    """What the numbers of an export are stored as.

    `block_size` weights share a scale. `embedding` is "fp32" or "int4" and concerns the table that turns tokens into
    vectors; the builder knows no 8 bits for it. With tied embeddings an int4 table also serves as the output layer, and an
    fp32 one stands beside a quantized output layer. Raises CookbookError for a form that the builder does not know.
    """

    precision: str = "int4"
    block_size: int = 32
    embedding: str = ""  # "" is int4 for precision int4, else fp32

    def __post_init__(self):
        if self.precision not in PRECISIONS:
            raise CookbookError(f"precision is {self.precision!r}: choose one of {', '.join(PRECISIONS)}")
        if self.block_size not in BLOCKS:
            raise CookbookError(f"the block size is {self.block_size}: choose one of {', '.join(map(str, BLOCKS))}")
        if self.embedding not in ("", "fp32", "int4") or (self.embedding == "int4" and self.precision != "int4"):
            raise CookbookError(
                f"an embedding in {self.embedding!r} does not go with {self.precision}: leave it out, or give fp32"
            )

    @property
    def table(self) -> str:
        """The precision of the embedding."""
        return self.embedding or ("int4" if self.precision == "int4" else "fp32")

    @property
    def name(self) -> str:
        """A short name: "fp32", "int4-32", "int4-32 fp32 embedding"."""
        if self.precision == "fp32":
            return "fp32"
        kept = " fp32 embedding" if self.precision == "int4" and self.table == "fp32" else ""
        return f"{self.precision}-{self.block_size}{kept}"

    def options(self, tied: bool) -> dict:
        """The builder's own options for a model whose embedding is `tied` to its output layer, or not."""
        if self.precision == "fp32":
            return {"shared_embeddings": tied}
        kinds = "MatMul/Gather" if self.table == "int4" else "MatMul"
        shared = tied and self.table == "int4"
        return {"block_size": self.block_size, "op_types_to_quantize": kinds, "shared_embeddings": shared}
