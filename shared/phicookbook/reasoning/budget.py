"""Budget forcing: end a thinking that is too long, or lengthen one that is too short.

    think(model, ["What is 17 + 25?"], system, budget=64, least=0, force=True, sampling={})

After "s1: Simple test-time scaling" (arXiv:2501.19393). It continues a text that the model began, so it needs the weights here.
"""

from __future__ import annotations

from collections.abc import Sequence

from phicookbook.chat import CLOSE, OPEN, Reply, as_messages
from phicookbook.settings import CookbookError

ANSWER_ROOM = 48
WAIT = "Wait"
MOST_WAITS = 2


def think(model, prompts: Sequence[str], system: str, budget: int, least: int, force: bool, sampling: dict) -> list[Reply]:
    """Replies with at most `budget` tokens before the answer is forced and, where the model closes its thinking before
    `least` tokens, "Wait" in place of the end, at most MOST_WAITS times. What is continued is continued greedily. Raises
    CookbookError for an endpoint."""
    if not hasattr(model, "complete_many"):
        raise CookbookError(f"{model.name} answers over a network and cannot go on with a text that it began: leave forcing out")
    replies = model.chat_many(prompts, system, max_new_tokens=budget, **sampling)
    return hold(model, prompts, system, replies, budget, least, force)


def hold(model, prompts: Sequence[str], system: str, replies: list[Reply], budget: int, least: int, force: bool) -> list[Reply]:
    """Replies of at most `budget` tokens held to the budget as `think` does it: lengthened to `least`, or their answer forced."""
    for _ in range(MOST_WAITS if least else 0):
        short = [n for n, reply in enumerate(replies) if CLOSE in reply.text and reply.tokens < min(least, budget)]
        replies = _go_on(
            model, prompts, system, replies, short, lambda text: text.partition(CLOSE)[0].rstrip() + f"\n{WAIT}", budget
        )
    if force:
        cut = [n for n, reply in enumerate(replies) if not reply.finished and OPEN in reply.text and CLOSE not in reply.text]
        replies = _go_on(model, prompts, system, replies, cut, lambda text: text.rstrip() + f"\n{CLOSE}\n", None)
    return replies


def _go_on(model, prompts, system: str, replies: list[Reply], which: list[int], begin, budget: int | None) -> list[Reply]:
    """The replies with those at `which` continued from `begin(text)`, within the budget or by an answer's room."""
    if not which:
        return replies
    begun = {n: begin(replies[n].text) for n in which}
    texts = [
        model.tokenizer.apply_chat_template(as_messages(prompts[n], system), tokenize=False, add_generation_prompt=True)
        + begun[n]
        for n in which
    ]
    used = {n: len(model.tokenizer(begun[n], add_special_tokens=False)["input_ids"]) for n in which}
    room = ANSWER_ROOM if budget is None else max(1, budget - min(used.values()))
    found = list(replies)
    for n, more in zip(which, model.complete_many(texts, max_new_tokens=room), strict=True):
        found[n] = Reply.from_text(
            begun[n] + more.text, tokens=used[n] + more.tokens, prompt_tokens=replies[n].prompt_tokens,
            seconds=replies[n].seconds + more.seconds, finished=more.finished,
        )  # fmt: skip
    return found


def accuracy_by_budget(records: Sequence[dict], budgets: Sequence[int]) -> dict[int, float]:
    """The share right had the run been cut at each budget of tokens: an answer that needed more counts as wrong."""
    return {b: sum(row["correct"] and row["finished"] and row["tokens"] <= b for row in records) / len(records) for b in budgets}
