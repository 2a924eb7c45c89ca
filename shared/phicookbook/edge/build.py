"""onnxruntime-genai's model builder, called as a library and kept quiet.

build(folder, Path("out"), Form("int4"), tied=True)
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import shutil
import tempfile
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
    with _quiet(), _readable(source) as place:
        try:
            options = builder.parse_extra_options(None, str(place), str(out), form.precision, "cpu", str(out), texts)
            builder.create_model(None, str(place), str(out), form.precision, "cpu", str(out), **options)
        except SafetensorError as error:
            raise CookbookError(f"the weights in {source} cannot be read: {error}. Copy or make them again") from error
        except (NotImplementedError, ValueError, RuntimeError) as error:
            raise CookbookError(
                f"onnxruntime-genai's builder cannot export {source}, a {_architecture(source)}: "
                f"{shorten(str(error).rstrip('.'), 200)}. Of the Phi family it exports {' and '.join(PHI)} for a CPU"
            ) from error


def for_the_builder(config: dict) -> dict:
    """A model's config.json as the builder reads it, with what it asks for and transformers 5 leaves out or does not use.

    LongRoPE is named by "type" beside "rope_type". Where positions are not scaled, a context other than the original one
    would be taken for LongRoPE. Of a norm's epsilon the builder knows one name only, and phi-2's is another.
    """
    if "layer_norm_eps" in config:
        config = {"rms_norm_eps": config["layer_norm_eps"]} | config
    key = "rope_scaling" if config.get("rope_scaling") else "rope_parameters"
    rope = config.get(key) or {}
    if rope.get("rope_type", rope.get("type", "default")) != "default":
        return config | {key: {"type": rope.get("rope_type", ""), **rope}}
    if "original_max_position_embeddings" in config:
        return config | {"original_max_position_embeddings": config["max_position_embeddings"]}
    return config


@contextlib.contextmanager
def _readable(source: Path):
    """The source, or, where its config.json needs a change for the builder, a folder of links to its files with a changed one."""
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    changed = for_the_builder(config)
    if changed == config:
        yield source
        return
    with tempfile.TemporaryDirectory() as name:
        for path in source.iterdir():
            if path.is_file() and path.name != "config.json":
                _link(path, Path(name) / path.name)
        (Path(name) / "config.json").write_text(json.dumps(changed), encoding="utf-8")
        yield Path(name)


def _link(path: Path, place: Path) -> None:
    """A link to a file, or a copy of it where the system allows no links."""
    try:
        place.symlink_to(path.resolve())
    except OSError:
        shutil.copyfile(path, place)


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
