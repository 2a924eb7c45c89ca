"""The exercises of chapter 02, prompting."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral

from phicookbook.book.exercises import Exercise

TALKS = (
    [("user", "Hello")],
    [("system", "Be brief."), ("user", "Who are you?")],
    [("user", "Hi"), ("assistant", "Hello."), ("user", "Two\nlines")],
)
CUTS = (
    ([0.5, 0.3, 0.1, 0.1], 0.4, 1), ([0.5, 0.3, 0.1, 0.1], 0.6, 2), ([0.5, 0.3, 0.15, 0.05], 0.9, 3),
    ([0.97, 0.02, 0.01], 0.9, 1), ([0.25, 0.25, 0.25, 0.25], 1.0, 4), ([1.0], 0.1, 1),
)  # fmt: skip


def written_fault(write: Callable[[list], str]) -> str:
    """Hold a template function against Phi-3's format."""
    if not callable(write):
        return "give the function itself, without calling it"
    for talk in TALKS:
        found = write([{"role": role, "content": text} for role, text in talk])
        if not isinstance(found, str):
            return f"it gave a {type(found).__name__}, not a text"
        wanted = "".join(f"<|{role}|>\n{text}<|end|>\n" for role, text in talk) + "<|assistant|>\n"
        if found == wanted.removesuffix("<|assistant|>\n"):
            return "the answer's turn is not opened"
        if found != wanted:
            place = next((i for i, (a, b) in enumerate(zip(found, wanted)) if a != b), min(len(found), len(wanted)))
            return f"at character {place} stands {found[place : place + 12]!r} where {wanted[place : place + 12]!r} should"
    return ""


def kept_fault(keep: Callable[[list[float], float], int]) -> str:
    """Try a top-p rule on sorted probabilities."""
    if not callable(keep):
        return "give the function itself, without calling it"
    for chances, top_p, wanted in CUTS:
        found = keep(list(chances), top_p)
        if isinstance(found, bool) or not isinstance(found, Integral):
            return f"give a whole number of tokens, not {found!r}"
        if found != wanted:
            return f"of {chances} with top_p {top_p}, {wanted} stay, not {found}"
    return ""


def runs_fault(n: int) -> str:
    """Hold a number of runs against the binomial distribution."""
    if isinstance(n, bool) or not isinstance(n, Integral) or n < 1:
        return "give a whole number of runs"
    if n % 2 == 0:
        return f"{n} is even, so a vote may end in a draw"
    if _won(n) <= 0.95:
        return f"the vote of {n} runs is right in {_won(n):.1%} of cases"
    if n > 2 and _won(n - 2) > 0.95:
        return f"{n} runs suffice, but {n - 2} do as well"
    return ""


def _won(n: int) -> float:
    """How often more than half of n runs are right, each with a chance of 0.75."""
    from scipy.stats import binom

    return float(binom.sf(n // 2, n, 0.75))


EXERCISES = [
    Exercise(
        "2.1",
        "Write phi3(messages): the text that Phi-3's template makes of a conversation, with the answer's turn opened. Use no "
        "tokenizer.",
        written_fault,
        (
            "Section 1 colours the template's own tokens. What stands before each message, and what after it?",
            "A turn is <|role|>, a line break, the text, <|end|>, a line break.",
            "Join f\"<|{m['role']}|>\\n{m['content']}<|end|>\\n\" over the messages, then add \"<|assistant|>\\n\".",
        ),
    ),
    Exercise(
        "2.2",
        "Write keep(chances, top_p): how many of the likeliest tokens top-p leaves. `chances` are sorted, largest first.",
        kept_fault,
        (
            "Top-p takes tokens one by one. When has it enough?",
            "It stops as soon as the sum of what it took has reached top_p; the token that reaches it stays.",
            "Add up in a loop and return the count at the first sum that is at least top_p (minus 1e-9, for rounding).",
        ),
    ),
    Exercise(
        "2.3",
        "A question has two possible answers, and a single run is right with probability 0.75, independently. What is the "
        "smallest odd number of runs whose majority is right in more than 95 of 100 cases?",
        runs_fault,
        (
            "The number of right runs follows a well-known distribution.",
            "You want the chance that more than half of n independent runs are right: the upper tail of a binomial.",
            "`scipy.stats.binom.sf(n // 2, n, 0.75)` is that chance. Try n = 1, 3, 5, ... until it passes 0.95.",
        ),
    ),
]
