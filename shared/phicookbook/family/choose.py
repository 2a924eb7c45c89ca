"""Which member of the family for which need: a pure function over published scores and counted sizes.

choice = choose(Needs(memory_gb=8, reasoning=True))
print(choice.member.name, *choice.why, choice.status, sep="\\n")
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, replace

from phicookbook import facts
from phicookbook.facts import Member, Score
from phicookbook.family.formula import stored
from phicookbook.family.memory import kv_bytes, tokens_per_second, weight_bytes
from phicookbook.settings import CookbookError

PLACES = {"edge": "on a device", "gpu": "on a GPU of your own", "serverless": "as Foundry's serverless service"}


@dataclass(frozen=True)
class Needs:
    """What a project asks for. `memory_gb` (10^9 bytes) must hold weights of `bits` each and the cache of `context`
    tokens; `tokens_per_second` is compared with the roofline of `bandwidth_gb_s`. `languages` is "english" or
    "multilingual", `where` "edge", "gpu" or "serverless" (then memory and speed are the service's affair)."""

    memory_gb: float = 8.0
    bits: int = 4
    context: int = 4096
    languages: str = "english"
    vision: bool = False
    reasoning: bool = False
    tokens_per_second: float = 0.0
    bandwidth_gb_s: float = 50.0
    licence: str = "any"
    where: str = "edge"

    def __post_init__(self):
        if self.languages not in ("english", "multilingual"):
            raise CookbookError(f"languages is {self.languages!r}: give 'english' or 'multilingual'")
        if self.where not in PLACES:
            raise CookbookError(f"where is {self.where!r}: give one of {', '.join(PLACES)}")
        if min(self.memory_gb, self.bandwidth_gb_s) <= 0 or self.context < 1 or self.tokens_per_second < 0:
            raise CookbookError(f"{self}: memory and bandwidth are above 0, context from 1 up, tokens per second from 0 up")

    @property
    def benchmark(self) -> str:
        """The published benchmark that ranks the members that fit."""
        return "MMBench" if self.vision else "GPQA-D" if self.reasoning else "MMLU"


@dataclass(frozen=True)
class Choice:
    """The member, the sentences that speak for it, and what the lifecycle says of its service."""

    member: Member
    why: list[str]
    status: str


def needed_gb(each: Member, needs: Needs) -> float:
    """GB for a member's weights and the cache of the needed context, as far as the member can read it."""
    context = min(needs.context, each.context)
    return (weight_bytes(stored(each), needs.bits) + kv_bytes(each, context)) / 1e9


def speed(each: Member, needs: Needs) -> float:
    """The roofline of a member's decoding in tokens per second, at the end of the needed context."""
    return tokens_per_second(each, needs.bandwidth_gb_s, needs.bits, min(needs.context, each.context))


def status(each: Member) -> str:
    """What the lifecycle says of a member's serverless service, as a sentence."""
    event = facts.service(each.id)
    if event is None:
        return f"Service: the lifecycle table does not name {each.name}."
    since = f" since {event.since}" if event.since else ""
    return f"Service: {event.state}{since} (as of {event.as_of}, {event.source})."


def _served(each: Member) -> bool:
    event = facts.service(each.id)
    return event is not None and event.state == "generally available"


def _retired(each: Member) -> bool:
    event = facts.service(each.id)
    return event is not None and event.state == "retired"


def _multilingual(each: Member) -> bool:
    return each.languages not in (None, "English")


# What a member must satisfy: the name of the need, and the test.
RULES = {
    "memory": lambda m, n: n.where == "serverless" or needed_gb(m, n) <= n.memory_gb,
    "speed": lambda m, n: n.where == "serverless" or speed(m, n) >= n.tokens_per_second,
    "context": lambda m, n: m.context >= n.context,
    "languages": lambda m, n: n.languages == "english" or _multilingual(m),
    "vision": lambda m, n: m.vision or not n.vision,
    "reasoning": lambda m, n: m.reasoning == n.reasoning,
    "licence": lambda m, n: n.licence.casefold() in ("any", m.license.casefold()),
    "where": lambda m, n: n.where != "serverless" or _served(m),
}


def choose(needs: Needs) -> Choice:
    """The member that fits the needs and scores best on `needs.benchmark`; one whose service is retired comes last.

    Raises CookbookError when none fits; its text says which single need to change, and to what.
    """
    fitting = [each for each in facts.family().values() if _fits(each, needs)]
    if not fitting:
        raise CookbookError(f"no Phi fits {needs}. {_advice(needs)}")
    best, *others = sorted(fitting, key=lambda each: _rank(each, needs))
    return Choice(best, _reasons(best, others, needs), status(best))


def _rank(each: Member, needs: Needs) -> tuple:
    score = _score(each, needs.benchmark)
    return _retired(each), -(score.value if score else 0.0), each.parameters


def _score(each: Member, benchmark: str) -> Score | None:
    scores = [score for score in facts.benchmark(benchmark) if score.model == each.id]
    return facts.published(each.id, benchmark) if scores else None


def _reasons(best: Member, others: list[Member], needs: Needs) -> list[str]:
    why = [f"It is used {PLACES[needs.where]}; its licence is {best.license}."]
    if needs.where != "serverless":
        why.append(
            f"Weights of {needs.bits} bits and the cache of {needs.context:,} tokens take {needed_gb(best, needs):.1f} of "
            f"{needs.memory_gb:g} GB."
        )
        why.append(f"At {needs.bandwidth_gb_s:g} GB/s it writes at most {speed(best, needs):.0f} tokens per second.")
    score = _score(best, needs.benchmark)
    why.append(f"{needs.benchmark}: {score}." if score else f"No {needs.benchmark} is published for it.")
    passed = [m.name for m in others if _retired(m) and _rank(m, needs)[1] < _rank(best, needs)[1]]
    if passed and not _retired(best):
        why.append(f"Passed over, with a higher score but a retired service: {', '.join(passed)}.")
    return [*why, best.note] if needs.vision else why


def relaxations(needs: Needs) -> dict[str, object]:
    """For needs that no member meets: each field that alone stands in the way, with the nearest value that some member
    meets. Empty when more than one stands in the way. `bits` only ever goes down to 4."""
    everyone = facts.family().values()
    found: dict[str, object] = {}
    for name in RULES:
        if saved := [m for m in everyone if _fits(m, needs, but=name)]:
            found |= _nearest(name, saved, needs)
    if needs.bits > 4 and any(_fits(m, replace(needs, bits=4)) for m in everyone):
        found["bits"] = 4
    if longest := max(_longest_context(m, needs) for m in everyone):
        found["context"] = longest
    return found


def _fits(each: Member, needs: Needs, but: str = "") -> bool:
    return all(rule(each, needs) for name, rule in RULES.items() if name != but)


def _longest_context(each: Member, needs: Needs) -> int:
    """The longest context with which a member meets all other needs; 0 when it does not with any."""
    lengths = range(1, min(each.context, needs.context) + 1)
    return bisect_left(lengths, True, key=lambda tokens: not _fits(each, replace(needs, context=tokens)))


def _nearest(name: str, saved: list[Member], needs: Needs) -> dict[str, object]:
    if name == "memory":
        return {"memory_gb": math.ceil(min(needed_gb(each, needs) for each in saved) * 10) / 10}
    if name == "speed":
        return {"tokens_per_second": math.floor(max(speed(each, needs) for each in saved) * 10) / 10}
    if name == "context":
        return {}  # found by its own search, for it needs memory too
    return {
        name: {
            "languages": "english", "vision": False, "reasoning": not needs.reasoning, "licence": saved[0].license,
            "where": "gpu",
        }[name]
    }  # fmt: skip


def _advice(needs: Needs) -> str:
    told = [f"{field} to {value!r}" for field, value in relaxations(needs).items()]
    return f"Change one of these: {'; '.join(told)}." if told else "More than one need stands in the way: relax two of them."
