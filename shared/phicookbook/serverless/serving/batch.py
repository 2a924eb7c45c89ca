"""One base model and the adapters beside it, answering many requests in one batch that they join and leave at any step.

    batch = Batch(open_model("pocket"))
    batch.add("1", [{"role": "user", "content": "Hello"}], Options(), adapter="")
    while batch.busy:
        for event in batch.step(): ...

Rows stand flush right in one key-value cache: a new request is read by itself and its cache is laid beside the others',
filled up on the left (continuous batching: Yu et al., Orca, OSDI 2022). Which adapter a row uses is PEFT's work.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from phicookbook.chat import ROLES, as_messages
from phicookbook.models import constrain
from phicookbook.serverless.errors import ApiError
from phicookbook.serverless.serving.adapters import Adapters
from phicookbook.serverless.serving.sampling import Options, Text, choose, logprobs_of
from phicookbook.settings import CookbookError

MOST_ROWS = 64
MOST_JOINING = 4_096  # tokens read at once for requests that join, so that the others do not wait long
USUAL_ANSWER = 512


@dataclass
class Row:
    """One request in the batch."""

    id: str
    ids: list[int]
    options: Options
    adapter: str
    text: Text
    room: int
    generator: Any = None
    matcher: Any = None
    written: list[int] = field(default_factory=list)
    untold: dict[str, Any] = field(default_factory=lambda: {"text": "", "logprobs": []})


class Batch:
    """Requests to one base model. Not for more than one thread."""

    def __init__(self, opened):
        self.opened = opened
        ends = opened.model.generation_config.eos_token_id
        self.ends = ends if isinstance(ends, list) else [ends]
        self.waiting: deque[Row] = deque()
        self.rows: list[Row] = []
        self.cache = self.mask = None
        self.adapters = Adapters(opened.model)
        self.longest = max(map(len, opened.tokenizer.get_vocab()))

    @property
    def busy(self) -> bool:
        """Whether anything is left to do."""
        return bool(self.rows or self.waiting)

    def add(self, id: str, messages: list[dict], options: Options, adapter: str = "") -> None:
        """Let a request wait for the next step; raises ApiError for one that cannot be answered."""
        import torch

        ids = self._prompt(messages, options)
        room = self.opened.context - len(ids)
        if room < 1 or (options.max_tokens or 0) > room:
            told = f"The messages have {len(ids):,} tokens and {options.max_tokens or 1:,} more were asked for; the model holds "
            told += f"{self.opened.context:,}: shorten the messages or lower max_tokens."
            raise ApiError(400, told, param="messages", code="context_length_exceeded")
        row = Row(id, ids, options, adapter, Text(self._decode, options.stop), options.max_tokens or min(room, USUAL_ANSWER))
        if options.temperature:
            row.generator = torch.Generator()
            row.generator.manual_seed(options.seed) if options.seed is not None else row.generator.seed()
        if options.schema is not None:
            row.matcher = self._matcher(options.schema)
        if adapter:
            row.adapter = self.adapters.load(adapter, self._used())
        self.waiting.append(row)

    def drop(self, id: str) -> None:
        """Forget a request whose client has gone."""
        self.waiting = deque(row for row in self.waiting if row.id != id)
        self._keep([place for place, row in enumerate(self.rows) if row.id != id])

    def forget(self) -> None:
        """Drop every request, after a step that failed."""
        self.rows, self.cache, self.mask = [], None, None
        self.waiting.clear()

    def _decode(self, tokens: list[int]) -> str:
        return self.opened.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)

    def _prompt(self, messages: list[dict], options: Options) -> list[int]:
        """The prompt's ids; tools go into a template that has a place for them."""
        tokenizer = self.opened.tokenizer
        reads_tools = "tools" in (tokenizer.chat_template or "")
        of_calls = any(message["role"] not in ROLES or message.get("tool_calls") for message in messages)
        if not reads_tools and (of_calls or (options.tools and not options.forced)):
            told = f"{self.opened.name} was not taught to call tools: name one function in tool_choice, and the answer is held "
            raise ApiError(400, told + "to its parameters, or leave tools out.", param="tools", code="unsupported_parameter")
        if not reads_tools:
            messages = as_messages(messages)
        text = tokenizer.apply_chat_template(
            messages, tools=options.tools if reads_tools else None, tokenize=False, add_generation_prompt=True
        )
        if len(text) > self.longest * self.opened.context:  # not worth the reading, which would keep all others waiting
            told = f"The messages have {len(text):,} characters; the model holds {self.opened.context:,} tokens: shorten them."
            raise ApiError(400, told, param="messages", code="context_length_exceeded")
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    def _matcher(self, schema: dict):
        if not hasattr(self, "_grammar"):
            self._grammar = constrain.tokenizer_for(
                self.opened.tokenizer, self.opened.model.get_output_embeddings().weight.shape[0], self.ends
            )
        try:
            return constrain.matcher(self._grammar, schema)
        except CookbookError as error:
            raise ApiError(400, str(error), param="response_format", code="invalid_schema") from None

    def unload(self, folder: str) -> bool:
        """Let go of an adapter; whether no request is still using it."""
        return self.adapters.unload(folder, self._used())

    def _used(self) -> set[str]:
        return {row.adapter for row in [*self.rows, *self.waiting]}

    def step(self) -> list[dict]:
        """One token for every request; what there is to tell, one dict for each request that has news."""
        import torch

        with torch.inference_mode():
            joining = self._next()
            told = self._advance(self.rows, self._read_on()) if self.rows else []
            if joining:
                told += self._join(joining)
        self._keep([place for place, row in enumerate(self.rows) if row.id not in {e["id"] for e in told if "finish" in e}])
        return told

    def _next(self) -> list[Row]:
        """Requests that may join now: as many as there is room for, and not too many tokens at once."""
        joining: list[Row] = []
        while self.waiting and len(self.rows) + len(joining) < MOST_ROWS:
            longest = max(len(row.ids) for row in [*joining, self.waiting[0]])
            if joining and longest * (len(joining) + 1) > MOST_JOINING:
                break
            joining.append(self.waiting.popleft())
        return joining

    def _run(self, rows: list[Row], ids, mask, places, cache):
        """Logits of the last place, of shape (rows, vocabulary)."""
        more = self.adapters.mixed([row.adapter for row in rows])
        more |= {"past_key_values": cache, "use_cache": True, "logits_to_keep": 1}
        found = self.adapters.model(input_ids=ids, attention_mask=mask, position_ids=places, **more)
        return found.logits[:, -1].float()

    def _read_on(self):
        """The logits after the last token of every row."""
        import torch

        device = self.mask.device
        self.mask = torch.cat([self.mask, self.mask.new_ones(len(self.rows), 1)], 1)
        ids = torch.tensor([[row.written[-1]] for row in self.rows], device=device)
        return self._run(self.rows, ids, self.mask, self.mask.sum(1, keepdim=True) - 1, self.cache)

    def _join(self, rows: list[Row]) -> list[dict]:
        """Read the prompts of new requests, lay their cache beside the others', and give each its first token."""
        import torch
        from transformers import DynamicCache

        width, device = max(len(row.ids) for row in rows), next(self.opened.model.parameters()).device
        pad = self.opened.tokenizer.pad_token_id
        ids = torch.tensor([[pad] * (width - len(row.ids)) + row.ids for row in rows], device=device)
        mask = torch.tensor([[0] * (width - len(row.ids)) + [1] * len(row.ids) for row in rows], device=device)
        cache = DynamicCache()
        logits = self._run(rows, ids, mask, (mask.cumsum(1) - 1).clamp(min=0), cache)
        told = self._advance(rows, logits)
        if not self.rows:
            self.cache, self.mask = cache, mask
        else:
            most = max(width, self.mask.shape[1])
            for ours, theirs in zip(self.cache.layers, cache.layers, strict=True):
                ours.keys = torch.cat([_left(ours.keys, most), _left(theirs.keys, most)])
                ours.values = torch.cat([_left(ours.values, most), _left(theirs.values, most)])
            self.mask = torch.cat([_left(self.mask[:, None, :, None], most), _left(mask[:, None, :, None], most)])[:, 0, :, 0]
        self.rows += rows
        return told

    def _advance(self, rows: list[Row], logits) -> list[dict]:
        """Choose each row's next token and tell what may be sent."""
        import torch

        held = [row for row in rows if row.matcher]
        if held:
            allowed = torch.from_numpy(constrain.allowed([row.matcher for row in held], logits.shape[1])).to(logits.device)
            places = [place for place, row in enumerate(rows) if row.matcher]
            logits[places] = logits[places].masked_fill(~allowed, float("-inf"))
        best = logits.argmax(-1).tolist()
        told = []
        for place, row in enumerate(rows):
            token = best[place] if row.options.plain else choose(logits[place].clone(), row.options, row.written, row.generator)
            event = self._tell(row, token, logits[place])
            told.append(_held_back(row, event) if row.options.whole and event else event)
        return [event for event in told if event]

    def _tell(self, row: Row, token: int, logits) -> dict:
        """What a row's new token means for its client; {} while there is nothing to send."""
        row.written.append(token)
        event: dict[str, Any] = {"id": row.id}
        if token in self.ends:
            return event | {"text": row.text.end(), "finish": "stop", **self._counts(row)}
        if row.options.logprobs is not None:
            event["logprobs"] = [logprobs_of(logits, token, row.options.logprobs, self._decode)]
        if row.matcher:
            row.matcher.consume_token(token)
        text = row.text.add(token)
        if row.text.stopped:
            return event | {"text": text, "finish": "stop", **self._counts(row)}
        if len(row.written) >= row.room:
            return event | {"text": text + row.text.end(), "finish": "length", **self._counts(row)}
        return event | {"text": text} if text or "logprobs" in event else {}

    def _counts(self, row: Row) -> dict:
        return {"prompt_tokens": len(row.ids), "completion_tokens": len(row.written)}

    def _keep(self, places: list[int]) -> None:
        """Go on with some of the rows; columns that only the others had are cut off."""
        import torch

        if len(places) == len(self.rows):
            return
        self.rows = [self.rows[place] for place in places]
        if not self.rows:
            self.cache = self.mask = None
            return
        index = torch.tensor(places, device=self.mask.device)
        self.mask = self.mask[index]
        first = int(self.mask.any(0).to(torch.int8).argmax())
        self.mask = self.mask[:, first:]
        for layer in self.cache.layers:
            layer.keys, layer.values = layer.keys[index][:, :, first:], layer.values[index][:, :, first:]


def _left(block, width: int):
    """A block of shape (rows, heads, length, size) filled with zeros on the left to a length of `width`."""
    from torch.nn.functional import pad

    return pad(block, (0, 0, width - block.shape[2], 0))


def _held_back(row: Row, event: dict) -> dict:
    """The event of a whole answer at its end, {} before."""
    row.untold["text"] += event.get("text", "")
    row.untold["logprobs"] += event.get("logprobs", [])
    return event | row.untold if "finish" in event else {}
