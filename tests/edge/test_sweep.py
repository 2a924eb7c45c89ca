"""The sweep's front, the probe in a process of its own, and the arithmetic of a phone."""

from __future__ import annotations

import pytest

from phicookbook.edge import Form, phone, probe
from phicookbook.edge.build import build
from phicookbook.edge.sizes import Sizes
from phicookbook.edge.sweep import Row, front
from phicookbook.facts import member
from phicookbook.models.onnx import open_onnx
from phicookbook.settings import CookbookError

PROMPTS = [[10, 20, 30], [40, 50, 60, 70]]


@pytest.fixture(scope="module")
def folder(small_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("probe") / "tiny"
    build(small_folder, out, Form("int4", 16), tied=True)
    return out


def row(size: int, right: int) -> Row:
    return Row(Form(), None, Sizes(size, 0, 0, 0), [True] * right + [False] * (10 - right), None)


@pytest.mark.parametrize(
    "points, kept",
    [
        ([(2, 9), (8, 9), (11, 10)], [(2, 9), (11, 10)]),
        ([(1, 5)], [(1, 5)]),
        ([(3, 7), (2, 8)], [(2, 8)]),
        ([(2, 8), (2, 8)], [(2, 8), (2, 8)]),
        ([(2, 8), (2, 7)], [(2, 8)]),
    ],
)
def test_the_front_is_what_nothing_beats(points, kept):
    assert [(r.sizes.total, sum(r.marks)) for r in front([row(*point) for point in points])] == kept


def test_a_probe_answers_as_the_backend_does(folder):
    found = probe.probe(folder, PROMPTS, 6)
    model = open_onnx(folder, "tiny")
    own = model._generate([PROMPTS[0]], model._decoding(6, 0.0, 1.0, 0, None), [None])[0]
    assert model.tokenizer.decode(found.answers[0], skip_special_tokens=True) == own.text
    assert len(found.answers) == 2 and found.per_cpu_second > 0 and found.first_token >= 0
    assert found.memory >= sum(path.stat().st_size for path in folder.glob("model.onnx*"))


def test_offline_is_offline_and_changes_nothing(folder):
    here, away = (probe.probe(folder, PROMPTS, 6, offline=offline) for offline in (False, True))
    assert here.answers == away.answers
    assert (here.reached, away.reached) == (None, False)
    if probe.has_namespaces():
        assert away.network == ["lo"]


def test_offline_is_offline_without_namespaces_too(folder, monkeypatch):
    monkeypatch.setattr(probe, "has_namespaces", lambda: False)
    assert probe.probe(folder, PROMPTS, 2, offline=True).reached is False


def test_a_probe_that_fails_says_why(tmp_path):
    with pytest.raises(CookbookError, match="could not be measured: "):
        probe.probe(tmp_path, PROMPTS, 2)


def test_the_ceiling_is_bandwidth_over_bytes():
    mini = member("Phi-3-mini-4k-instruct")
    for rate in (12, 18):
        assert phone.ceiling(mini, phone.needed_bandwidth(mini, rate)) == pytest.approx(rate)
    assert phone.needed_bandwidth(mini, 18) == pytest.approx(18 * (3.821 - 32_064 * 3_072 / 1e9) * 4.5 / 8, rel=1e-4)
    assert phone.ceiling(mini, 50, tokens=4000) < phone.ceiling(mini, 50)


def test_this_machine_reads_memory():
    assert 0.1 < phone.read_bandwidth(megabytes=64, tries=2) < 2_000
