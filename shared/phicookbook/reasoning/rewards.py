"""The outcome rewards of Phi-4-reasoning-plus, as pure functions.

    reward(correct=True, share=0.3, finished=True, formed=True, text="...")   # 0.615, 8/13 of a full point

Source: the Phi-4-reasoning report (arXiv:2504.21318). A right answer earns 0.5 to 1, and less the longer it is beyond most of
the budget; a wrong one -1 to -0.5, the least for a very short try; -0.5 without an end token, -1 for a malformed think block;
8/13 of that and 1/13 of a penalty for repeated 5-grams. The report's 25,600 and 3,702 tokens are shares of the budget here.
"""

from __future__ import annotations

import math

from phicookbook.chat import CLOSE, OPEN

FREE, BRAVE = 25_600 / 31_744, 3_702 / 31_744
ACCURACY, REPETITION = 8 / 13, 1 / 13


def accuracy(correct: bool, share: float) -> float:
    """The length-aware accuracy reward; `share` is the answer's tokens as a share of the budget, 0 to 1."""
    if correct:
        late = min(1.0, max(0.0, (share - FREE) / (1 - FREE)))
        return 0.5 + 0.5 * 0.5 * (1 + math.cos(math.pi * late))
    tried = min(1.0, max(0.0, share / BRAVE))
    return -0.5 - 0.5 * 0.5 * (1 + math.cos(math.pi * tried))


def repetition(text: str, size: int = 5) -> float:
    """Minus the share of word n-grams that occurred before: 0 without repetition, near -1 for a loop."""
    words = text.lower().split()
    grams = [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]
    return (len(set(grams)) / len(grams) - 1) if grams else 0.0


def well_formed(text: str) -> bool:
    """Whether a reply has exactly one thinking block, at its start, closed, and an answer behind it."""
    thinking, closed, answer = text.strip().partition(CLOSE)
    return thinking.startswith(OPEN) and bool(closed) and OPEN not in thinking[len(OPEN) :] + answer and bool(answer.strip())


def reward(correct: bool, share: float, finished: bool, formed: bool, text: str) -> float:
    """The whole reward of one reply."""
    if not finished:
        outcome = -0.5
    elif not formed:
        outcome = -1.0
    else:
        outcome = accuracy(correct, share)
    return ACCURACY * outcome + REPETITION * repetition(text)
