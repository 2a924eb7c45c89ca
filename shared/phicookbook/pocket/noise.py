"""Text as the web has it: the same lessons with wrong answers, misspelt words, and lines of the page around them.

damaged(sample, other, random.Random(0))
"""

from __future__ import annotations

import random
from dataclasses import replace

from phicookbook.corpora import Sample

WRONG, FURNISHED, MISSPELT = 0.3, 0.5, 0.06  # shares of samples, of samples, of words
FURNITURE = (
    "Home | News | About us | Contact", "Subscribe to our newsletter and never miss a story.", "Share this page",
    "We use cookies to improve your visit. Accept all", "Advertisement", "Log in to read the comments (14).",
    "You may also like: ten ways to save money", "Copyright. All rights reserved.", "Page 1 of 3. Next page",
    "Click here to download the app.",
)  # fmt: skip


def damaged(sample: Sample, other: Sample, rng: random.Random) -> Sample:
    """A sample as a scraped page would hold it; a wrong answer is the last answer of `other`, a sample of the same task."""
    messages = [dict(message) for message in sample.messages]
    if rng.random() < WRONG:
        messages[-1]["content"] = other.answer
    for message in messages:
        if message["role"] != "system":
            message["content"] = " ".join(_misspelt(word, rng) for word in message["content"].split(" "))
    if rng.random() < FURNISHED:
        asked = next(message for message in messages if message["role"] == "user")
        lines = [asked["content"], rng.choice(FURNITURE)]
        rng.shuffle(lines)
        asked["content"] = "\n".join(lines)
    return replace(sample, messages=messages)


def _misspelt(word: str, rng: random.Random) -> str:
    """Now and then a letter lost, doubled, or changed with its neighbour."""
    if len(word) < 4 or rng.random() >= MISSPELT:
        return word
    place = rng.randrange(1, len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    return rng.choice((before + after, before + letter * 2 + after, before + after[0] + letter + after[1:]))
