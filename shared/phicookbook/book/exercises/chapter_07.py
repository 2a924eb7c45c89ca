"""The exercises of chapter 07, evaluating reasoning."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real

from phicookbook.book.exercises import Exercise
from phicookbook.reasoning.estimates import pass_at_k
from phicookbook.reasoning.extract import flexible

COUNTS = ((10, 3, 5), (8, 0, 4), (8, 8, 1), (5, 2, 1), (6, 4, 3), (50, 1, 10))
VOTES = (
    (["7", "8", "7"], "7"), (["", "", "9"], "9"), (["", ""], ""), ([], ""), (["8", "7", "7", "8"], "8"), (["1", "2", "2", "",
    "", ""], "2"),
)  # fmt: skip
REPLIES = (
    "<think>\n3 + 4 = 7\n</think>\nAnswer: 7", "<think>\nAnswer: 7", "Answer: 6\nWait.\nAnswer: 8", "<think>Answer: "
    "1</think>Answer: 12",
    "No idea.", "<think>a</think>\nAnswer: -3", "Answer: 41\nAnswer: 42\nThanks!",
)  # fmt: skip


def pass_fault(estimate: Callable) -> str:
    """Hold an estimate of pass@k against the unbiased one."""
    if not callable(estimate):
        return "give the function itself, without calling it"
    for n, right, k in COUNTS:
        found, wanted = estimate(n, right, k), pass_at_k(n, right, k)
        if isinstance(found, bool) or not isinstance(found, Real):
            return f"give one number, not {found!r}"
        if abs(found - wanted) > 1e-9:
            return f"of {n} runs {right} are right: pass@{k} is {wanted:.4f}, it gave {found:.4f}"
    return ""


def vote_fault(vote: Callable) -> str:
    """Try a majority vote."""
    if not callable(vote):
        return "give the function itself, without calling it"
    for answers, wanted in VOTES:
        found = vote(list(answers))
        if found != wanted:
            return f"{answers} gave {found!r}"
    return ""


def final_fault(final: Callable) -> str:
    """Try an extraction of the last final answer."""
    if not callable(final):
        return "give the function itself, without calling it"
    for reply in REPLIES:
        found = final(reply)
        if found != flexible(reply, "number"):
            return f"{reply!r} gave {found!r}"
    return ""


EXERCISES = [
    Exercise(
        "7.1",
        "Write pass_at(n, right, k): the chance that at least one of k different runs is right when `right` of n runs were.",
        pass_fault,
        (
            "1 - (1 - right / n) ** k draws with replacement. Runs are drawn without.",
            "Count the ways to choose k runs that are all wrong, out of all ways to choose k.",
            "1 - math.comb(n - right, k) / math.comb(n, k)",
        ),
    ),
    Exercise(
        "7.2",
        'Write vote(answers): the answer given most often. "" is no answer and has no vote; of equal ones the first given '
        'wins; "" when '
        "nobody answered.",
        vote_fault,
        (
            "Leave out what has no vote before you count.",
            "A Counter keeps the order in which things first came.",
            'max(counter, key=counter.get, default="") takes the first of equal ones.',
        ),
    ),
    Exercise(
        "7.3",
        'Write final(reply): the number of the last "Answer: ..." line as text. Thinking does not count, and a thinking that '
        "never closes "
        'leaves "".',
        final_fault,
        (
            "What stands before </think> must not be seen, and what if there is only <think>?",
            'After the thinking, re.findall(r"Answer: (-?\\d+)", rest) gives all answers.',
            'If "<think>" is there and "</think>" is not, return "". Else take reply.rpartition("</think>")[2] and the last '
            "match.",
        ),
    ),
]
