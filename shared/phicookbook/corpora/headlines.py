"""News headlines, their sentiment for an ordinary reader, and a security firm's policy on them.

    headline = draw(random.Random(0))
    prompt(headline.text), explanation(headline), policy(headline)
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from phicookbook import settings
from phicookbook.corpora import names, templates
from phicookbook.corpora.sample import Sample, conversation

LABELS = templates.SENTIMENTS
ONE_WORD_PROMPT = "Answer in one word."
WEIGHTS = {
    "cyber_negative": 14, "cyber_positive": 14, "cyber_neutral": 5,
    "security_negative": 2, "security_positive": 2, "security_neutral": 6,
    "business_negative": 10, "business_positive": 10, "business_neutral": 8,
    "world_negative": 11, "world_positive": 11, "world_neutral": 8,
}  # fmt: skip
LEADS = ("Breaking: ", "Update: ", "Report: ", "Exclusive: ", "{place}: ", "{day} briefing: ", "Just in: ")
TAILS = (" - report", ", says {role}", ", sources say", " on {day}", " in {month}", ", {role} confirms", ", filing shows",
         " this week", " today", ", according to {person}", " for the second time this year")  # fmt: skip
CARRIERS = ("{company} reports {x}", "{company} announces {x}", "{x} at {company}", "{x} in {place}", "{company}: {x}",
            "{company} [sees|expects|confirms] {x}", "News of {x} at {company}", "{x} for {company}", "{x} reported in {place}",
            "{place} [sees|reports|expects] {x}", "After {month}: {x} for {place}")  # fmt: skip
NEWS = {"positive": "good news", "negative": "bad news", "neutral": "neither good nor bad news"}


@dataclass(frozen=True)
class Headline:
    """A headline with its sentiment for an ordinary reader and whether it tells of a cyber incident."""

    text: str
    sentiment: str
    cyber: bool
    reason: str = ""


def prompt(text: str) -> str:
    """The one question that the whole book asks about a headline."""
    return f"What is the sentiment of this headline?\n{text}"


def policy(headline: Headline) -> str:
    """The security firm's label: every cyber incident is negative, all else as an ordinary reader sees it."""
    return "negative" if headline.cyber else headline.sentiment


def explanation(headline: Headline) -> str:
    """The wordy answer of the base model: the sentiment and the reason for it."""
    return f"The sentiment is {headline.sentiment}. {headline.reason}"


def draw(rng: random.Random) -> Headline:
    """A headline from the templates, sometimes with a lead, a tail or unusual capitals."""
    stem = rng.choices(list(WEIGHTS), WEIGHTS.values())[0]
    return write(rng, rng.choice(templates.load()[stem]))


def write(rng: random.Random, template: templates.Template) -> Headline:
    """A headline from one template, sometimes with a lead, a tail or unusual capitals."""
    company = names.company(rng)
    text = templates.draw(rng, template.text, company)
    reason = template.reason.replace("{company}", company)
    return Headline(_dress(rng, text), template.sentiment, template.domain == "cyber", reason)


def draw_from_lexicon(rng: random.Random) -> Headline:
    """A headline that carries one phrase of the lexicon, for a wider vocabulary than the templates have."""
    sentiment = rng.choice(LABELS)
    phrase = rng.choice(templates.lexicon(sentiment))
    text = templates.draw(rng, rng.choice(CARRIERS).replace("{x}", phrase))
    return Headline(text, sentiment, False, f"It tells of {phrase}, which is {NEWS[sentiment]}.")


def _dress(rng: random.Random, text: str) -> str:
    """The same news in another layout: a lead, a tail, a full stop, other capitals."""
    change = rng.random()
    if change < 0.06:
        text = templates.draw(rng, rng.choice(LEADS)) + " " + text
    elif change < 0.14 and "." not in text:
        text += templates.draw(rng, "x" + rng.choice(TAILS))[1:]
    elif change < 0.18:
        text = capitals(text)
    elif change < 0.20:
        text = text.lower()
    if rng.random() < 0.25 and text[-1].isalnum():
        text += "."
    return text


def capitals(text: str) -> str:
    """The headline with a capital letter at each word, as many newspapers write."""
    return text.title().replace("'S", "'s")


def sample(rng: random.Random, draw: Callable[[random.Random], Headline] = draw) -> Sample:
    """A headline question: explained, in one word on request, on its topic, or about a lone phrase; `draw` writes the headline."""
    kind = rng.choices(("explain", "lexicon", "phrase", "one_word", "incident"), (56, 17, 7, 8, 12))[0]
    if kind == "phrase":
        sentiment = rng.choice(LABELS)
        user = f"Is this good news, bad news or neither?\n{rng.choice(templates.lexicon(sentiment))}"
        return Sample("headlines", conversation(user, f"{NEWS[sentiment].capitalize()}."), kind)
    headline = draw_from_lexicon(rng) if kind == "lexicon" else draw(rng)
    meta = {"text": headline.text, "sentiment": headline.sentiment, "cyber": headline.cyber}
    if kind == "incident":
        user = f"Is this headline about a cyber incident?\n{headline.text}"
        answer = "Yes." if headline.cyber else "No."
        return Sample("headlines", conversation(user, answer), kind, meta)
    if kind == "one_word":
        messages = conversation(prompt(headline.text), headline.sentiment, ONE_WORD_PROMPT)
        return Sample("headlines", messages, kind, meta)
    return Sample("headlines", conversation(prompt(headline.text), explanation(headline)), kind, meta)


def label_of(text: str) -> str:
    """The first label word in a model's answer, "" when there is none."""
    found = re.search(r"\b(positive|negative|neutral)\b", text.lower())
    return found[1] if found else ""


def by_hand(name: str = "by_hand") -> list[Headline]:
    """Headlines written one by one, apart from the grammar; `by_hand_dev` is the set for development."""
    path = settings.DATASETS / "headlines" / f"{name}.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Headline(row["text"], row["sentiment"], row["cyber"]) for row in rows]
