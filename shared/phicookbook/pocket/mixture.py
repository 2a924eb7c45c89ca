"""What pocket is taught, in which shares, and the batches that carry it.

A batch is a pure function of the seed and the step, so a run that was killed goes on as if it had not been.

    batch(tokenizer, seed=1, step=0, progress=0.0, tokens=4096)
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from phicookbook import corpora
from phicookbook.corpora import Sample
from phicookbook.pocket.noise import damaged

# Shares of samples at the start, in the middle and in the last part of training. Copying and look-up come first:
# without them a small model takes many times longer to find that answers stand in the context. Headlines come last,
# because what they need is many readings of many templates.
SHARES = {
    "headlines": (18, 50, 90),
    "context": (14, 26, 40),
    "copying": (40, 6, 6),
    "labels": (8, 10, 14),
    "titles": (4, 8, 8),
    "tickets": (2, 4, 5),
    "json": (4, 5, 6),
    "styles": (2, 6, 8),
    "vitals": (2, 8, 10),
    "arithmetic": (4, 6, 8),
    "puzzles": (2, 5, 7),
    "dialogues": (20, 22, 24),
}
SETTLED, LAST = 0.25, 0.7
# In these tasks a part of the prompt's tokens are targets too, because every name that comes back in a prompt is
# practice in looking up; then fewer, so that the answers get the last word. A target costs a row of the output layer, up to
# half of the work; so the others are left out, and prompts of other tasks altogether.
PROMPTS_TEACH = ("context", "copying", "labels", "dialogues", "vitals")
PROMPT_SHARE = 0.4
PROMPT_FADES = (0.6, 0.85)
MAX_TOKENS = 384
LEAST_TOKENS = 900


@dataclass
class MicroBatch:
    """Right-padded rows of similar length: ids, weights of each token as a target, task of each row.

    `tokens` counts the rows without their padding.
    """

    ids: list[list[int]]
    weights: list[list[float]]
    tasks: list[str]
    tokens: int


def shares(progress: float) -> dict[str, float]:
    """The share of each task when `progress` (0 to 1) of the training is done."""
    if progress >= LAST:
        return {task: last for task, (_, _, last) in SHARES.items()}
    settled = min(1.0, progress / SETTLED)
    return {task: start + (middle - start) * settled for task, (start, middle, _) in SHARES.items()}


def prompt_share(task: str, progress: float) -> float:
    """The share of a prompt's tokens that are targets."""
    if task not in PROMPTS_TEACH:
        return 0.0
    start, end = PROMPT_FADES
    return PROMPT_SHARE * min(1.0, max(0.0, (end - progress) / (end - start)))


def encode(tokenizer, sample: Sample, share: float = 0.0, rng: random.Random | None = None) -> tuple[list[int], list[float]]:
    """Token ids of a conversation and the weight of each as a training target: 1 in every answer and its end.

    `share` of the other tokens, drawn by `rng`, have weight 1 as well. The row ends as the chat template ends it, so that
    fine-tuning on templated text meets nothing new.
    """
    ids, weights = [], []
    for message in sample.messages:
        answer = message["role"] == "assistant"
        for text, counts in ((f"<|{message['role']}|>\n", False), (f"{message['content']}<|end|>", answer), ("\n", False)):
            found = tokenizer(text, add_special_tokens=False)["input_ids"]
            ids += found
            weights += [float(counts or (share > 0 and rng.random() < share)) for _ in found]
    last = tokenizer("<|endoftext|>", add_special_tokens=False)["input_ids"]
    return ids + last, [0.0, *weights[1:-1], 1.0, *[1.0] * len(last)]


def batch(tokenizer, seed: int, step: int, progress: float, tokens: int, noise: float = 0.0, practice=None) -> list[MicroBatch]:
    """About `tokens` tokens of mixed tasks, in micro-batches of similar length to waste little padding.

    A share `noise` of the samples is damaged as text scraped from the web is (`phicookbook.pocket.noise`). With a
    `phicookbook.pocket.practice.Practice` its shares and samples count, and no prompt teaches.
    """
    rng = random.Random(f"pocket/{seed}/{step}")
    mix, draw = (practice.shares, practice.draw) if practice else (shares(progress), corpora.draw)
    rows, total = [], 0
    while total < tokens:
        task = rng.choices(list(mix), mix.values())[0]
        sample = draw(task, rng)
        if noise and rng.random() < noise:
            sample = damaged(sample, corpora.draw(task, rng), rng)
        ids, weights = encode(tokenizer, sample, 0.0 if practice else prompt_share(task, progress), rng)
        if len(ids) <= MAX_TOKENS:
            rows.append((ids, weights, task))
            total += len(ids)
    rows.sort(key=lambda row: len(row[0]))
    return [_pad(part, tokenizer.pad_token_id) for part in _similar(rows)]


def _similar(rows: list) -> list[list]:
    """Cut rows that are sorted by length so that none is over 1.4 times as long as the first of its part."""
    cut: list[list] = []
    for row in rows:
        if not cut or (len(row[0]) > 1.4 * len(cut[-1][0][0]) and _size(cut[-1]) >= LEAST_TOKENS):
            cut.append([])
        cut[-1].append(row)
    return cut


def _size(rows: list) -> int:
    return sum(len(row[0]) for row in rows)


def _pad(rows: list, pad: int) -> MicroBatch:
    width = max(len(ids) for ids, _, _ in rows)
    return MicroBatch(
        [ids + [pad] * (width - len(ids)) for ids, _, _ in rows],
        [weights + [0.0] * (width - len(weights)) for _, weights, _ in rows],
        [task for _, _, task in rows],
        _size(rows),
    )
