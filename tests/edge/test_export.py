"""Exports of a tiny model: parity, fused and switchable adapters, and nothing half-written."""

from __future__ import annotations

import importlib
import json
import shutil

import numpy as np
import pytest

from phicookbook.cli import main
from phicookbook.corpora import headlines
from phicookbook.edge import Form, adapters, export
from phicookbook.edge.exporting import REPORT
from phicookbook.edge.need import disk_bytes, shape_of
from phicookbook.models import open_model
from phicookbook.models.artifacts import path_of
from phicookbook.settings import CookbookError

PROMPTS = ["Hello", "What is the sentiment of this headline? The system was breached.", "positive negative", "7" * 40]


def texts(model) -> list[str]:
    return [reply.text for reply in model.chat_many(PROMPTS, max_new_tokens=12)]


@pytest.fixture(scope="session")
def exact(small_folder, tmp_path_factory):
    return export(str(small_folder), tmp_path_factory.mktemp("exports") / "fp32", Form("fp32", 16), items=6)


def test_foundry_local_finds_it(exact, small):
    """As its scanner and its documentation ask: a name without a colon, and the prompt around {Content}."""
    from phicookbook.edge import foundry

    about = json.loads((exact.folder / foundry.FILE).read_text(encoding="utf-8"))
    assert about["Name"] == exact.folder.name == "fp32"
    prompt = about["PromptTemplate"]["prompt"].replace("{Content}", PROMPTS[1])
    assert small.tokenizer(prompt, add_special_tokens=False)["input_ids"] == small.prompt_ids(PROMPTS[1])
    foundry.describe(exact.folder, "phi:int4")
    assert json.loads((exact.folder / foundry.FILE).read_text(encoding="utf-8"))["Name"] == "phi-int4"
    foundry.describe(exact.folder, exact.folder.name)


def test_fp32_is_the_same_model(exact, small):
    assert exact.parity[""].same and exact.parity[""].top.value == 1
    assert texts(open_model(str(exact.folder))) == texts(small)
    told = json.loads((exact.folder / REPORT).read_text())
    assert told["parity"]["base"]["same"] is True and told["form"] == "fp32"
    names = {path.name for path in exact.folder.iterdir()}
    assert {"model.onnx", "genai_config.json", "tokenizer.json", "chat_template.jinja", REPORT} <= names


@pytest.mark.parametrize("form", [Form("int8", 16), Form("int4", 16), Form("int4", 16, "fp32")], ids=lambda form: form.name)
def test_sizes_are_as_arithmetic_says(form, small_folder, tmp_path, exact):
    done = export(str(small_folder), tmp_path / "out", form, items=4)
    expected = disk_bytes(shape_of(small_folder), form)
    assert done.sizes.payload + done.sizes.scales + done.sizes.embedding == pytest.approx(expected, rel=0.02)
    on_disk = sum(path.stat().st_size for path in done.folder.glob("model.onnx*"))
    assert done.sizes.total <= on_disk < done.sizes.total + 60_000  # the graph itself
    assert done.sizes.total < exact.sizes.total
    assert len(texts(open_model(str(done.folder)))) == len(PROMPTS)


def test_fused_is_pytorch_with_the_adapter(small_folder, small_adapters, tmp_path, small):
    folder = small_adapters["first"]
    done = export(str(small_folder), tmp_path / "out", Form("fp32"), [str(folder)], fuse=True, items=6)
    assert done.parity[""].same
    assert texts(open_model(str(done.folder))) == texts(open_model(str(folder))) != texts(small)
    assert not (done.folder / "merged").exists()
    by_itself = export(str(folder), tmp_path / "itself", Form("fp32"), items=2)
    assert texts(open_model(str(by_itself.folder))) == texts(open_model(str(done.folder)))


@pytest.mark.parametrize("form", [Form("fp32"), Form("int4", 16)], ids=lambda form: form.name)
def test_adapters_are_switched_at_run_time(form, small_folder, small_adapters, tmp_path, small):
    done = export(str(small_folder), tmp_path / "out", form, [str(f) for f in small_adapters.values()], items=4)
    model = open_model(str(done.folder))
    assert list(model.adapters) == ["first", "second"] and set(done.parity) == {"", "first", "second"}
    answers = {name: texts(model.with_adapter(name)) for name in ("", "first", "second")}
    assert answers["first"] != answers[""] != answers["second"]
    assert texts(model) == answers[""]
    if form.precision == "fp32":
        assert answers == {"": texts(small)} | {name: texts(open_model(str(f))) for name, f in small_adapters.items()}
    with pytest.raises(CookbookError, match="has no adapter called 'third': choose one of first, second"):
        model.with_adapter("third")


def test_our_matrices_are_the_builders(small_folder, small_adapters, tmp_path):
    import onnx
    from onnx import numpy_helper

    from phicookbook.edge.build import build

    build(small_folder, tmp_path, Form("fp32"), True, adapter_path=small_adapters["first"])
    graph = onnx.load(str(tmp_path / "model.onnx")).graph
    theirs = {t.name: numpy_helper.to_array(t) for t in graph.initializer if adapters.LORA.search(t.name)}
    widths = {name.split(".")[-4]: array.shape[1] for name, array in theirs.items() if ".lora_B." in name}
    ours = adapters.weights(small_adapters["first"], widths)
    assert set(ours) == set(theirs) and len(ours) == 2 * 2 * 7
    assert all(np.allclose(ours[name], theirs[name], atol=1e-6) for name in ours)


def change(folder, **fields):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_bad_input_is_told_and_leaves_nothing(small_folder, tiny_folder, small_adapters, tmp_path, exact):
    unknown = tmp_path / "unknown"
    shutil.copytree(small_folder, unknown)
    change(unknown, architectures=["NobodysForCausalLM"])
    stranger = tmp_path / "stranger"
    shutil.copytree(small_adapters["first"], stranger)
    about = json.loads((stranger / "adapter_config.json").read_text())
    (stranger / "adapter_config.json").write_text(json.dumps(about | {"base_model_name_or_path": "somebody/else"}))
    torn = shutil.copytree(small_folder, tmp_path / "torn")
    (torn / "model.safetensors").write_bytes((torn / "model.safetensors").read_bytes()[:-100])
    empty = tmp_path / "empty"
    empty.mkdir()
    one, first = str(small_folder), str(small_adapters["first"])
    cases = [
        (dict(model=str(unknown)), "builder cannot export .*unknown, a NobodysForCausalLM: "),
        (dict(model=one, adapters=[str(stranger)]), "was trained on somebody/else, not on"),
        (dict(model=one, adapters=[str(empty)]), "holds no adapter: it has no adapter_config.json"),
        (dict(model=str(tiny_folder)), "heads of 8 numbers, and onnxruntime runs multiples of 16"),
        (dict(model=str(empty)), "holds no language model"),
        (dict(model="nothing"), "no model is called 'nothing'"),
        (dict(model="https://host/v1#phi"), "answers from another machine and gives no weights"),
        (dict(model=str(torn)), "the weights in .*torn cannot be read: "),
        (dict(model=one, items=0), "0 headlines compare nothing: give 1 or more"),
        (dict(model="somebody/elsewhere"), "is not on this machine"),
        (dict(model=first, adapters=[first]), "is an adapter itself: give its base"),
        (dict(model=str(exact.folder)), "is an export already"),
        (dict(model=one, adapters=[first, first], fuse=True), "2 adapters cannot be fused"),
        (dict(model=one, adapters=[first, first]), "two adapters are called first"),
        (dict(model=one, form=Form("int4", 64)), "blocks of 64 do not divide a row of 96 weights: choose 16 or 32"),
    ]
    for given, told in cases:
        with pytest.raises(CookbookError, match=told):
            export(**{"out": tmp_path / "out", "items": 2, **given})
        assert not list(tmp_path.glob("out*")), told
    with pytest.raises(CookbookError, match="exists already"):
        export(one, exact.folder)


def test_an_fp32_export_that_differs_is_refused(small_folder, tmp_path, monkeypatch):
    module = importlib.import_module("phicookbook.edge.exporting")

    def wrong(source, out, form, tied, **more):
        """The builder, on a model with one matrix changed."""
        from safetensors.numpy import load_file, save_file

        other = tmp_path / "other"
        shutil.copytree(source, other)
        weights = load_file(other / "model.safetensors")
        weights["model.layers.0.mlp.down_proj.weight"] *= 1.5
        save_file(weights, other / "model.safetensors", metadata={"format": "pt"})
        build(other, out, form, tied, **more)

    build = module.build
    monkeypatch.setattr(module, "build", wrong)
    with pytest.raises(CookbookError, match="the fp32 export differs from PyTorch, so nothing was written"):
        module.export(str(small_folder), tmp_path / "out", Form("fp32"), items=4)
    assert not list(tmp_path.glob("out*"))


def test_ctrl_c_leaves_nothing(small_folder, tmp_path, monkeypatch):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib.import_module("phicookbook.edge.exporting"), "compare", stop)
    with pytest.raises(KeyboardInterrupt):
        export(str(small_folder), tmp_path / "out", Form("fp32"), items=2)
    assert not list(tmp_path.glob("out*"))


def test_the_command(small_folder, small_adapters, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["export", str(small_folder), str(out), "--precision", "int4", "--block-size", "16", "--items", "3"]) == 0
    assert "int4-16" in capsys.readouterr().out and (out / "genai_config.json").exists()
    both = [str(folder) for folder in small_adapters.values()]
    arguments = ["--precision", "fp32", "--items", "2", "--adapters", *both]
    assert main(["export", str(small_folder), str(tmp_path / "two"), *arguments]) == 0
    assert "first: " in (told := capsys.readouterr().out) and "second: " in told
    assert main(["export", str(small_folder), str(out)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_the_artifact_in_four_bits(adapter):
    shutil.copytree(adapter, path_of("pocket-headlines"))
    model = open_model("pocket-headlines-int4")
    assert model.chat(headlines.prompt("Contoso recovers from a ransomware attack.")).text in headlines.LABELS
    assert (path_of("pocket-headlines-int4") / REPORT).exists()
