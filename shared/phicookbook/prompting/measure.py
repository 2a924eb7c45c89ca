"""One way to measure a prompting technique: how often it is right, and what it costs in tokens and seconds.

print(table([run("direct", model, samples)]))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from phicookbook.chat import Reply, as_messages, split_thinking
from phicookbook.corpora import Sample
from phicookbook.statistics import Rate


@dataclass(frozen=True)
class Outcome:
    """What a technique reached on some samples: the replies, and which of them are right."""

    name: str
    replies: list[Reply]
    right: list[bool]

    @property
    def rate(self) -> Rate:
        """The share of right answers."""
        return Rate.of(self.right)

    @property
    def read(self) -> float:
        """Tokens of a prompt, on average."""
        return sum(r.prompt_tokens for r in self.replies) / len(self.replies)

    @property
    def written(self) -> float:
        """Tokens that an answer took, on average."""
        return sum(r.tokens for r in self.replies) / len(self.replies)

    @property
    def seconds(self) -> float:
        """Wall time of an answer as its share of a batch, on average."""
        return sum(r.seconds for r in self.replies) / len(self.replies)


def exact(sample: Sample, reply: Reply) -> bool:
    """Whether the answer, its thinking left out, is the sample's."""
    return reply.answer == split_thinking(sample.answer)[1]


def run(
    name: str,
    model,
    samples: Sequence[Sample],
    system: str | None = None,
    right: Callable[[Sample, Reply], bool] = exact,
    **generation,
) -> Outcome:
    """Ask a model every sample's question; `system` replaces the samples' own system message ("" for none)."""
    replies = model.chat_many([prompt(sample, system) for sample in samples], **{"progress": name, **generation})
    return judge(name, samples, replies, right)


def judge(name: str, samples: Sequence, replies: Sequence[Reply], right: Callable[..., bool] = exact) -> Outcome:
    """The outcome of replies that were got in another way; `right` takes a sample and its reply."""
    return Outcome(name, list(replies), [right(sample, reply) for sample, reply in zip(samples, replies, strict=True)])


def prompt(sample: Sample, system: str | None = None) -> list[dict[str, str]]:
    """The sample's prompt, with another system message when one is given ("" for none)."""
    if system is None:
        return sample.prompt
    return as_messages([message for message in sample.prompt if message["role"] != "system"], system)


def table(outcomes: Sequence[Outcome]) -> str:
    """Accuracy, tokens and seconds of each technique, one a line."""
    width = max(len(outcome.name) for outcome in outcomes)
    lines = [f"{'':{width}}  {'right (95% interval)':28}{'read':>6}{'written':>9}{'ms':>7}"]
    for o in outcomes:
        lines.append(f"{o.name:{width}}  {o.rate!s:28}{o.read:6.0f}{o.written:9.1f}{o.seconds * 1000:7.0f}")
    return "\n".join(lines)
