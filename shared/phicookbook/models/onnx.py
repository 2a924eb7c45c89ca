"""The ONNX backend: an exported folder, run by onnxruntime-genai.

model = open_onnx(Path("exported"), "exported")   # a folder of `cookbook export`
model.chat("Hello").text
model.with_adapter("headlines").chat("Hello").text   # where the export has adapters
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import shorten

from phicookbook import settings
from phicookbook.chat import Reply
from phicookbook.models import constrain
from phicookbook.models.tokens import TokenModel, check_sampling
from phicookbook.settings import CookbookError

CONFIG = "genai_config.json"
ADAPTERS, SUFFIX = "adapters", ".onnx_adapter"
MOST_ROWS = 32  # onnxruntime-genai takes no larger batch
UNSURE = "\N{REPLACEMENT CHARACTER}"  # how a character ends of which not all bytes are there yet


def is_exported(folder: Path) -> bool:
    """Whether a folder holds a model for onnxruntime-genai."""
    return (folder / CONFIG).exists()


def open_onnx(folder: Path, name: str) -> OnnxModel:
    """The model of an exported folder.

    Raises CookbookError when a file of it is missing or damaged.
    """
    import onnxruntime_genai as og
    from transformers import AutoTokenizer

    og.disable_telemetry_events()
    try:
        about = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["model"]
        ends = about["eos_token_id"]
        numbers = {"context": int(about["context_length"]), "width": int(about["vocab_size"])}
        config = og.Config(str(folder))
        threads = {"model": {"decoder": {"session_options": {"intra_op_num_threads": settings.threads()}}}}
        config.overlay(json.dumps(threads))
        model = og.Model(config)
        tokenizer = AutoTokenizer.from_pretrained(str(folder))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        why = shorten(str(error), 200)
        raise CookbookError(f"{folder} holds no model that onnxruntime-genai can open: {why}. Export it again") from error
    return OnnxModel(
        name, model, tokenizer, ends=ends if isinstance(ends, list) else [ends], adapters=_adapters(folder), **numbers
    )


def _adapters(folder: Path) -> dict[str, Path]:
    return {path.name.removesuffix(SUFFIX): path for path in sorted((folder / ADAPTERS).glob("*" + SUFFIX))}


class OnnxModel(TokenModel):
    """A model in onnxruntime-genai with its tokenizer; follows the protocol in `phicookbook.chat`.

    `adapters` maps the names of adapters that can be switched to onto their files.
    """

    def __init__(self, name: str, model, tokenizer, *, context: int, ends: list[int], width: int, adapters: dict[str, Path]):
        super().__init__(name, tokenizer, context, ends, width)
        self.model = model
        self.adapters = adapters
        self.adapter = ""
        self._loaded = None

    def with_adapter(self, name: str) -> OnnxModel:
        """The same model with an adapter put on, "" for none; the weights in memory are shared.

        Raises CookbookError for a name that the export has no adapter of.
        """
        if name and name not in self.adapters:
            known = ", ".join(self.adapters) or "none"
            raise CookbookError(f"{self.name} has no adapter called {name!r}: choose one of {known}")
        if self.adapters and self._loaded is None:
            self._loaded = self._load()
        other = OnnxModel(
            self.name, self.model, self.tokenizer,
            context=self.context, ends=self.ends, width=self.width, adapters=self.adapters,
        )  # fmt: skip
        other.adapter, other._loaded = name, self._loaded
        return other

    def _load(self):
        import onnxruntime_genai as og

        loaded = og.Adapters(self.model)
        for name, path in self.adapters.items():
            try:
                loaded.load(str(path), name)
            except RuntimeError as error:
                raise CookbookError(f"{path} is no adapter of this model: {shorten(str(error), 200)}") from error
        return loaded

    def _pieces(self, prompt: list[int], options: dict, schema: dict | None) -> Iterator[str]:
        row: list[int] = []
        told = 0
        for (token,) in self._steps([prompt], options, [schema]):
            row.append(token)
            text = self._reply(row, 0, 0.0, options["max_new_tokens"]).text
            if not text.endswith(UNSURE) and len(text) > told:
                yield text[told:]
                told = len(text)
        rest = self._reply(row, 0, 0.0, options["max_new_tokens"]).text[told:]
        if rest:
            yield rest

    def _decoding(self, max_new_tokens: int, temperature: float, top_p: float, top_k: int, seed: int | None) -> dict:
        """onnxruntime-genai's search options, and "max_new_tokens" besides."""
        check_sampling(temperature, top_p, top_k)
        if temperature == 0:
            return {"max_new_tokens": max_new_tokens, "do_sample": False}
        drawn = settings.seed() if seed is None else seed
        options = {"do_sample": True, "temperature": temperature, "top_p": top_p, "random_seed": drawn}
        return options | {"max_new_tokens": max_new_tokens, "top_k": top_k or self.width}

    def _batches(self, order: list[int], prompts: list[list[int]], room: int) -> Iterator[list[int]]:
        """Groups of prompts of exactly one length: onnxruntime-genai 0.18 answers otherwise when prompts are padded."""
        rows: list[int] = []
        for i in order:
            full = len(rows) == MOST_ROWS or (len(rows) + 1) * (len(prompts[i]) + room) > self.batch_tokens
            if rows and (full or len(prompts[i]) != len(prompts[rows[0]])):
                yield rows
                rows = []
            rows.append(i)
        if rows:
            yield rows

    def _generate(self, prompts: list[list[int]], options: dict, schemas: list[dict | None]) -> list[Reply]:
        started = time.perf_counter()
        columns = list(self._steps(prompts, options, schemas))
        seconds = (time.perf_counter() - started) / len(prompts)
        rows = [[column[place] for column in columns] for place in range(len(prompts))]
        room = options["max_new_tokens"]
        return [self._reply(row, len(p), seconds, room) for row, p in zip(rows, prompts, strict=True)]

    def _steps(self, prompts: list[list[int]], options: dict, schemas: list[dict | None]) -> Iterator[list[int]]:
        """The next token of each row, until every row has ended; behind its end a row holds whatever fills it."""
        generator = self._generator(prompts, options)
        masks = None if None in schemas else constrain.Masks(self._grammar_tokenizer, schemas, self.ends)
        for _ in range(options["max_new_tokens"]):
            if masks:
                self._hold(generator, masks)
            generator.generate_next_token()
            tokens = [int(token) for token in generator.get_next_tokens()]
            if masks:
                masks.consume(tokens)
            yield tokens
            if generator.is_done():
                return

    def _generator(self, prompts: list[list[int]], options: dict):
        """onnxruntime-genai's generator, fed with prompts of one length."""
        import numpy as np
        import onnxruntime_genai as og

        search = {key: value for key, value in options.items() if key != "max_new_tokens"}
        longest = len(prompts[0]) + options["max_new_tokens"]
        params = og.GeneratorParams(self.model)
        params.set_search_options(max_length=longest, batch_size=len(prompts), **search)
        generator = og.Generator(self.model, params)
        if self.adapter:
            generator.set_active_adapter(self._loaded, self.adapter)
        generator.append_tokens(np.array(prompts, dtype=np.int32))
        return generator

    def _hold(self, generator, masks: constrain.Masks) -> None:
        """Strike out what would break the schemas; a row that has ended is left as it is."""
        import numpy as np

        logits = generator.get_logits()
        allowed = masks.allowed(self.width)
        allowed[~allowed.any(axis=1)] = True
        generator.set_logits(np.where(allowed[:, None, :], logits, -np.inf).astype(logits.dtype))
