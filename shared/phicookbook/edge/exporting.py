"""Export a model for onnxruntime-genai, Foundry Local and the browser, and prove that it still says the same.

done = export("pocket", Path("out"), Form("int4"), adapters=["pocket-headlines"])
print(done.parity)
"""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from phicookbook.edge import adapters as lora
from phicookbook.edge import foundry
from phicookbook.edge.build import build
from phicookbook.edge.form import Form
from phicookbook.edge.need import Shape, check, disk_bytes, memory_bytes, shape_of
from phicookbook.edge.parity import Parity, compare
from phicookbook.edge.sizes import Sizes, sizes
from phicookbook.edge.whole import check_new, whole
from phicookbook.models import find
from phicookbook.models.local import open_folder
from phicookbook.models.onnx import ADAPTERS, SUFFIX, open_onnx
from phicookbook.settings import CookbookError, write_text

REPORT = "export.json"


@dataclass(frozen=True)
class Export:
    """A finished export: its folder, form, sizes in bytes and how it compares with PyTorch (for each adapter)."""

    folder: Path
    form: Form
    sizes: Sizes
    parity: dict[str, Parity]


def export(
    model: str, out: Path, form: Form | None = None, adapters: Sequence[str] = (), fuse: bool = False, items: int = 40
) -> Export:
    """Write `model` (pocket, an artifact, a folder, a hub id on this machine) to the folder `out` in a form.

    A model that is a LoRA adapter is fused with its base. `adapters` are put beside the model to be switched at run time;
    with `fuse` the one adapter is merged into the weights instead. `items` headlines are asked to compare. `out` appears
    only when all is done. Raises CookbookError for bad input, too little memory or disk, and an fp32 export that differs.
    """
    form, out = form or Form(), Path(out)
    if items < 1:
        raise CookbookError(f"{items} headlines compare nothing: give 1 or more")
    check_new(out)
    base, place, named, fuse = _resolve(model, adapters, fuse)
    shape = shape_of(place)
    check(shape, form, out, copies=2 if fuse or len(named) else 1)
    with whole(out) as part:
        if fuse:
            parity = _fused(next(iter(named.values())), part, form, shape, items)
        elif named:
            parity = _switchable(place, named, part, form, shape, items)
        else:
            build(place, part, form, shape.tied)
            parity = {"": _compared(open_folder(place, base), part, form, items)}
        foundry.describe(part, out.name)
        done = Export(out, form, sizes(part), parity)
        write_text(part / REPORT, json.dumps(_report(base, list(named), fuse, shape, done), indent=1) + "\n")
    return done


def make(folder: Path) -> Export:
    """Export pocket-headlines, fused, in four bits: the artifact pocket-headlines-int4."""
    return export("pocket-headlines", folder, Form("int4"))


def _resolve(model: str, adapters: Sequence[str], fuse: bool) -> tuple[str, Path, dict[str, Path], bool]:
    """(name of the base, its folder, adapters by name, whether to fuse); a model that is itself an adapter is fused."""
    if model.startswith(("http://", "https://")):
        raise CookbookError(f"{model} answers from another machine and gives no weights: export a model that is here")
    place = find(model)
    if isinstance(place, Path) and (place / "adapter_config.json").exists():
        if adapters:
            raise CookbookError(f"{model} is an adapter itself: give its base, and it as one of the adapters")
        return _resolve(lora.config_of(place)["base_model_name_or_path"], [model], True)
    if isinstance(place, Path) and (place / "genai_config.json").exists():
        raise CookbookError(f"{model} is an export already: give the model that it was made from")
    if fuse and len(adapters) != 1:
        raise CookbookError(f"{len(adapters)} adapters cannot be fused into one model: give one, or leave out --fuse")
    named: dict[str, Path] = {}
    for each in adapters:
        found = find(each)
        if isinstance(found, str):
            raise CookbookError(f"the adapter {each} must be a folder on this machine")
        lora.check_base(found, model, place)
        name = Path(each).name
        if name in named:
            raise CookbookError(f"two adapters are called {name}: rename one folder")
        named[name] = found
    return model, _folder(place), named, fuse


def _folder(place: Path | str) -> Path:
    """The folder of a hub model that was fetched before."""
    if isinstance(place, Path):
        return place
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(place, local_files_only=True))
    except LocalEntryNotFoundError:
        raise CookbookError(
            f"{place} is not on this machine: where there is a network, run `hf download {place}` first"
        ) from None


def _fused(adapter: Path, part: Path, form: Form, shape: Shape, items: int) -> dict[str, Parity]:
    """Merge the adapter into its base, export the merged weights, compare with adapter and base in PyTorch."""
    merged = part / "merged"
    joined = open_folder(adapter, adapter.name)
    joined.model.save_pretrained(merged)
    joined.tokenizer.save_pretrained(merged)
    build(merged, part, form, shape.tied)
    shutil.rmtree(merged)
    return {"": _compared(joined, part, form, items)}


def _switchable(place: Path, named: dict[str, Path], part: Path, form: Form, shape: Shape, items: int) -> dict[str, Parity]:
    """Export the base with open places for LoRA matrices, and each adapter as a file beside it."""
    first, *_ = named.values()
    layers = _layers(place)
    build(place, part, form, shape.tied, adapter_path=first, nodes_to_exclude=",".join(lora.node_names(layers)))
    shapes = lora.promote(part)
    outputs = {name.split(".")[-4]: dims[1] for name, dims in shapes.items() if ".lora_B." in name}
    for name, folder in named.items():
        values = lora.weights(folder, outputs)
        if set(values) != set(shapes):
            raise CookbookError(f"the adapters {', '.join(named)} change different matrices: export them one by one, with --fuse")
        lora.write(values, part / ADAPTERS / (name + SUFFIX))
    found = {"": _compared(open_folder(place, "base"), part, form, items)}
    return found | {name: _compared(open_folder(folder, name), part, form, items, name) for name, folder in named.items()}


def _layers(place: Path) -> int:
    return int(json.loads((place / "config.json").read_text(encoding="utf-8"))["num_hidden_layers"])


def _compared(pytorch, part: Path, form: Form, items: int, adapter: str = "") -> Parity:
    """The comparison with PyTorch; raises CookbookError when 32-bit weights answer differently."""
    gc.collect()  # the builder's copies of the weights
    onnx = open_onnx(part, "the export")
    parity = compare(pytorch, onnx.with_adapter(adapter) if adapter else onnx, part, items)
    if form.precision == "fp32" and not parity.same:
        raise CookbookError(f"the fp32 export differs from PyTorch, so nothing was written ({parity}): report it with the model")
    return parity


def _report(base: str, named: list[str], fuse: bool, shape: Shape, done: Export) -> dict:
    """What export.json tells."""
    from importlib.metadata import version

    return {
        "model": base, "adapters": named, "fused": fuse, **asdict(done.form), "form": done.form.name,
        "architecture": shape.architecture, "parameters": shape.parameters, "of them embedding": shape.embedding,
        "bytes": asdict(done.sizes) | {"total": done.sizes.total}, "bytes expected": disk_bytes(shape, done.form),
        "memory stated": memory_bytes(shape, done.form),
        "parity": {name or "base": each.to_dict() for name, each in done.parity.items()},
        "versions": {name: version(name) for name in ("onnxruntime-genai", "onnxruntime", "transformers", "torch")},
    }  # fmt: skip
