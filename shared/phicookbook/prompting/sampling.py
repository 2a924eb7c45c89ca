"""What temperature, top-k and top-p do to the next token, and what repeated runs agree on.

reshape([0.6, 0.3, 0.1], temperature=0.5)   # [0.78..., 0.19..., 0.02...]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from phicookbook.chat import Message, Reply, as_messages
from phicookbook.prompting import inside
from phicookbook.settings import CookbookError


def next_tokens(model, conversation: str | Sequence[Message], system: str = "", prefix: str = "") -> list[tuple[str, float]]:
    """(token, probability) of every token that may come next, likeliest first; `prefix` is the answer so far.

    Raises CookbookError for a model whose weights are not in this process.
    """
    import torch

    tokenizer = inside(model).tokenizer
    text = tokenizer.apply_chat_template(as_messages(conversation, system), tokenize=False, add_generation_prompt=True) + prefix
    ids = tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"].to(model.model.device)
    with torch.inference_mode():
        chances = model.model(input_ids=ids).logits[0, -1].float().softmax(0)
    values, places = chances.sort(descending=True)
    return [(tokenizer.decode([i]), p) for i, p in zip(places.tolist(), values.tolist(), strict=True)]


def reshape(chances: Sequence[float], temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> list[float]:
    """Probabilities after temperature, top-k and top-p, in this order, as transformers applies them; likeliest first.

    `chances` are sorted, largest first. `top_p` keeps the fewest tokens whose probabilities reach it (Holtzman et al.,
    arXiv:1904.09751). Raises CookbookError for a temperature of 0 or less.
    """
    if temperature <= 0:
        raise CookbookError("a temperature of 0 or less leaves one token: the likeliest")
    heated = [p ** (1 / temperature) for p in chances]
    kept = heated[: top_k or len(heated)]
    total, mass, count = sum(kept), 0.0, 0
    for weight in kept:
        if mass >= top_p:
            break
        mass += weight / total
        count += 1
    rest = sum(kept[:count])
    return [w / rest for w in kept[:count]] + [0.0] * (len(chances) - count)


def elect(runs: Sequence[Sequence[Reply]]) -> list[Reply]:
    """One reply for each question from several runs over the same questions: the vote's winner, with what all runs cost."""
    elected = []
    for replies in zip(*runs, strict=True):
        cost = {name: sum(getattr(r, name) for r in replies) for name in ("tokens", "prompt_tokens", "seconds")}
        elected.append(Reply.from_text(vote([r.answer for r in replies]), **cost))
    return elected


def vote(answers: Sequence[str]) -> str:
    """The answer that most runs gave, the earliest of equals (self-consistency, Wang et al., arXiv:2203.11171)."""
    return Counter(answers).most_common(1)[0][0]


def agreement(answers: Sequence[str]) -> float:
    """The share of runs that gave the commonest answer, 1 when all agree."""
    return Counter(answers).most_common(1)[0][1] / len(answers)
