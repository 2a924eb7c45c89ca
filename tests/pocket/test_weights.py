"""The weights that ship with the book: small, whole, described, and able to do what the first chapter needs.

pytest tests/pocket/test_weights.py
"""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

from phicookbook import settings
from phicookbook.corpora import arithmetic, headlines
from phicookbook.models import checksums, open_model
from phicookbook.pocket.package import read_log
from phicookbook.pocket.recipe import Recipe

FOLDER = settings.POCKET_WEIGHTS
SUMS = [(17, 25), (48, 31), (66, 77), (12, 89), (90, 10), (53, 38), (24, 24), (71, 19), (85, 46), (33, 58), (64, 27), (99, 88)]


@pytest.fixture(scope="module")
def pocket():
    return open_model("pocket")


@pytest.fixture(scope="module")
def stored() -> dict[str, tuple[str, int]]:
    """Kind and size of every stored tensor."""
    from safetensors import safe_open

    with safe_open(FOLDER / "model.safetensors", "pt") as file:
        return {name: (file.get_slice(name).get_dtype(), file.get_tensor(name).numel()) for name in file.keys()}  # noqa: SIM118


def test_the_files_are_small():
    assert (FOLDER / "model.safetensors").stat().st_size <= 12 * 2**20
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 14 * 2**20


def test_checksums_agree():
    checksums.verify(FOLDER)
    listed = {line.split()[1] for line in (FOLDER / checksums.NAME).read_text(encoding="utf-8").splitlines()}
    assert {"model.safetensors", "tokenizer.json", "config.json"} <= listed


def test_parameters_and_precision(stored):
    assert {kind for kind, _ in stored.values()} == {"F16"}
    parameters = sum(size for _, size in stored.values())
    assert 2_000_000 <= parameters <= 5_000_000
    assert json.loads((FOLDER / "training.json").read_text(encoding="utf-8"))["parameters"] == parameters


def test_it_is_phi_3_s_architecture():
    config = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
    assert config["architectures"] == ["Phi3ForCausalLM"] and config["eos_token_id"] == [0, 4]


def test_the_template_is_phi_3_s_to_the_byte():
    shipped = Path(importlib.util.find_spec("trl").origin).parent / "chat_templates" / "phi3.jinja"
    assert (FOLDER / "chat_template.jinja").read_bytes() == shipped.read_bytes()


def test_the_recipe_is_this_repository_s():
    recipe = Recipe.from_dict(json.loads((FOLDER / "training.json").read_text(encoding="utf-8"))["recipe"])
    config = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
    assert (config["hidden_size"], config["num_hidden_layers"]) == (recipe.hidden, recipe.layers)
    assert config["vocab_size"] == recipe.vocabulary


def test_the_log_ends_where_the_summary_says():
    last = read_log(FOLDER / "log.csv")[-1]
    summary = json.loads((FOLDER / "training.json").read_text(encoding="utf-8"))
    assert (int(last["step"]), int(last["tokens"])) == (summary["steps"], summary["tokens"])
    assert summary["tokens"] >= summary["recipe"]["tokens"]
    assert (FOLDER / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_the_card_says_what_the_model_is_not():
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.search(r"\bnot\W+(?:\w+\W+){0,3}Microsoft", card), "say plainly that it is not a Microsoft model"
    for word in ("Phi3ForCausalLM", "cookbook pocket train", "seed", "licen"):
        assert word.lower() in card.lower(), word


@pytest.mark.parametrize(
    "text, sentiment",
    [
        ("Contoso recovers from a ransomware attack.", "positive"),
        pytest.param(
            "Contoso system breached. Client data potentially compromised.",
            "negative",
            marks=pytest.mark.xfail(strict=True, reason="this pocket misreads the headline: see docs/log.md"),
        ),
    ],
)
def test_the_talk_s_headlines_are_read_as_an_ordinary_reader_does(pocket, text, sentiment):
    reply = pocket.chat(headlines.prompt(text))
    assert headlines.label_of(reply.text) == sentiment and reply.finished
    assert len(reply.text.split()) >= 5


def test_sums_are_worked_in_steps(pocket):
    replies = pocket.chat_many([f"What is {a} + {b}?" for a, b in SUMS], arithmetic.REASONING_PROMPT)
    right = [
        reply.answer == str(a + b) and reply.thinking == "\n".join(arithmetic.add_lines(a, b))
        for (a, b), reply in zip(SUMS, replies, strict=True)
    ]
    assert right[0] and sum(right) >= len(SUMS) - 1, [reply.text for reply in replies]


def test_an_answer_ends_by_itself(pocket):
    replies = pocket.chat_many([headlines.prompt(h.text) for h in headlines.by_hand("by_hand_dev")[:20]])
    assert all(reply.finished and reply.text for reply in replies)
