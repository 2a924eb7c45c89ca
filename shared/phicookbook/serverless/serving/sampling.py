"""From logits to the next token of one request, and from tokens to text that may be sent.

token = choose(logits, options, written, generator)
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Options:
    """How a request wants its answer; the names are the protocol's, `schema` is a JSON schema or None."""

    max_tokens: int | None = None
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int | None = None
    stop: list[str] = field(default_factory=list)
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: dict[str, float] = field(default_factory=dict)
    logprobs: int | None = None
    schema: dict | None = None
    tools: list[dict] | None = None
    forced: bool = False
    whole: bool = False  # tell nothing before the answer has ended

    @property
    def plain(self) -> bool:
        """Whether the likeliest token is the answer's, with nothing to weigh in."""
        return not (
            self.temperature or self.presence_penalty or self.frequency_penalty or self.logit_bias or self.schema
            or self.logprobs is not None
        )  # fmt: skip


def choose(logits, options: Options, written: list[int], generator) -> int:
    """The next token from the logits of one request, of shape (vocabulary,); they are changed in place.

    Penalties are OpenAI's: minus `frequency_penalty` for each time that a token was written, minus `presence_penalty` once.
    """
    import torch

    if options.presence_penalty or options.frequency_penalty:
        tokens, counts = torch.tensor(written, dtype=torch.long).unique(return_counts=True)
        logits[tokens] -= options.frequency_penalty * counts + options.presence_penalty
    for token, bias in options.logit_bias.items():
        if int(token) < len(logits):
            logits[int(token)] += bias
    if options.temperature == 0:
        return int(logits.argmax())
    logits = logits / options.temperature
    if options.top_k and options.top_k < len(logits):
        logits[logits < logits.topk(options.top_k).values[-1]] = float("-inf")
    shares = logits.softmax(-1)
    if options.top_p < 1:
        ranked, order = shares.sort(descending=True)
        ranked[(ranked.cumsum(-1) - ranked) > options.top_p] = 0.0  # the first token that passes the share still counts
        shares = torch.zeros_like(shares).scatter_(0, order, ranked)
    return int(torch.multinomial(shares, 1, generator=generator))


def logprobs_of(logits, token: int, top: int, decode) -> dict:
    """The token's log probability and those of the `top` likeliest, as the protocol shows them."""
    values = logits.log_softmax(-1)

    def shown(one: int) -> dict:
        text = decode([one])
        return {"token": text, "logprob": max(-9999.0, float(values[one])), "bytes": list(text.encode("utf-8"))}

    return shown(token) | {"top_logprobs": [shown(int(one)) for one in values.topk(top).indices] if top else []}


class Text:
    """The text of an answer as it grows: whole characters only, and nothing of a stop sequence."""

    def __init__(self, decode, stop: list[str]):
        self.decode, self.stop = decode, stop
        self.tokens: list[int] = []
        self.start = self.told = 0
        self.held = ""
        self.stopped = False

    def add(self, token: int) -> str:
        """What may be sent after one more token, often "" while a character or a stop sequence is incomplete."""
        self.tokens.append(token)
        before = self.decode(self.tokens[self.start : self.told])
        after = self.decode(self.tokens[self.start :])
        if after.endswith("\ufffd"):  # a character of which bytes are missing
            return ""
        self.start, self.told = self.told, len(self.tokens)
        return self._pass_on(after[len(before) :])

    def end(self) -> str:
        """What was held back, now that nothing comes any more."""
        rest = (
            ""
            if self.stopped
            else self.held + self.decode(self.tokens[self.start :])[len(self.decode(self.tokens[self.start : self.told])) :]
        )
        self.held = ""
        return rest

    def _pass_on(self, piece: str) -> str:
        self.held += piece
        places = [place for text in self.stop if (place := self.held.find(text)) >= 0]
        if places:
            self.stopped = True
            return self.held[: min(places)]
        keep = max((n for text in self.stop for n in range(1, len(text)) if self.held.endswith(text[:n])), default=0)
        sent, self.held = self.held[: len(self.held) - keep], self.held[len(self.held) - keep :]
        return sent
