"""The transformers backend: a model that runs in this process, from a folder or a hub id.

model = open_folder(Path("folder"), "my-model")
model.chat("Hello").text
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from logging import getLogger
from pathlib import Path
from textwrap import shorten

from phicookbook import settings
from phicookbook.chat import Reply
from phicookbook.models import constrain
from phicookbook.models.tokens import TokenModel, check_sampling
from phicookbook.settings import CookbookError

CACHE_SHARE, LEAST_CACHE = 0.25, 128 * 2**20  # of the weights' bytes; bytes


def open_folder(source: Path | str, name: str, in_4bit: bool = False) -> LocalModel:
    """A model from a folder (whole model or LoRA adapter) or a hub id; `in_4bit` loads its layers' matrices in four bits.

    Raises CookbookError when the folder holds no model or the hub's files can't be had.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    torch.set_num_threads(settings.threads())
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    hush_bitsandbytes()
    base, adapters = _layers_of(source)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = torch.bfloat16 if device == "cuda" else torch.float32
    try:
        tokenizer = AutoTokenizer.from_pretrained(base)
        model = AutoModelForCausalLM.from_pretrained(base, dtype=kind, **(_four_bits(kind) if in_4bit else {}))
    except (OSError, ValueError, SafetensorError) as error:
        raise CookbookError(_why_not(base, adapters[0] if adapters else None, error)) from error
    for adapter in adapters:
        model = _with_adapter(model, adapter)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return LocalModel(name, (model if in_4bit else model.to(device)).eval(), tokenizer)


def hush_bitsandbytes() -> None:
    """Silence bitsandbytes, which misses a kernel of the hub on some CPUs; to be called before peft, which imports it."""
    getLogger("bitsandbytes").setLevel("ERROR")


def _four_bits(kind) -> dict:
    """How QLoRA loads a base: NormalFloat of four bits, its scales quantized too (Dettmers and others 2023, arXiv:2305.14314), on
    the CPU or the GPU of this process among several."""
    import torch
    from transformers import BitsAndBytesConfig

    return {
        "quantization_config": BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=kind
        ),
        "device_map": {"": torch.cuda.current_device() if torch.cuda.is_available() else "cpu"},
    }


def _layers_of(source: Path | str) -> tuple[str, list[Path]]:
    """(what to load, adapters to put on it in their order): a folder with an adapter_config.json names its base, which may be
    the folder of another adapter."""
    import json

    folder = Path(source)
    listing = folder / "adapter_config.json"
    if not listing.exists():
        return str(source), []
    try:
        base = json.loads(listing.read_text(encoding="utf-8"))["base_model_name_or_path"]
    except (ValueError, KeyError, TypeError):
        raise CookbookError(f"{listing} is damaged: make the adapter again, or delete {folder}") from None
    below, adapters = _layers_of(settings.bundled().get(base, base))
    return below, [*adapters, folder]


def _with_adapter(model, adapter: Path):
    """The model with a LoRA adapter merged into its weights."""
    import warnings

    from peft import PeftModel
    from safetensors import SafetensorError

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*", category=FutureWarning)  # peft's, not ours
            return PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
    except (OSError, ValueError, SafetensorError) as error:
        raise CookbookError(f"{adapter} holds no adapter that peft can open: {shorten(str(error), 200)}") from error


def _why_not(base: str, adapter: Path | None, error: Exception) -> str:
    if Path(base).is_dir():
        reason = shorten(str(error), 200) if (Path(base) / "config.json").exists() else "it has no config.json"
        return f"{base} holds no model that transformers can open: {reason}"
    whose = f" (the base of the adapter {adapter})" if adapter else ""
    if _is_cached(base):
        return f"{base}{whose} is on this machine, but transformers cannot open it: {shorten(str(error), 300)}"
    return (
        f"{base}{whose} is not on this machine and could not be fetched from the hub. "
        f"Where there is a network, run `hf download {base}` first, or use the bundled model: PHI_MODEL=pocket."
    )


def _is_cached(base: str) -> bool:
    """Whether the configuration of a hub model lies in this machine's cache."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        return isinstance(try_to_load_from_cache(base, "config.json"), str)
    except HFValidationError:
        return False


class LocalModel(TokenModel):
    """A causal language model of transformers with its tokenizer; follows the protocol in `phicookbook.chat`."""

    def __init__(self, name: str, model, tokenizer):
        context = int(getattr(model.config.get_text_config(), "max_position_embeddings", 2048))
        ends = model.generation_config.eos_token_id
        width = model.get_output_embeddings().weight.shape[0]
        super().__init__(name, tokenizer, context, ends if isinstance(ends, list) else [ends], width)
        self.model = model
        self.batch_tokens = _batch_tokens(model)

    def _pieces(self, prompt: list[int], options: dict, schema: dict | None) -> Iterator[str]:
        import torch
        from transformers import TextIteratorStreamer

        ids = torch.tensor([prompt], device=self.model.device)
        options = options | self._held_to([schema])
        pieces = TextIteratorStreamer(self.tokenizer, skip_prompt=True, skip_special_tokens=True)
        yield from _written(self.model, pieces, {"input_ids": ids, "attention_mask": torch.ones_like(ids), **options})

    def _held_to(self, schemas: list[dict | None]) -> dict:
        """generate()'s setting for rows under their schemas; a new one for each call, since it follows the rows."""
        if None in schemas:
            return {}
        return {"logits_processor": [constrain.processor(self._grammar_tokenizer, schemas, self.ends)]}

    def _decoding(self, max_new_tokens: int, temperature: float, top_p: float, top_k: int, seed: int | None) -> dict:
        """generate()'s settings; seeds torch when the answer is sampled."""
        import torch

        options = _sampling(temperature, top_p, top_k) | {"max_new_tokens": max_new_tokens}
        if temperature > 0:
            torch.manual_seed(settings.seed() if seed is None else seed)
        return options

    def _generate(self, prompts: list[list[int]], options: dict, schemas: list[dict | None]) -> list[Reply]:
        import torch

        width = max(map(len, prompts))
        pad = self.tokenizer.pad_token_id
        ids = torch.tensor([[pad] * (width - len(p)) + p for p in prompts], device=self.model.device)
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=self.model.device)
        started = time.perf_counter()
        with torch.inference_mode():
            out = self.model.generate(input_ids=ids, attention_mask=mask, **options, **self._held_to(schemas))[:, width:].tolist()
        seconds = (time.perf_counter() - started) / len(prompts)
        room = options["max_new_tokens"]
        return [self._reply(row, len(p), seconds, room) for row, p in zip(out, prompts, strict=True)]


def _batch_tokens(model) -> int:
    """Tokens of a batch whose keys and values take no more than CACHE_SHARE of what the weights take, or LEAST_CACHE."""
    config = model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    each = 2 * config.num_hidden_layers * heads * width * model.dtype.itemsize
    return int(max(CACHE_SHARE * sum(weights.nbytes for weights in model.parameters()), LEAST_CACHE)) // each


def _written(model, pieces, options: dict) -> Iterator[str]:
    """What generate() puts into a streamer from a thread of its own. Closing the iterator ends that thread at its next token."""
    from threading import Event, Thread

    import torch

    faults: list[Exception] = []
    left = Event()

    def has_left(ids, scores, **more):
        return torch.full((len(ids),), left.is_set(), device=ids.device)

    def write() -> None:
        try:
            model.generate(streamer=pieces, stopping_criteria=[has_left], **options)
        except Exception as error:  # raised below: an error that stays in the thread would leave the reader waiting
            faults.append(error)
            pieces.end()

    work = Thread(target=write, daemon=True)
    work.start()
    try:
        yield from (piece for piece in pieces if piece)
    finally:
        left.set()
        work.join()
    if faults:
        raise faults[0]


def _sampling(temperature: float, top_p: float, top_k: int) -> dict:
    """generate()'s settings for greedy or sampled decoding."""
    check_sampling(temperature, top_p, top_k)
    if temperature == 0:
        return {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
    return {"do_sample": True, "temperature": float(temperature), "top_p": top_p, "top_k": top_k}
