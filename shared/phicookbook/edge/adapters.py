"""LoRA adapters that are switched at run time: one base in memory, a small file for each task.

The builder bakes one adapter into the graph. Here its matrices become inputs of the graph with defaults of rank 0, which
add nothing, and each adapter is written to a file that onnxruntime-genai's `Adapters` reads.

    promote(folder, adapter); write(adapter, folder / "adapters" / "a.onnx_adapter")
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import shorten

from phicookbook import settings
from phicookbook.settings import CookbookError

LORA = re.compile(r"\.lora_([AB])\.MatMul\.weight$")
PARTS = {"qkv_proj": ("q_proj", "k_proj", "v_proj"), "gate_up_proj": ("gate_proj", "up_proj")}


def config_of(adapter: Path) -> dict:
    """The settings of a LoRA adapter; raises CookbookError for a folder that holds none, or one of another kind."""
    listing = adapter / "adapter_config.json"
    try:
        config = json.loads(listing.read_text(encoding="utf-8"))
        config["base_model_name_or_path"], config["r"], config["lora_alpha"]
    except FileNotFoundError:
        raise CookbookError(f"{adapter} holds no adapter: it has no adapter_config.json") from None
    except (ValueError, KeyError, TypeError):
        raise CookbookError(f"{listing} is damaged: make the adapter again") from None
    if config.get("peft_type") != "LORA" or config.get("use_dora") or config.get("modules_to_save"):
        raise CookbookError(f"{adapter} is no plain LoRA adapter: merge it in transformers and export the merged model")
    return config


def check_base(adapter: Path, base: str, place: Path | str) -> None:
    """Raise CookbookError when an adapter was trained on another base than the one that is exported."""
    own = config_of(adapter)["base_model_name_or_path"]
    home = settings.bundled().get(own, Path(own))
    if own not in (base, str(place)) and not (home.is_dir() and home.resolve() == Path(place).resolve()):
        raise CookbookError(f"the adapter {adapter} was trained on {own}, not on {base}: export it with its own base")


def node_names(layers: int) -> list[str]:
    """Names of the builder's LoRA nodes, which stay unquantized."""
    places = [f"attn/{p}" for p in ("q_proj", "k_proj", "v_proj", "o_proj")] + [
        f"mlp/{p}" for p in ("gate_proj", "up_proj", "down_proj")
    ]
    return [f"/model/layers.{n}/{p}/lora_{side}/MatMul" for n in range(layers) for p in places for side in "AB"]


def weights(adapter: Path, widths: dict[str, int]) -> dict:
    """{graph input: array} of an adapter: A is (inputs, rank), B is (rank, outputs) times the LoRA scale alpha / rank.

    `widths` are the outputs of each part of a fused matrix, such as q_proj of qkv_proj. Raises CookbookError for matrices
    that the export does not know.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    config = config_of(adapter)
    scale = config["lora_alpha"] / (config["r"] ** 0.5 if config.get("use_rslora") else config["r"])
    try:
        tensors = load_file(adapter / "adapter_model.safetensors")
    except (OSError, SafetensorError) as error:
        raise CookbookError(f"{adapter} holds no weights that can be read: {shorten(str(error), 120)}") from error
    found = {}
    for name, tensor in tensors.items():
        match = re.search(r"model\.layers\.(\d+)\.(?:self_)?(attn|mlp)\.(\w+)\.lora_([AB])\.weight$", name)
        if not match:
            raise CookbookError(f"{adapter} changes {name}, which no adapter that is switched at run time can: fuse it instead")
        layer, block, matrix, side = match.groups()
        values = (tensor.astype(np.float32) * (scale if side == "B" else 1.0)).T
        start = 0
        for part in PARTS.get(matrix, (matrix,)):
            width = widths[part] if matrix in PARTS else values.shape[1]
            piece = values if side == "A" else values[:, start : start + width]
            start += width
            found[f"model.layers.{layer}.{block}.{part}.lora_{side}.MatMul.weight"] = np.ascontiguousarray(piece)
    return found


def promote(folder: Path) -> dict[str, tuple[int, ...]]:
    """Turn the baked-in LoRA matrices of `folder`/model.onnx into inputs with defaults of rank 0; returns their former shapes."""
    import onnx
    from onnx import TensorProto, helper

    path = folder / "model.onnx"
    model = onnx.load(str(path), load_external_data=True)
    baked = {t.name: t for t in model.graph.initializer if LORA.search(t.name)}
    for name, tensor in baked.items():
        shape = [0, tensor.dims[1]] if LORA.search(name)[1] == "B" else [tensor.dims[0], 0]
        free = ["rank" if size == 0 else size for size in shape]
        model.graph.initializer.remove(tensor)
        model.graph.initializer.append(helper.make_tensor(name, TensorProto.FLOAT, shape, []))
        model.graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, free))
    for value in model.graph.value_info:  # where the rank was recorded as a number, a buffer of that size would be reused
        if "/lora_A/" in value.name:
            value.type.tensor_type.shape.dim[-1].dim_param = "rank"
    for old in folder.glob("model.onnx*"):
        old.unlink()
    onnx.save_model(model, str(path), save_as_external_data=True, location="model.onnx.data", size_threshold=1024)
    return {name: tuple(tensor.dims) for name, tensor in baked.items()}


def write(values: dict, path: Path) -> None:
    """Write an adapter's arrays as the file that onnxruntime-genai loads."""
    import onnxruntime as ort

    path.parent.mkdir(parents=True, exist_ok=True)
    file = ort.AdapterFormat()
    file.set_adapter_version(1)
    file.set_model_version(1)
    file.set_parameters({name: ort.OrtValue.ortvalue_from_numpy(array) for name, array in values.items()})
    file.export_adapter(str(path))
