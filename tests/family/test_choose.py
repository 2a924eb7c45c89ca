"""The chooser: who fits which need, what it says for it, and what it says when nobody fits."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest

from phicookbook import facts
from phicookbook.family.choose import Needs, choose, needed_gb, relaxations, speed, status
from phicookbook.settings import CookbookError

BIG = {"memory_gb": 100, "where": "gpu"}


@pytest.mark.parametrize(
    ("needs", "name"),
    [
        ({}, "Phi-4-mini-instruct"),
        ({"memory_gb": 4}, "Phi-4-mini-instruct"),
        ({"memory_gb": 2.5}, None),
        ({"memory_gb": 2.3, "context": 2048}, "phi-2"),
        ({"memory_gb": 12}, "phi-4"),
        ({"memory_gb": 12, "bits": 8}, "Phi-4-mini-instruct"),
        ({"memory_gb": 32, "bits": 16}, "phi-4"),
        ({"memory_gb": 12, "languages": "multilingual"}, "Phi-4-mini-instruct"),
        ({"memory_gb": 12, "tokens_per_second": 10}, "Phi-4-mini-instruct"),
        ({"memory_gb": 12, "tokens_per_second": 10, "bandwidth_gb_s": 500}, "phi-4"),
        ({"memory_gb": 80, "context": 100_000}, "Phi-4-mini-instruct"),
        ({"vision": True}, "Phi-4-multimodal-instruct"),
        ({"vision": True, "languages": "multilingual"}, "Phi-4-multimodal-instruct"),
        ({"reasoning": True}, "Phi-4-mini-reasoning"),
        ({"reasoning": True, **BIG}, "Phi-4-reasoning-plus"),
        ({"reasoning": True, "context": 65_536, **BIG}, "Phi-4-mini-reasoning"),
        ({"reasoning": True, "where": "serverless"}, "Phi-4-reasoning"),
        ({"where": "serverless", "memory_gb": 0.1, "tokens_per_second": 999}, "phi-4"),
        ({"where": "serverless", "languages": "multilingual"}, "Phi-4-mini-instruct"),
        ({"where": "serverless", "vision": True}, "Phi-4-multimodal-instruct"),
        ({"licence": "MIT"}, "Phi-4-mini-instruct"),
        ({"licence": "mit"}, "Phi-4-mini-instruct"),
    ],
)
def test_who_fits(needs, name):
    if name is None:
        with pytest.raises(CookbookError, match="no Phi fits"):
            choose(Needs(**needs))
    else:
        assert choose(Needs(**needs)).member.name == name


GRID = [
    Needs(memory_gb=gb, bits=bits, context=tokens, languages=tongue, vision=eyes, reasoning=thinks, where=where)
    for gb, bits, tokens, tongue, eyes, thinks, where in itertools.product(
        (2, 6, 30), (4, 16), (1_000, 50_000), ("english", "multilingual"), (False, True), (False, True), ("edge", "serverless")
    )
]


def outcome(needs):
    try:
        return choose(needs)
    except CookbookError:
        return None


def test_a_choice_keeps_every_promise_and_serves_no_retired_service():
    chosen = [(needs, found) for needs in GRID if (found := outcome(needs))]
    assert 30 < len(chosen) < len(GRID)
    for needs, found in chosen:
        each = found.member
        assert each.context >= needs.context and each.reasoning == needs.reasoning and (each.vision or not needs.vision)
        assert needs.languages == "english" or each.languages not in (None, "English")
        if needs.where == "serverless":
            assert facts.service(each.id).state == "generally available" and "generally available" in found.status
        else:
            assert needed_gb(each, needs) <= needs.memory_gb and speed(each, needs) > 0


def test_each_advice_works_when_followed():
    told = 0
    for needs in [needs for needs in GRID if not outcome(needs)]:
        for field, value in relaxations(needs).items():
            told += 1
            assert choose(replace(needs, **{field: value}))
    assert told > 30


@pytest.mark.parametrize(
    ("needs", "fields"),
    [
        ({"memory_gb": 2}, {"memory_gb", "context"}),
        ({"memory_gb": 1}, {"memory_gb"}),
        ({"memory_gb": 3, "bits": 16}, {"memory_gb", "bits"}),
        ({"context": 500_000, **BIG}, {"context"}),
        ({"vision": True, "reasoning": True}, {"vision", "reasoning"}),
        ({"reasoning": True, "languages": "multilingual"}, {"reasoning", "languages"}),
        ({"tokens_per_second": 40}, {"tokens_per_second"}),
        ({"tokens_per_second": 20}, {"tokens_per_second", "context"}),
        ({"licence": "Apache-2.0"}, {"licence"}),
        ({"memory_gb": 1, "licence": "Apache-2.0"}, set()),
    ],
)
def test_which_needs_to_relax(needs, fields):
    assert set(relaxations(Needs(**needs))) == fields


def test_the_error_is_one_clear_sentence():
    with pytest.raises(CookbookError) as caught:
        choose(Needs(vision=True, reasoning=True))
    assert str(caught.value).endswith("Change one of these: vision to False; reasoning to False.")
    with pytest.raises(CookbookError, match="More than one need stands in the way: relax two of them."):
        choose(Needs(memory_gb=1, licence="Apache-2.0"))


def test_reasons_are_sentences_with_their_sources():
    choice = choose(Needs(memory_gb=30, languages="multilingual"))
    assert all(sentence.endswith(".") for sentence in [*choice.why, choice.status])
    text = " ".join(choice.why)
    assert "licence is MIT" in text and re.search(r"take 2\.7 of 30 GB", text) and "https://huggingface.co/" in text
    assert "retired service: Phi-3.5-MoE-instruct" in text


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Phi-3.5-mini-instruct", "Service: retired since 2025-08-30 (as of "),
        ("phi-4", "Service: generally available (as of 2026-07-07"),
        ("phi-2", "Service: the lifecycle table does not name phi-2."),
    ],
)
def test_status(name, says):
    assert status(facts.member(name)).startswith(says)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"languages": "klingon"}, "give 'english' or 'multilingual'"),
        ({"where": "moon"}, "give one of edge, gpu, serverless"),
        ({"memory_gb": 0}, "above 0"),
        ({"bandwidth_gb_s": -1}, "above 0"),
        ({"context": 0}, "context from 1 up"),
        ({"tokens_per_second": -1}, "from 0 up"),
        ({"bits": 7}, "7 bits"),
    ],
)
def test_impossible_needs_are_told(wrong, told):
    with pytest.raises(CookbookError, match=told):
        choose(Needs(**wrong))
