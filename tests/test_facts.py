"""The family table and the published figures: sources, duplicates, invariants, and what a bad file says."""

from __future__ import annotations

import re

import pytest
import yaml

from phicookbook import facts, settings
from phicookbook.settings import CookbookError

FOLDER = settings.DATASETS / "phi_family"
FILES = {"models.yaml": "models", "benchmarks.yaml": "groups", "lifecycle.yaml": "events", "longrope.yaml": "models"}
GROUPS = yaml.safe_load((FOLDER / "benchmarks.yaml").read_text(encoding="utf-8"))["groups"]
NAMES = {name for group in GROUPS for name in group["scores"]}
SCORES = [score for name in sorted(NAMES) for score in facts.benchmark(name)]
SOURCE = re.compile(r"https://[a-z.]+/\S+|arXiv:\d{4}\.\d{5}")
DENSE = [each for each in facts.family().values() if each.layers]
ROPES = [facts.longrope(name) for name in ("Phi-4-mini-instruct", "Phi-3.5-mini-instruct")]


@pytest.mark.parametrize("each", [*facts.family().values(), *SCORES, *facts.lifecycle(), *ROPES], ids=lambda each: each.source)
def test_every_figure_has_a_source_and_a_date(each):
    assert SOURCE.fullmatch(each.source) and each.as_of.year >= 2026


def test_the_card_of_a_model_is_its_own():
    for each in facts.family().values():
        assert each.source == f"https://huggingface.co/{each.id}"


@pytest.mark.parametrize("name", FILES)
def test_no_key_stands_twice(name):
    """A YAML reader keeps the last of two equal keys and says nothing."""

    def walk(node):
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert len(keys) == len(set(keys)), f"{name}, line {node.start_mark.line + 1}"
            for _, value in node.value:
                walk(value)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                walk(value)

    walk(yaml.compose((FOLDER / name).read_text(encoding="utf-8")))


def test_no_figure_stands_twice():
    distinct = {(score.model, score.benchmark, score.source, score.setting) for score in SCORES}
    assert len(distinct) == len(SCORES) == sum(len(group["scores"]) for group in GROUPS)


def test_scores_name_known_microsoft_models_and_lie_between_0_and_100():
    for score in SCORES:
        assert not score.model.startswith("microsoft/") or score.model in facts.family()
        assert 0 < score.value < 100 and (score.spread is None or 0 < score.spread < 10)


@pytest.mark.parametrize(
    ("model", "benchmark", "value", "source"),
    [
        ("phi-4", "MMLU", 84.8, "https://huggingface.co/microsoft/phi-4"),
        ("phi-4", "MMLU-Pro", 70.4, "arXiv:2412.08905"),
        ("Phi-3-mini-4k-instruct", "GSM8K", 85.7, "https://huggingface.co/microsoft/Phi-3-mini-4k-instruct"),
        ("Phi-3.5-mini-instruct", "GSM8K", 76.9, "https://huggingface.co/microsoft/Phi-4-mini-instruct"),
        ("Phi-3.5-MoE-instruct", "HumanEval", 70.7, "https://huggingface.co/microsoft/Phi-3.5-MoE-instruct"),
        ("Phi-4-reasoning", "AIME 25", 62.9, "https://huggingface.co/microsoft/Phi-4-reasoning"),
        ("Phi-4-reasoning-plus", "LiveCodeBench 8/24-2/25", 53.1, "https://huggingface.co/microsoft/Phi-4-reasoning"),
        ("Phi-4-mini-reasoning", "AIME 24", 57.5, "arXiv:2504.21233"),
        ("o1", "GPQA-D", 76.7, "https://huggingface.co/microsoft/Phi-4-reasoning"),
    ],
)
def test_the_figure_to_quote(model, benchmark, value, source):
    score = facts.published(model, benchmark)
    assert (score.value, score.source, score.secondary) == (value, source, False)


def test_the_harness_exhibit_and_the_copies():
    both = [score for score in facts.benchmark("GSM8K") if score.model.endswith("Phi-3.5-mini-instruct")]
    assert [(score.value, score.secondary) for score in both] == [(86.2, True), (76.9, False)]
    assert str(facts.published("Phi-4-reasoning", "TSP")) == "37.5 (arXiv:2504.21318, read in a copy)"


def test_spread_and_setting_are_told():
    told = [str(score) for score in facts.benchmark("AIME 25")]
    assert "63.1 ± 6.3 (arXiv:2504.21318, mean over 50 runs)" in told


def test_stages_of_mini_reasoning_stand_in_order():
    stages = [s for s in facts.benchmark("MATH-500") if s.model.endswith("Phi-4-mini-reasoning")]
    assert [stage.value for stage in stages] == [71.8, 82.9, 89.3, 93.6, 94.6] and not stages[-1].setting


def test_lifecycle():
    events = {event.id: event for event in facts.lifecycle()}
    assert str(events["phi-3-serverless"].since) == "2025-08-30"
    assert str(events["azure-ai-inference"].since) == "2026-08-26"
    assert events["phi-4-serverless"].since is None and str(events["phi-4-serverless"].as_of) == "2026-07-07"


@pytest.mark.parametrize("each", facts.family().values(), ids=lambda each: each.id)
def test_invariants_of_the_family(each):
    assert each.id.startswith("microsoft/") and each.license == "MIT"
    assert 0 < each.active <= each.parameters and each.context % 1024 == 0
    assert each.released is None or re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", each.released)
    assert (each.active_parameters is None) == (each.experts is None) == (each.experts_per_token is None)


@pytest.mark.parametrize("each", DENSE, ids=lambda each: each.id)
def test_heads_divide(each):
    assert each.heads % each.kv_heads == 0 and each.hidden % each.heads == 0
    assert each.rotary_share is None or (each.hidden // each.heads * each.rotary_share).is_integer()


@pytest.mark.parametrize("each", ROPES, ids=lambda each: each.id)
def test_longrope_has_a_factor_for_each_rotated_pair(each):
    model = facts.member(each.id)
    pairs = model.hidden // model.heads * (model.rotary_share or 1) / 2
    assert len(each.short_factor) == len(each.long_factor) == pairs
    assert all(long >= short >= 1 for short, long in zip(each.short_factor, each.long_factor))
    assert each.long_factor == sorted(each.long_factor) and each.original_context < model.context


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("phi-4", "phi-4-serverless"),
        ("microsoft/phi-4", "phi-4-serverless"),
        ("Phi-3.5-MoE-instruct", "phi-3-serverless"),
        ("phi-2", None),
        ("Phi-4-reasoning-plus", None),
    ],
)
def test_service_of_a_model(name, event):
    found = facts.service(name)
    assert (found and found.id) == event


def test_names_and_inputs():
    assert facts.member("phi-4").name == "phi-4" and not facts.member("phi-4").vision
    assert [each.name for each in facts.family().values() if each.vision] == [
        "Phi-3.5-vision-instruct", "Phi-4-multimodal-instruct",
    ]  # fmt: skip
    assert all(each.inputs.startswith("text") for each in facts.family().values())


@pytest.mark.parametrize("each", [each for each in DENSE if each.inputs == "text"], ids=lambda each: each.id)
def test_published_size_follows_from_the_architecture(each):
    """Attention, feed-forward and embedding matrices add up to the published billions within 6%.

    phi-2 has two feed-forward matrices and the others three. Where no source says whether the embeddings
    are tied, either count may fit.
    """
    attention = 2 * each.hidden**2 + 2 * each.hidden * (each.hidden // each.heads) * each.kv_heads
    matrix = each.hidden * each.feed_forward * (2 if each.id.endswith("phi-2") else 3)
    embeddings = [each.vocabulary * each.hidden * count for count in ([1] if each.tied_embeddings else [1, 2])]

    def billions(experts: int) -> list[float]:
        return [(each.layers * (attention + matrix * experts) + table) / 1e9 for table in embeddings]

    assert any(size == pytest.approx(each.parameters, rel=0.06) for size in billions(each.experts or 1))
    assert any(size == pytest.approx(each.active, rel=0.06) for size in billions(each.experts_per_token or 1))


@pytest.mark.parametrize("name", ["phi-4", "PHI-4", "microsoft/phi-4"])
def test_names_are_forgiving(name):
    assert facts.member(name).id == "microsoft/phi-4"


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: facts.member("phi4-mini-instruct"), "did you mean microsoft/Phi-4-mini-instruct?"),
        (lambda: facts.member("zzz"), "there are microsoft/phi-2, "),
        (lambda: facts.benchmark("GSM-8K"), "did you mean GSM8K?"),
        (lambda: facts.published("phi-4", "TextVQA"), "'TextVQA' is no published benchmark of microsoft/phi-4"),
    ],
)
def test_an_unknown_name_is_answered_with_a_known_one(ask, sentence):
    with pytest.raises(CookbookError, match=re.escape(sentence)):
        ask()


def test_what_is_handed_out_cannot_spoil_the_cache():
    facts.family().clear()
    facts.benchmark("MMLU").clear()
    assert facts.family() and facts.benchmark("MMLU")


GOOD = {"id": "a/b", "license": "MIT", "parameters": 1, "vocabulary": 9, "context": 1024, "source": "https://x.y/z"}


def model_file(**change) -> str:
    row = GOOD | {"as_of": "2026-11-21"} | change
    return "models:\n- {" + ", ".join(f"{key}: {value}" for key, value in row.items() if value is not None) + "}\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("models: [", "models.yaml is not a YAML file with a list of models"),
        ("models: 3", "models.yaml, row 1 of models is 3, not a mapping of fields"),
        ("rows: []", "models.yaml is not a YAML file with a list of models"),
        ("", "models.yaml is not a YAML file with a list of models"),
        (model_file(source=None), "models.yaml, row 1 of models (a/b) lacks source"),
        (model_file(colour="red"), "row 1 of models (a/b): 'colour' is no field"),
        (model_file(context="long"), "row 1 of models (a/b): context is 'long', not int"),
        (model_file(layers="true"), "row 1 of models (a/b): layers is True, not int | None"),
        (model_file(source="a blog"), "the source 'a blog' is neither an https address nor arXiv:NNNN.NNNNN"),
        (model_file() + model_file().removeprefix("models:\n"), "models.yaml: a/b stands twice"),
    ],
)
def test_a_bad_models_file_says_where_it_is_bad(text, sentence, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "DATASETS", tmp_path)
    (tmp_path / "phi_family").mkdir()
    (tmp_path / "phi_family" / "models.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CookbookError, match=re.escape(sentence)):
        facts.family()


GROUP = "- {table: t, model: m, source: 'arXiv:2404.14219', as_of: 2026-11-21, scores: "


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("groups:\n" + GROUP + "7}", "row 1 of groups (m): scores is 7, not a mapping"),
        ("groups:\n" + GROUP + "{MMLU: high}}", "row 1 of groups (m), MMLU: value is 'high', not float"),
        ("groups:\n" + GROUP + "{MMLU: 1}}\n" + GROUP + "{MMLU: 2}}", "'arXiv:2404.14219', '') stands twice"),
    ],
)
def test_a_bad_benchmarks_file_says_where_it_is_bad(text, sentence, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "DATASETS", tmp_path)
    (tmp_path / "phi_family").mkdir()
    (tmp_path / "phi_family" / "benchmarks.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CookbookError, match=re.escape(sentence)):
        facts.benchmark("MMLU")


def test_a_missing_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "DATASETS", tmp_path / "nowhere")
    with pytest.raises(CookbookError, match="lifecycle.yaml is not a YAML file"):
        facts.lifecycle()
