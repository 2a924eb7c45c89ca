"""Headline templates: every line parses, and a draw leaves no bracket, brace or double space behind.

pytest tests/corpora/test_templates.py
"""

from __future__ import annotations

import functools
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook.corpora import templates

STEMS = sorted(f"{domain}_{sentiment}" for domain in templates.DOMAINS for sentiment in templates.SENTIMENTS)
SLOTS = {*templates.SLOTS, "company", "other"}
# One layer of brackets and braces, each closed before the next opens.
LINE = re.compile(r"(?:[^\[\]{}|]|\{\w+\}|\[(?:[^\[\]{}]|\{\w+\})*\])+")
# News so vague that it stands under incidents and under business alike.
VAGUE = {"company declines to comment on rumour", "company neither confirms nor denies talks with other"}


@functools.cache
def every() -> tuple[templates.Template, ...]:
    return tuple(template for group in templates.load().values() for template in group)


@functools.cache
def sources() -> dict[str, set[str]]:
    """The stems in which each plain wording stands."""
    found: dict[str, set[str]] = {}
    for stem, group in templates.load().items():
        for template in group:
            for wording in templates.wordings(template.text):
                found.setdefault(templates.plain(wording), set()).add(stem)
    return found


def faults(template: templates.Template) -> list[str]:
    """What is wrong with a template, by rule."""
    slots = set(templates.SLOT.findall(template.text))
    return [
        rule
        for rule, broken in (
            ("brackets", not LINE.fullmatch(template.text)),
            ("slots", bool(slots - SLOTS)),
            ("reason", not template.reason.endswith(".")),
            ("reason's slots", not set(templates.SLOT.findall(template.reason)) <= ({"company"} & slots)),
            ("a choice of one", bool(re.search(r"\[[^|\]]*\]", template.text))),
            ("label", template.domain not in templates.DOMAINS or template.sentiment not in templates.SENTIMENTS),
        )
        if broken
    ]


@pytest.mark.parametrize(
    "text, reason, fault",
    [
        ("{company} [wins|loses", "So.", "brackets"),
        ("{company wins", "So.", "brackets"),
        ("{company} wins|loses", "So.", "brackets"),
        ("[a|[b|c]] {company}", "So.", "brackets"),
        ("{firm} wins", "So.", "slots"),
        ("{company} wins", "", "reason"),
        ("It wins", "{company} won.", "reason's slots"),
        ("{company} [wins]", "So.", "a choice of one"),
    ],
)
def test_a_bad_template_is_noticed(text, reason, fault):
    assert fault in faults(templates.Template(text, reason, "cyber", "negative"))


@pytest.mark.parametrize("stem", STEMS)
def test_every_template_parses(stem):
    group = templates.load()[stem]
    assert len(group) >= 50
    assert not [(template.text, faults(template)) for template in group if faults(template)]
    assert {f"{template.domain}_{template.sentiment}" for template in group} == {stem}


def test_no_file_is_left_out():
    used = {f"{stem}.txt" for stem in STEMS} | {path.name for stem in STEMS for path in templates.FOLDER.glob(f"{stem}.*.txt")}
    others = {f"lexicon_{sentiment}.txt" for sentiment in templates.SENTIMENTS} | {
        "context.txt",
        "filler.txt",
        "travel.txt",
        "travel_guide.txt",
    }
    assert {path.name for path in templates.FOLDER.iterdir()} == used | others


def test_no_template_stands_twice():
    texts = [template.text for template in every()]
    assert len(texts) == len(set(texts))


def test_a_wording_has_one_sentiment():
    torn = {w: stems for w, stems in sources().items() if len({stem.split("_")[1] for stem in stems}) > 1}
    assert not torn


def test_a_wording_is_an_incident_or_not():
    torn = {w for w, stems in sources().items() if len({stem.startswith("cyber_") for stem in stems}) > 1}
    assert torn <= VAGUE


def test_parse():
    content = "# a comment\n# reason: First.\n{company} wins\n\n  [a|b] day  \n# reason: Second.\nRain\n"
    found = templates.parse(content, "world", "neutral")
    assert [(t.text, t.reason) for t in found] == [("{company} wins", "First."), ("[a|b] day", "First."), ("Rain", "Second.")]
    assert {(t.domain, t.sentiment) for t in found} == {("world", "neutral")}


def test_wordings_are_as_many_as_variants():
    for template in every():
        written = templates.wordings(template.text)
        assert len(written) == templates.variants(template.text)
        assert not any(set("[]|") & set(wording) for wording in written)
    assert sum(templates.variants(template.text) for template in every()) > 30_000


@pytest.mark.parametrize(
    "text, expected",
    [
        ("{company} wins", ["{company} wins"]),
        ("[a|b] c", ["a c", "b c"]),
        ("[a|] {n} [c|d]", ["a {n} c", "a {n} d", " {n} c", " {n} d"]),
    ],
)
def test_wordings(text, expected):
    assert templates.wordings(text) == expected


@given(st.integers(min_value=0, max_value=10**9), st.data())
def test_draw_fills_everything(seed, data):
    template = data.draw(st.sampled_from(every()))
    text = templates.draw(random.Random(seed), template.text)
    assert not set("{}[]|\n\t") & set(text)
    assert "  " not in text and text == text.strip() != ""
    assert not re.search(r"\s[,.:;?!]", text)
    assert text[0] == text[0].upper()


def test_draw_writes_a_wording_of_its_template():
    for number, template in enumerate(every()[::7]):
        filled = templates.draw(random.Random(number), template.text, "Contoso")
        shapes = [re.split(r"\{\w+\}", wording) for wording in templates.wordings(template.text)]
        patterns = ["(.+)".join(re.escape(" ".join(part.split(" "))) for part in shape) for shape in shapes]
        loose = [re.sub(r"(\\ )+", r"\\s*", pattern) for pattern in patterns]
        assert any(re.fullmatch(rf"\s*{pattern}\s*", filled, re.IGNORECASE) for pattern in loose), (template.text, filled)


def test_draw_uses_the_company_it_is_given_and_repeats_a_slot():
    text = templates.draw(random.Random(1), "{company} and {company}, {place} and {place}", "Contoso")
    company, place = text.split(", ")
    assert company == "Contoso and Contoso" and len(set(place.split(" and "))) == 1


def test_every_alternative_is_drawn():
    found = {templates.draw(random.Random(seed), "[one|two|three] [|more]") for seed in range(200)}
    assert found == {"One", "Two", "Three", "One more", "Two more", "Three more"}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("{company} pays {money}", "company pays #"),
        ("Contoso pays $3.2 million", "contoso pays #"),
        ("12% of  {n} users, Margie's", "# of # users margie's"),
        ("1,200 hit-and-run thefts!", "# hit and run thefts"),
    ],
)
def test_plain(text, expected):
    assert templates.plain(text) == expected


def test_containing_finds_whole_words_in_any_wording():
    wording = templates.plain(templates.wordings(templates.load()["cyber_negative"][0].text)[-1])
    assert wording in templates.containing(wording)
    assert wording in templates.containing(" ".join(wording.split()[-2:]))
    phrase = templates.lexicon("positive")[0]
    assert templates.plain(phrase) in templates.containing(phrase)
    assert templates.containing("otters juggle quietly") == []
    assert templates.containing("ransomware") and not templates.containing("ransomwar")


def test_lexicons_are_clean_and_disjoint():
    plain = {s: [templates.plain(phrase) for phrase in templates.lexicon(s)] for s in templates.SENTIMENTS}
    assert all(len(phrases) >= 300 for phrases in plain.values())
    together = [phrase for phrases in plain.values() for phrase in phrases]
    assert len(together) == len(set(together))
    assert not [phrase for s in templates.SENTIMENTS for phrase in templates.lexicon(s) if set("{}[]|#") & set(phrase)]
