"""Answers held to a JSON schema while they are written: tokens that would break it are struck out at each step.

    model.chat("Give the city and the age.", schema={"type": "object", "properties": {...}})

The grammar work is llguidance's (https://github.com/guidance-ai/llguidance).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from phicookbook.settings import CookbookError

# JSON allows white space without end between its parts, and a small model would write it.
COMPACT = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}


def one_each(schema: dict | Sequence[dict] | None, count: int) -> list[dict | None]:
    """A schema for each of `count` conversations, from one for all, one each, or none.

    Raises CookbookError for another number.
    """
    if schema is None or isinstance(schema, dict):
        return [schema] * count
    if len(schema) != count:
        raise CookbookError(f"there are {len(schema)} schemas for {count} conversations: give one for all, or one for each")
    return list(schema)


def grammar(schema: dict) -> str:
    """llguidance's grammar for compact JSON under `schema`; raises CookbookError for a schema that nothing satisfies."""
    from llguidance import LLMatcher

    try:
        found = LLMatcher.grammar_from_json_schema(json.dumps({**schema, "x-guidance": COMPACT}))
    except (TypeError, ValueError) as error:
        raise CookbookError(f"the schema is no JSON schema: {error}") from error
    fault = LLMatcher.validate_grammar(found)
    if fault and not fault.startswith("WARNING"):
        raise CookbookError(f"no JSON can satisfy the schema, or a part of it is unknown: {fault.strip().splitlines()[0]}")
    return found


def tokenizer_for(tokenizer, width: int, ends: list[int]):
    """llguidance's view of a fast tokenizer whose model has `width` logits and stops at one of `ends`."""
    from llguidance.hf import from_tokenizer

    return from_tokenizer(tokenizer, n_vocab=width, eos_token=ends)


def matcher(tokenizer, schema: dict):
    """llguidance's state of one answer under `schema`: give it each token that was written with `consume_token`."""
    from llguidance import LLMatcher

    return LLMatcher(tokenizer, grammar(schema))


def allowed(matchers: Sequence, width: int):
    """Which tokens may come next, a boolean array of shape (answers, width); all of them where the matcher is None."""
    import numpy as np
    from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

    mask = allocate_token_bitmask(len(matchers), width)
    for row, one in enumerate(matchers):
        if one:
            fill_next_token_bitmask(one, mask, row)
    return np.unpackbits(mask.view(np.uint8), axis=1, bitorder="little")[:, :width].astype(bool)


class Masks:
    """What the rows of a batch may write next, each under its own schema; a row that has ended may write anything.

    `tokenizer` comes from `tokenizer_for` with the same `ends`. Raises CookbookError for a bad schema.
    """

    def __init__(self, tokenizer, schemas: Sequence[dict], ends: list[int]):
        self.ends = ends
        self.matchers: list = [matcher(tokenizer, schema) for schema in schemas]  # None where the row has ended

    def consume(self, tokens: Sequence[int]) -> None:
        """Tell what each row has just written."""
        for row, token in enumerate(tokens):
            if token in self.ends:
                self.matchers[row] = None
            elif one := self.matchers[row]:
                one.consume_token(token)

    def allowed(self, width: int):
        """Which tokens may come next: a boolean array of shape (rows, width)."""
        return allowed(self.matchers, width)


def processor(tokenizer, schemas: Sequence[dict], ends: list[int]):
    """A logits processor of transformers for one call of generate(), with a schema for each row; see `Masks`."""
    import torch
    from transformers import LogitsProcessor

    masks = Masks(tokenizer, schemas, ends)

    class HoldToSchema(LogitsProcessor):
        def __init__(self):
            self.begun = False

        def __call__(self, input_ids, scores):
            if self.begun:
                masks.consume(input_ids[:, -1].tolist())
            self.begun = True
            may = torch.from_numpy(masks.allowed(scores.shape[1])).to(scores.device)
            return scores.masked_fill(~may, float("-inf"))

    return HoldToSchema()
