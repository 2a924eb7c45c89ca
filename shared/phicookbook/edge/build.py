"""onnxruntime-genai's model builder, called as a library and kept quiet.

build(folder, Path("out"), Form("int4"), tied=True)
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
from pathlib import Path
from textwrap import shorten

from phicookbook.edge.form import Form
from phicookbook.settings import CookbookError

QUANTIZERS = ("onnxruntime.quantization.matmul_nbits_quantizer", "neural_compressor", "onnx_ir.serde")
# Only architectures of the Phi family that the builder exports for a CPU are checked in this book's tests.
PHI = ("PhiForCausalLM", "Phi3ForCausalLM")


def build(source: Path, out: Path, form: Form, tied: bool, **more) -> None:
    """Write the ONNX folder of a local transformers folder: model, genai_config.json, tokenizer, chat template.

    `more` are options of the builder. Raises CookbookError for an architecture that it does not know, or damaged weights.
    """
    from onnxruntime_genai.models import builder
    from safetensors import SafetensorError

    texts = [f"{name}={value}" for name, value in {**form.options(tied), **more}.items()]
    with _quiet():
        try:
            options = builder.parse_extra_options(None, str(source), str(out), form.precision, "cpu", str(out), texts)
            builder.create_model(None, str(source), str(out), form.precision, "cpu", str(out), **options)
        except SafetensorError as error:
            raise CookbookError(f"the weights in {source} cannot be read: {error}. Copy or make them again") from error
        except (NotImplementedError, ValueError, RuntimeError) as error:
            raise CookbookError(
                f"onnxruntime-genai's builder cannot export {source}, a {_architecture(source)}: "
                f"{shorten(str(error).rstrip('.'), 200)}. Of the Phi family it exports {' and '.join(PHI)} for a CPU"
            ) from error


def _architecture(source: Path) -> str:
    return ", ".join(json.loads((source / "config.json").read_text(encoding="utf-8")).get("architectures") or ["unknown kind"])


@contextlib.contextmanager
def _quiet():
    """Keep what the builder and its libraries print away from the reader."""
    from transformers.utils import logging as of_transformers

    loggers = [logging.getLogger(name) for name in QUANTIZERS]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.CRITICAL)
    of_transformers.disable_progress_bar()
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere), contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
