"""The grammars of titles, tickets, JSON and styles keep their rules.

pytest tests/corpora/test_instructions.py
"""

from __future__ import annotations

import json
import random

import pytest

from phicookbook.corpora import extraction, products, styles, tickets

MODULES = {"titles": products, "tickets": tickets, "json": extraction, "styles": styles}


def drawn(module, count: int = 1500, seed: int = 7):
    rng = random.Random(seed)
    return [module.sample(rng) for _ in range(count)]


def user(sample) -> str:
    """The first thing that the user says."""
    return next(message["content"] for message in sample.messages if message["role"] == "user")


@pytest.mark.parametrize("task", MODULES)
def test_same_seed_same_samples_and_short_prompts(task):
    found = drawn(MODULES[task])
    assert found == drawn(MODULES[task])
    assert {sample.task for sample in found} == {task}
    for sample in found:
        assert sample.answer.strip() == sample.answer != ""
        assert sum(len(message["content"].split()) for message in sample.prompt) < 220
        assert not set("{}[]") & set(sample.answer) or task == "json"
        assert "{}" not in user(sample)


@pytest.mark.parametrize("task", MODULES)
def test_prompts_vary(task):
    prompts = {user(sample) for sample in drawn(MODULES[task])}
    assert len(prompts) > 1200


def test_banks_are_large():
    items, materials, uses, features = (
        {word for row in products.CATEGORIES.values() for word in row[place]} for place in range(4)
    )
    assert len(products.CATEGORIES) >= 10 and len(items) >= 60 and len(materials) >= 25
    assert len(set(products.COLOURS)) >= 25 and len(uses | features) >= 40
    assert all(len(set(tickets.phrases(team))) >= 40 for team in tickets.TEAMS)
    assert len(styles.EVERYDAY.replace("\n", ";").split(";")) >= 80
    assert len(extraction.RECORDS) >= 8


def test_tags_and_titles_stand_in_the_description():
    kinds = set()
    for sample in drawn(products):
        text, facts = sample.meta["text"].lower(), sample.meta["facts"]
        answers = [message["content"] for message in sample.messages if message["role"] == "assistant"]
        kinds.add(sample.kind)
        assert len(answers) == (2 if sample.kind == "both" else 1)
        for answer in answers:
            if answer.startswith(facts["brand"]):
                words = answer.lower().removeprefix(facts["brand"].lower()).split()
                assert all(word in text for word in words if word != "in")
                assert (" in " in answer.removeprefix(facts["brand"])) == ("colour" in facts)
            else:
                found = answer.split(", ")
                assert 3 <= len(found) <= 5 and all(tag in text for tag in found)
                assert found == [facts[key] for key in products.ORDER if key in facts]
        titles = [answer.startswith(facts["brand"]) for answer in answers]
        assert sum(titles) == (sample.kind != "tags") and len(titles) - sum(titles) == (sample.kind != "title")
    assert kinds == {"title", "tags", "both"}


def test_routes_and_summaries():
    for sample in drawn(tickets):
        if sample.kind == "route":
            assert sample.answer in tickets.TEAMS and sample.answer == sample.meta["label"]
            assert all(team in user(sample) for team in tickets.TEAMS)
        else:
            assert sample.answer.endswith(".") and " in " in sample.answer and " on " in sample.answer
            told = sample.meta["text"].lower()
            assert all(word in told for word in sample.answer.lower().rstrip(".").split() if word not in ("in", "on"))


def test_no_complaint_belongs_to_two_teams():
    owners = [phrase for team in tickets.TEAMS for phrase in tickets.phrases(team)]
    assert len(owners) == len(set(owners))


def test_json_equals_meta():
    found = drawn(extraction)
    lacking = 0
    for sample in found:
        fields = json.loads(sample.answer)
        assert fields == sample.meta["fields"] and list(fields) == list(sample.meta["fields"])
        assert sample.answer == json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
        places = [user(sample).find(key) for key in fields]
        assert min(places) >= 0
        lacking += None in fields.values()
        for value in fields.values():
            assert value is None or str(value) in sample.meta["text"]
    assert 0.08 < lacking / len(found) < 0.16


def test_styles_by_recomputation():
    kinds = set()
    for sample in drawn(styles):
        kinds.add(sample.kind)
        full = sample.meta.get("full", "")
        expected = {
            "style_default": full,
            "style_sentence": full,
            "style_capitals": full.upper(),
            "style_polite": "Certainly. " + full,
            "style_bullet": "- " + full,
            "style_quotes": '"' + full + '"',
            "style_exclaim": full[:-1] + "!",
        }.get(sample.kind, sample.answer)
        assert sample.answer == expected
        if sample.kind == "style_one_word":
            assert " " not in sample.answer and sample.answer.lower() in full.lower()
        assert (sample.kind == "style_default") <= (len(sample.prompt) == 1)
    assert {f"style_{name}" for name in styles.SYSTEMS} | set(styles.LIST_ASKS) < kinds


def test_lists_by_recomputation():
    for sample in drawn(styles):
        items = sample.meta.get("items")
        if not items:
            continue
        assert all(item in user(sample) for item in items)
        assert sample.kind != "list_sorted" or len(items) <= 4
        expected = {
            "list_bullets": ["- " + item for item in items],
            "list_sorted": sorted(items),
            "list_numbered": [f"{n + 1}. {item}" for n, item in enumerate(items)],
            "list_reversed": items[::-1],
            "list_upper": [item.upper() for item in items],
            "first_word": items[:1],
            "last_word": items[-1:],
            "count_items": [str(len(items))],
        }.get(sample.kind, items)
        between = "\n" if sample.kind in ("list_bullets", "list_numbered") else ", "
        assert sample.answer.split(between) == expected


def test_hidden_orders():
    tally = {"refuse_injection": 0, "obey_injection": 0, "tagged_task": 0}
    for sample in drawn(styles, 4000):
        if sample.kind not in tally:
            continue
        tally[sample.kind] += 1
        assert (sample.meta["order"] in user(sample)) == (sample.kind != "tagged_task")
        obeyed = sample.kind == "obey_injection"
        assert sample.answer == sample.meta["payload" if obeyed else "right"]
        assert sample.kind == "tagged_task" or sample.meta["guarded"] != obeyed
        assert sample.meta["right"] in user(sample)
    assert 0.35 < tally["obey_injection"] / tally["refuse_injection"] < 0.65
