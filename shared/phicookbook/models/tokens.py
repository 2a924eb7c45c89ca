"""What the backends that run in this process share: prompts as token ids, batches, replies from ids.

A backend derives from `TokenModel` and says how a batch is generated; see `local.py` and `onnx.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from phicookbook.chat import Message, Model, Reply, as_messages
from phicookbook.models import constrain
from phicookbook.settings import CookbookError

MAX_NEW_TOKENS = 192
MOST_ROWS = 128


class TokenModel(Model):
    """A model with its tokenizer; `context` is in tokens, `ends` are the ids that end an answer, `width` counts the logits.

    `batch_tokens` is the most tokens, room for the answers included, that are generated together.
    """

    batch_tokens = 16_384

    def __init__(self, name: str, tokenizer, context: int, ends: list[int], width: int):
        self.name = name
        self.tokenizer = tokenizer
        self.context = context
        self.ends = ends
        self.width = width

    def chat_many(
        self,
        conversations: Sequence,
        system: str = "",
        *,
        max_new_tokens: int = MAX_NEW_TOKENS,
        temperature: float = 0.0,
        top_p: float = 1.0,
        top_k: int = 0,
        seed: int | None = None,
        schema: dict | Sequence[dict] | None = None,
        progress: str = "",
    ) -> list[Reply]:
        """Answers in the order of the conversations.

        Prompts are batched with others of similar length. `temperature` 0 is greedy and deterministic;
        above 0 the draws follow `seed`. With a JSON `schema`, one for all or one each, every answer that ends is JSON under it.
        `progress` is the title of a progress bar, "" for none. `seconds` of a reply is its share of its
        batch. Raises CookbookError for a prompt that leaves no room for `max_new_tokens`.
        """
        prompts = [self.prompt_ids(c, system, max_new_tokens) for c in conversations]
        options = self._decoding(max_new_tokens, temperature, top_p, top_k, seed)
        return self._answer(prompts, options, constrain.one_each(schema, len(prompts)), progress)

    def stream(
        self,
        conversation: str | Sequence[Message],
        system: str = "",
        *,
        max_new_tokens: int = MAX_NEW_TOKENS,
        temperature: float = 0.0,
        top_p: float = 1.0,
        top_k: int = 0,
        seed: int | None = None,
        schema: dict | None = None,
    ) -> Iterator[str]:
        """Pieces of the answer as they are written; the settings are `chat_many`'s. Closing the iterator ends the generation."""
        options = self._decoding(max_new_tokens, temperature, top_p, top_k, seed)
        yield from self._pieces(self.prompt_ids(conversation, system, max_new_tokens), options, schema)

    def complete_many(self, texts: Sequence[str], *, max_new_tokens: int = MAX_NEW_TOKENS, progress: str = "") -> list[Reply]:
        """Greedy continuations of texts as they stand, without the chat template: to see what the template is for.

        Raises CookbookError for an empty text and for one that leaves no room for `max_new_tokens`.
        """
        prompts = [self._checked(self.tokenizer(text, add_special_tokens=False)["input_ids"], max_new_tokens) for text in texts]
        options = self._decoding(max_new_tokens, 0.0, 1.0, 0, None)
        return self._answer(prompts, options, [None] * len(prompts), progress)

    def prompt_ids(self, conversation, system: str = "", room: int = MAX_NEW_TOKENS) -> list[int]:
        """Token ids of a conversation under the chat template, up to where the answer begins.

        Raises CookbookError when no answer of `room` tokens fits behind them.
        """
        text = self.tokenizer.apply_chat_template(as_messages(conversation, system), tokenize=False, add_generation_prompt=True)
        return self._checked(self.tokenizer(text, add_special_tokens=False)["input_ids"], room)

    def _decoding(self, max_new_tokens: int, temperature: float, top_p: float, top_k: int, seed: int | None) -> dict:
        """The backend's own generation settings, with "max_new_tokens" among them."""
        raise NotImplementedError

    def _generate(self, prompts: list[list[int]], options: dict, schemas: list[dict | None]) -> list[Reply]:
        """Replies to one batch."""
        raise NotImplementedError

    def _pieces(self, prompt: list[int], options: dict, schema: dict | None) -> Iterator[str]:
        """The answer to one prompt in pieces of text, as they are written."""
        raise NotImplementedError

    def _batches(self, order: list[int], prompts: list[list[int]], room: int) -> Iterator[list[int]]:
        """Groups of indices, of neighbours in `order`, that are generated together."""
        return batches(order, prompts, room, self.batch_tokens)

    def _answer(self, prompts: list[list[int]], options: dict, schemas: list[dict | None], progress: str) -> list[Reply]:
        """Replies to prompts in their order, generated in batches of similar length."""
        from tqdm.auto import tqdm

        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        replies: list[Reply | None] = [None] * len(prompts)
        with tqdm(total=len(prompts), desc=progress, disable=not progress) as bar:
            for rows in self._batches(order, prompts, options["max_new_tokens"]):
                done = self._generate([prompts[i] for i in rows], options, [schemas[i] for i in rows])
                for i, reply in zip(rows, done, strict=True):
                    replies[i] = reply
                bar.update(len(rows))
        return replies

    @cached_property
    def _grammar_tokenizer(self):
        return constrain.tokenizer_for(self.tokenizer, self.width, self.ends)

    def _checked(self, ids: list[int], room: int) -> list[int]:
        """The prompt's ids, when an answer of `room` tokens fits behind them."""
        if not ids:
            raise CookbookError("the prompt is empty: give a text")
        if len(ids) + room > self.context:
            raise CookbookError(
                f"the prompt has {len(ids):,} tokens and {room:,} more were asked for, but {self.name} holds "
                f"{self.context:,}: shorten the prompt or lower max_new_tokens"
            )
        return ids

    def _reply(self, row: list[int], prompt_tokens: int, seconds: float, room: int) -> Reply:
        """The reply of a generated row, which may go on behind its end; `room` is how many tokens it was allowed."""
        length = next((i for i, token in enumerate(row) if token in self.ends), len(row))
        text = self.tokenizer.decode(row[:length], skip_special_tokens=True)
        return Reply.from_text(text, tokens=length, prompt_tokens=prompt_tokens, seconds=seconds, finished=length < room)


def check_sampling(temperature: float, top_p: float, top_k: int) -> None:
    """Raise CookbookError for settings that no backend can draw with."""
    if temperature < 0 or not 0 < top_p <= 1 or top_k < 0:
        raise CookbookError("temperature and top_k must not be negative, top_p must be above 0 and at most 1")


def batches(order: list[int], prompts: list[list[int]], room: int, most: int) -> Iterator[list[int]]:
    """Groups of neighbours in `order` that together hold at most `most` tokens, and MOST_ROWS rows."""
    rows: list[int] = []
    for i in order:
        if rows and ((len(rows) + 1) * (len(prompts[i]) + room) > most or len(rows) == MOST_ROWS):
            yield rows
            rows = []
        rows.append(i)
    if rows:
        yield rows
