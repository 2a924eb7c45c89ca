"""Headline templates: read them, and write headlines from them.

A template is a line such as "{company} [recovers|bounces back] from [a|] ransomware attack".
Brackets hold alternatives, braces a name, number or date.

    draw(random.Random(0), load()["cyber_negative"][0].text)
"""

from __future__ import annotations

import functools
import itertools
import random
import re
from dataclasses import dataclass
from pathlib import Path

from phicookbook.corpora import names

FOLDER = Path(__file__).parent / "templates"
SENTIMENTS = ("positive", "negative", "neutral")
DOMAINS = ("cyber", "security", "business", "world")
CHOICE = re.compile(r"\[([^\[\]]*)\]")
SLOT = re.compile(r"\{(\w+)\}")
SLOTS = {
    "person": names.person,
    "place": names.place,
    "n": lambda rng: str(rng.choice((rng.randint(2, 20), rng.randint(20, 900)))),
    "big": names.big_number,
    "pct": names.percent,
    "money": names.money,
    "month": names.month,
    "day": names.weekday,
    "year": lambda rng: str(rng.randint(2019, 2032)),
    "sector": names.sector,
    "role": names.role,
    "product": names.product,
}


@dataclass(frozen=True)
class Template:
    """One line of a template file, with the reason of the group it stands in."""

    text: str
    reason: str
    domain: str
    sentiment: str


def parse(content: str, domain: str, sentiment: str) -> list[Template]:
    """The templates of one file; a line that opens with "# reason:" begins a group."""
    reason, found = "", []
    for line in content.splitlines():
        line = line.strip()
        if line.startswith("# reason:"):
            reason = line.removeprefix("# reason:").strip()
        elif line and not line.startswith("#"):
            found.append(Template(line, reason, domain, sentiment))
    return found


@functools.cache
def load() -> dict[str, list[Template]]:
    """Every template by domain and sentiment, such as "cyber_negative", from that file and its ".topic" parts."""
    stems = [f"{domain}_{sentiment}" for domain in DOMAINS for sentiment in SENTIMENTS]
    found = {}
    for stem in stems:
        files = [FOLDER / f"{stem}.txt", *sorted(FOLDER.glob(f"{stem}.*.txt"))]
        content = "\n".join(path.read_text(encoding="utf-8") for path in files)
        found[stem] = parse(content, *stem.split("_"))
    return found


@functools.cache
def lexicon(sentiment: str) -> list[str]:
    """Short phrases that are good, bad or neither when they happen to somebody."""
    lines = (FOLDER / f"lexicon_{sentiment}.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip()]


def draw(rng: random.Random, text: str, company: str = "") -> str:
    """One headline from a template: alternatives chosen, slots filled, spaces tidied."""
    text = CHOICE.sub(lambda match: rng.choice(match[1].split("|")), text)
    values = {"company": company or names.company(rng)}

    def fill(match: re.Match) -> str:
        name = match[1]
        if name == "other":
            return names.company(rng)
        if name not in values:
            values[name] = SLOTS[name](rng)
        return values[name]

    text = re.sub(r"\s+", " ", SLOT.sub(fill, text)).strip()
    text = re.sub(r"\s+([,.:;?!])", r"\1", text)
    return text[:1].upper() + text[1:]


def variants(text: str) -> int:
    """How many different wordings a template has, slots not counted."""
    count = 1
    for match in CHOICE.finditer(text):
        count *= len(match[1].split("|"))
    return count


def wordings(text: str) -> list[str]:
    """Every wording of a template, its slots left as they are."""
    parts = CHOICE.split(text)
    choices = [part.split("|") if place % 2 else [part] for place, part in enumerate(parts)]
    return ["".join(chosen) for chosen in itertools.product(*choices)]


def plain(text: str) -> str:
    """Lower-case words with single spaces, numbers and number slots as "#", punctuation gone."""
    text = re.sub(r"\{(n|big|pct|money|year)\}|[$€£]?\d[\d,.]*( million| billion|%)?", " # ", text.lower())
    return " ".join(re.findall(r"[a-z']+|#", text))


@functools.cache
def all_wordings() -> frozenset[str]:
    """Every wording of every template and every phrase of the lexicon, plain."""
    lines = [w for group in load().values() for template in group for w in wordings(template.text)]
    return frozenset(map(plain, [*lines, *(p for s in SENTIMENTS for p in lexicon(s))]))


def containing(phrase: str) -> list[str]:
    """The plain wordings that contain an event phrase."""
    wanted = f" {plain(phrase)} "
    return sorted(wording for wording in all_wordings() if wanted in f" {wording} ")
