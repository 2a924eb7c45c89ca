"""The travel guide: short pages about invented places near a cruise stop, and questions on them with their evidence.

    guide = draw(); guide.pages["skagway/at-the-table.md"]; guide.questions[0]["gold"]

`python -m phicookbook.corpora.travel_guide` writes datasets/travel. Every fact of corpora/travel is told in one
section of one page or in none, so a question's evidence is complete.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from dataclasses import dataclass, field
from pathlib import Path

from phicookbook import settings
from phicookbook.corpora import facts as wordings
from phicookbook.corpora import names, travel, travel_questions
from phicookbook.corpora.facts import Fact
from phicookbook.corpora.travel_questions import bank

SEED = 1896
# Only two towns exist; every place in them has an invented word for a name.
TOWNS = {"Skagway": "north", "Belize City": "warm", "Dorvale": "coast", "Port Mirren": "coast", "Saltmere": "coast",
         "Old Quarry": "north", "Pinebeck": "north", "Lanterby": "coast", "Harrowick": "north", "Nimsea": "warm"}  # fmt: skip
REAL = ("Skagway", "Belize City")
UNFIT = "shi fuc fou cun cra dung hate nig sex kill rap piss slut tit cum bum dea bigb penk".split()  # for invented names
PLACES_A_TOWN, GUIDES_A_TOWN = 27, 6  # guides at most
FEWEST_WORDS, MOST_WORDS = 60, 150
SECTIONS = {"address": "where", "distance": "where", "extension": "contact", "booking": "contact", "dogs": "rules",
            "season": "hours", "opening": "hours", "closing": "hours", "closed day": "hours", "price": "prices",
            "night": "prices", "duration": "time", "special": "food", "breakfast": "stay", "rooms": "stay"}  # fmt: skip
GUIDES = ("food", "rules", "where", "hours", "prices", "contact", "time")


@dataclass
class Place:
    """An invented place: its facts by attribute, and which of them the guide tells."""

    name: str
    domain: str
    town: str
    facts: dict[str, Fact]
    on_page: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """A fact that the guide tells, and the section where it stands: "skagway/mira-inn.md#prices"."""

    place: Place
    fact: Fact
    section: str


@dataclass(frozen=True)
class Guide:
    """The pages by file name, the places, the facts that are told, and the questions as rows."""

    pages: dict[str, str]
    places: list[Place]
    told: list[Told]
    questions: list[dict]


def slug(text: str) -> str:
    """A heading as it is linked to: lower case, words joined by dashes."""
    return "-".join(re.findall(r"\w+", text.lower()))


def draw(seed: int = SEED) -> Guide:
    """The whole guide."""
    rng = random.Random(f"travel_guide/{seed}")
    places: list[Place] = []
    for town in TOWNS:
        places += _places(rng, town, [place.name for place in places])
    pages, told = {}, []
    for town in TOWNS:
        local = [place for place in places if place.town == town]
        for topic in rng.sample(GUIDES, GUIDES_A_TOWN):
            written = _guide_page(rng, town, topic, local)
            if written[2]:  # a page without a fact helps nobody
                _keep(pages, told, written)
    for place in places:
        _keep(pages, told, _place_page(rng, place))
    pages = dict(sorted(pages.items()))
    return Guide(pages, places, told, travel_questions.draw(rng, pages, places, told))


def _keep(pages: dict[str, str], told: list[Told], written: tuple[str, str, list[Told]]) -> None:
    name, text, facts = written
    if name in pages:
        raise ValueError(f"two pages are called {name}")
    pages[name] = text
    told += facts


def _places(rng: random.Random, town: str, taken: list[str]) -> list[Place]:
    """The places of a town. Few names serve many of them, so that the Mira Inn is not the Mira Museum."""
    domains, stems, found = travel.domains(), [], []
    while len(stems) < 10:
        first, _ = travel.name_parts("museum")
        stem = names.word(rng, 2).capitalize() if town in REAL else wordings.expand(rng, first)
        if not any(stem in name for name in [*taken, *stems]) and not any(bad in stem.lower() for bad in UNFIT):
            stems.append(stem)
    while len(found) < PLACES_A_TOWN:
        kind = rng.choice(list(domains))
        name = f"{rng.choice(stems)} {wordings.expand(rng, travel.name_parts(kind)[1])}"
        if any(name in other or other in name for other in [*taken, *(place.name for place in found)]):
            continue
        drawn = {key: wordings.draw(rng, domains[kind], name, key) for key in domains[kind].attributes if key != "town"}
        drawn["town"] = _in_town(rng, kind, name, town)
        place = Place(name, kind, town, drawn)
        keys = rng.sample([key for key in drawn if key != "town"], rng.randint(5, 6))
        place.on_page, place.elsewhere = sorted(keys[:4]), keys[4:]
        found.append(place)
    return found


def _in_town(rng: random.Random, kind: str, name: str, town: str) -> Fact:
    """The fact of the town, worded as corpora/travel does."""
    shape = travel.domains()[kind].attributes["town"].wordings
    said, asked = (wordings.expand(rng, rng.choice(shape[mark])).replace("{e}", name).replace("{v}", town) for mark in "+?")
    return Fact(name, "town", town, wordings.sentence_case(said), wordings.sentence_case(asked))


def _fill(rng: random.Random, name: str, town: str, place: str = "", used: set[str] | None = None) -> str:
    """An entry of a bank with its slots filled; none of `used` unless all are used."""
    lines = [line for line in bank()[name] if used is None or line not in used] or bank()[name]
    line = rng.choice(lines)
    if used is not None:
        used.add(line)
    scene = rng.choice(bank()[f"scene {TOWNS[town]}"])
    text = line.replace("{e}", place).replace("{town}", town).replace("{scene}", scene)
    return wordings.sentence_case(wordings.expand(rng, text))


def _body(rng: random.Random, facts: list[Fact], more: list[str]) -> str:
    """Facts and other sentences as a paragraph, or the facts as a list."""
    said = [fact.sentence for fact in facts]
    if len(said) > 1 and rng.random() < 0.4:
        return "\n\n".join(filter(None, ["\n".join(f"- {line}" for line in said), " ".join(more)]))
    for line in more:
        said.insert(rng.choice((0, len(said))), line)
    return " ".join(said)


def _place_page(rng: random.Random, place: Place) -> tuple[str, str, list[Told]]:
    """One place's page: file name, text, and the facts with their sections."""
    used: set[str] = set()
    name = f"{slug(place.town)}/{slug(place.name)}.md"
    title = _fill(rng, "title page", place.town, place.name)
    groups: dict[str, list[Fact]] = {}
    short = rng.random() < 0.3  # all facts under one heading
    for key in rng.sample(place.on_page, len(place.on_page)):
        groups.setdefault("glance" if short else SECTIONS[key], []).append(place.facts[key])
    intro = [_fill(rng, f"intro {place.domain}", place.town, place.name, used) for _ in range(1 if len(groups) > 3 else rng.randint(1, 2))]
    told = [Told(place, place.facts["town"], f"{name}#{slug(title)}")]
    sections = [(f"# {title}", _body(rng, [place.facts["town"]], intro))]
    for group, facts in groups.items():
        heading = _fill(rng, f"heading {group}", place.town)
        more = [] if short else [_fill(rng, f"filler {group}", place.town, place.name, used)]
        sections.append((f"## {heading}", _body(rng, facts, more)))
        told += [Told(place, fact, f"{name}#{slug(heading)}") for fact in facts]
    if short:
        topics = dict.fromkeys(SECTIONS[key] for key in place.on_page)
        advice = " ".join(_fill(rng, f"filler {topic}", place.town, place.name, used) for topic in topics)
        sections.append((f"## {_fill(rng, 'heading advice', place.town)}", advice))
    return name, _page(rng, place.town, place.domain, sections, used), told


def _guide_page(rng: random.Random, town: str, topic: str, local: list[Place]) -> tuple[str, str, list[Told]]:
    """A page about one side of a town: one fact each of several places, which their own pages do not tell."""
    title, used = _fill(rng, f"guide {topic}", town), set()
    name, told = f"{slug(town)}/{slug(title)}.md", []
    able = [(place, key) for place in local for key in place.elsewhere if SECTIONS.get(key) == topic]
    chosen = rng.sample(able, min(len(able), rng.randint(4, 6)))
    sections = [(f"# {title}", _fill(rng, f"opening {topic}", town))]
    headings = rng.sample(bank()["part"], 3)
    for heading, group in zip(headings, (chosen[:2], chosen[2:4], chosen[4:])):
        if not group:
            continue
        facts = [place.facts[key] for place, key in group]
        sections.append((f"## {heading}", _body(rng, facts, [_fill(rng, "filler general", town, "", used)])))
        told += [Told(place, place.facts[key], f"{name}#{slug(heading)}") for place, key in group]
    return name, _page(rng, town, "guide", sections, used), told


def _page(rng: random.Random, town: str, kind: str, sections: list[tuple[str, str]], used: set[str]) -> str:
    """The Markdown of a page of FEWEST_WORDS to MOST_WORDS words under its front matter."""
    while (count := len(" ".join(body for part in sections for body in part).split())) < FEWEST_WORDS + 5:
        place = rng.randrange(len(sections))
        heading, body = sections[place]
        sections[place] = heading, f"{body} {_fill(rng, 'filler general', town, '', used)}"
    if count > MOST_WORDS:
        raise ValueError(f"{sections[0][0]} has {count} words")
    text = "\n\n".join(f"{heading}\n\n{body}" for heading, body in sections)
    return f"---\ntown: {town}\nkind: {kind}\n---\n\n{text}\n"


def as_jsonl(rows: list[dict]) -> str:
    """Rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def checksums(guide: Guide) -> dict[str, str]:
    """SHA-256 of the questions' file and of all pages together, each after its name."""
    pages = "".join(f"{name}\n{text}" for name, text in guide.pages.items())
    content = {"documents": pages, "questions.jsonl": as_jsonl(guide.questions)}
    return {name: hashlib.sha256(text.encode("utf-8")).hexdigest() for name, text in content.items()}


def write(folder: Path) -> Guide:
    """Write the pages, the questions and their checksums into a folder, and return the guide."""
    guide = draw()
    for name, text in guide.pages.items():
        path = folder / "documents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    (folder / "questions.jsonl").write_text(as_jsonl(guide.questions), encoding="utf-8", newline="\n")
    text = json.dumps(checksums(guide), indent=1) + "\n"
    (folder / "checksums.json").write_text(text, encoding="utf-8", newline="\n")
    return guide


if __name__ == "__main__":
    write(settings.DATASETS / "travel")
