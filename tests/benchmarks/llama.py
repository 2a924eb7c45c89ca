"""llama.cpp beside the exports: the same random weights as a GGUF, quantized and decoded by its own library.

    LLAMA_CPP=/path/to/llama.cpp make bench     # its sources with a build in build/:
    cmake -B build -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DGGML_OPENMP=OFF && cmake --build build --target llama

The sources are on GitHub, and below vendor/llama.cpp in llama-cpp-python's source archive on PyPI.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HOME = Path(os.environ.get("LLAMA_CPP", "nowhere"))
GGML = [f"ggml/src/libggml{part}.a" for part in ("", "-cpu", "-base")]
LIBRARIES = [HOME / "build" / name for name in ("src/libllama.a", *GGML)]
NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output", "input_layernorm": "attn_norm",
    "self_attn.qkv_proj": "attn_qkv", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}  # fmt: skip


def is_here() -> bool:
    """Whether LLAMA_CPP names a built llama.cpp."""
    return all(path.exists() for path in LIBRARIES)


def decoder(source: Path, folder: Path):
    """A function of a number of tokens to llama.cpp's tokens per CPU second on one thread, in its Q4_0 of the model `source`."""
    program, made, code = folder / "llama_decode", folder / "llama_decode.o", Path(__file__).with_name("llama_decode.c")
    where = [f"-I{HOME / 'include'}", f"-I{HOME / 'ggml' / 'include'}"]
    subprocess.run(["cc", "-O2", "-c", str(code), *where, "-o", str(made)], check=True)
    subprocess.run(["c++", str(made), *map(str, LIBRARIES), "-lpthread", "-ldl", "-lm", "-o", str(program)], check=True)
    whole, small = folder / "f16.gguf", folder / "q4_0.gguf"
    paths = {**os.environ, "PYTHONPATH": str(HOME / "gguf-py")}
    subprocess.run([sys.executable, __file__, str(source), str(whole)], env=paths, check=True)

    def speed(tokens: int) -> float:
        command = [str(program), str(whole), str(small), str(tokens)]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    return speed


def write(source: Path, out: Path) -> None:
    """Write a Phi-3 of transformers as a GGUF in 16 bits, without a vocabulary: random weights have no words."""
    import gguf
    import torch
    from safetensors import safe_open
    from transformers import AutoConfig

    about = AutoConfig.from_pretrained(source)
    head = about.hidden_size // about.num_attention_heads
    writer = gguf.GGUFWriter(str(out), "phi3")
    writer.add_tokenizer_model("no_vocab")
    writer.add_vocab_size(about.vocab_size)
    writer.add_context_length(about.max_position_embeddings)
    writer.add_embedding_length(about.hidden_size)
    writer.add_feed_forward_length(about.intermediate_size)
    writer.add_block_count(about.num_hidden_layers)
    writer.add_head_count(about.num_attention_heads)
    writer.add_head_count_kv(about.num_key_value_heads)
    writer.add_layer_norm_rms_eps(about.rms_norm_eps)
    writer.add_rope_dimension_count(int(head * (about.rope_parameters or {}).get("partial_rotary_factor", 1.0)))
    for path in source.glob("*.safetensors"):
        with safe_open(path, "pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118
                values = tensors.get_tensor(name)
                kept = torch.float32 if values.ndim == 1 else torch.float16
                writer.add_tensor(_name(name), values.to(kept).numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _name(name: str) -> str:
    """transformers' name of a matrix in llama.cpp's words."""
    name = name.removesuffix(".weight")
    if not name.startswith("model.layers."):
        return NAMES[name] + ".weight"
    number, part = name.removeprefix("model.layers.").split(".", 1)
    return f"blk.{number}.{NAMES[part]}.weight"


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
