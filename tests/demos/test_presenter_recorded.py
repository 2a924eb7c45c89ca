"""The recordings are what the models answer now, say that they are recorded, and are written whole or not at all."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from phicookbook.demos import presenter_record, presenter_recorded
from phicookbook.demos.answering import later
from phicookbook.demos.presenter_record import record
from phicookbook.demos.presenter_recorded import Recording, Scene, html, missing, read
from phicookbook.demos.workshop import TABS
from phicookbook.settings import CookbookError

NASTY = "<script>alert(1)</script>${x}{{y}}"


def test_every_demo_is_recorded():
    assert list(read()) == list(presenter_record.FLOWS) == [name for name, _ in TABS]


@pytest.mark.parametrize("name", ["family", "prompting", "reasoning"])
def test_a_recording_is_what_the_demo_answers_now(name):
    models, scenes = presenter_record.FLOWS[name]()
    kept = read()[name]
    assert kept.models == models
    for scene in [*kept.scenes, *scenes]:  # probabilities are told to one per cent, and another processor may round otherwise
        scene.table[1:] = [row[: 1 if name == "prompting" else None] for row in scene.table[1:3]]
    assert [asdict(scene) for scene in kept.scenes] == [asdict(scene) for scene in scenes]


def test_the_base_model_still_says_what_the_playground_recorded():
    from phicookbook.demos import playground

    for scene in read()["playground"].scenes:
        assert scene.answers[0] == ["Base: pocket", list(playground.answer(later("pocket"), scene.asked))[-1][0]]


def test_pocket_still_answers_what_the_search_recorded():
    from phicookbook.corpora.context import NOT_SAID
    from phicookbook.demos.retrieval import MOST_TOKENS, without
    from phicookbook.retrieval.answering import cite, prompt

    pocket = later("pocket")
    for scene in read()["retrieval"].scenes:
        (_, alone), (_, searched), *_ = scene.answers
        assert list(without(pocket, scene.asked))[-1][0] == alone
        lines = [line for _, line, _ in scene.table[1:]]
        if searched != NOT_SAID:
            said = pocket.get().chat(prompt(scene.asked, lines), max_new_tokens=MOST_TOKENS).text
            assert searched == said + "".join(f" [{number}]" for number in cite(said, lines))


def test_the_page_of_a_recording_says_so_and_runs_nothing():
    scene = Scene(NASTY, [[NASTY, NASTY]], [["head"], [NASTY]])
    markup = html(Recording("2026-11-22", NASTY, (scene,)), "edge", "Edge")
    assert "RECORDED" in markup and "22 November 2026" in markup and "Nothing on this page is running now" in markup
    assert "<script" not in markup and "{{" not in markup and "${" not in markup
    assert "no recording" in missing("edge", "Edge")


def test_every_shipped_recording_can_be_shown():
    for name, recording in read().items():
        assert html(recording, name, name).count('class="scene"') == len(recording.scenes) > 0
    assert "<svg" in html(read()["finetuning"], "finetuning", "")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"edge": {}}', '{"edge": {"on": "soon", "models": "", "scenes": []}}', '{"edge": 3}']
)
def test_a_broken_file_is_a_sentence(tmp_path, text):
    path = tmp_path / "recorded.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CookbookError, match="is no file of recordings"):
        read(path)
    with pytest.raises(CookbookError, match="is missing: make it anew with"):
        read(tmp_path / "nowhere.json")


def test_a_demo_that_cannot_run_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path, told = tmp_path / "recorded.json", []
    record("family", told.append, path)
    before = path.read_bytes()
    assert list(read(path)) == ["family"] and told == ["family: running", f"recorded in {path}"]

    def breaks():
        raise CookbookError("no model")

    monkeypatch.setattr(presenter_record, "FLOWS", {"family": presenter_record.family, "prompting": breaks})
    with pytest.raises(CookbookError, match="no model"):
        record("", told.append, path)
    assert path.read_bytes() == before
    assert told[2:] == ["family: running", "prompting: running"] and not list(tmp_path.glob("*.part"))


def test_another_demo_s_recording_stays(tmp_path):
    path = tmp_path / "recorded.json"
    presenter_recorded.write({"edge": asdict(Recording("2026-01-02", "x", ()))}, path)
    record("family", lambda text: None, path)
    assert list(read(path)) == ["family", "edge"] and read(path)["edge"].day == "2 January 2026"
