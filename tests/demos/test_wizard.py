"""The wizard's parts that need no service: rows, knobs, the managed view, curves, what is said about a job."""

from __future__ import annotations

import json
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_client import ROWS, jsonl

from phicookbook.demos import wizard_rows
from phicookbook.demos.wizard import told
from phicookbook.demos.wizard_curve import curve
from phicookbook.demos.wizard_desk import KNOBS, METHODS, Desk, Draft, Progress, knob, take
from phicookbook.demos.wizard_managed import as_json, edited, settings_of, table
from phicookbook.demos.wizard_pages import STEPS, steps
from phicookbook.demos.wizard_rows import MOST_BYTES, Rows, headline_rows, preview, read, split
from phicookbook.demos.wizard_service import NOT_YET, Service
from phicookbook.demos.wizard_training import state
from phicookbook.finetune.job import Job
from phicookbook.finetune.settings import POCKET
from phicookbook.serverless import automatic, validation
from phicookbook.settings import CookbookError

AUTO = {"batch_size": "auto", "learning_rate_multiplier": "auto", "n_epochs": "auto"}
NASTY = "<img src=x onerror=alert(1)> ${7*7} {{value}} <script>alert(2)</script>"


def some_rows(count: int) -> Rows:
    return Rows("mine.jsonl", tuple(json.dumps({"n": i}) for i in range(count)))


@pytest.fixture
def upload(tmp_path):
    """A function that puts a file where Gradio would."""

    def put(content: bytes, name: str = "mine.jsonl"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return put


def test_an_upload_becomes_rows_and_its_copy_is_deleted(upload):
    path = upload(b"\xef\xbb\xbf" + jsonl(ROWS).replace(b"\n", b"\r\n") + b"\n\n")
    rows = take(str(path), "supervised")
    assert [json.loads(line) for line in rows.lines] == ROWS and rows.name == "mine.jsonl"
    assert rows.content == "".join(line + "\n" for line in rows.lines).encode()
    assert not path.exists()


def test_bad_lines_are_told_one_by_one_in_the_service_s_words(upload):
    bad = jsonl(ROWS) + b'{no JSON\n{"messages": []}\n'
    path = upload(bad)
    with pytest.raises(CookbookError) as service:
        validation.check(path, "supervised")
    with pytest.raises(CookbookError) as ours:
        take(str(path), "supervised")
    assert str(ours.value) == str(service.value)
    assert "The file has 2 bad lines:\nline 13: not JSON" in str(ours.value) and "\nline 14: " in str(ours.value)
    assert not path.exists()


@pytest.mark.parametrize(
    "content, told", [(jsonl(ROWS[:9]), "has 9 rows, at least 10"), (b"\xff\xfe", "not UTF-8"), (b"MZ\x90\x00" * 9, "bad line")]
)
def test_what_is_no_training_file_gets_a_sentence(upload, content, told):
    with pytest.raises(CookbookError, match=told):
        read(upload(content), "supervised")


def test_a_large_upload_is_refused_before_it_is_read(upload, monkeypatch):
    monkeypatch.setattr(wizard_rows, "check", None)
    with pytest.raises(CookbookError, match=f"at most {MOST_BYTES:,} are taken here"):
        read(upload(b"x" * (MOST_BYTES + 1)), "supervised")


def test_no_file_gets_a_sentence():
    with pytest.raises(CookbookError, match="There is no file yet"):
        take(None, "supervised")


@pytest.mark.parametrize("method", METHODS)
def test_the_book_s_headlines_are_right_for_either_method(method, upload):
    rows = headline_rows(50, method)
    assert len(rows) == 50 == len(set(rows.lines)) == validation.check(upload(rows.content), method)
    assert "sentiment of this headline" in preview(rows)


@given(count=st.integers(11, 300), share=st.sampled_from([0.05, 0.1, 0.3]), seed=st.integers(0, 9))
def test_a_split_loses_nothing_and_is_drawn_by_seed(count, share, seed):
    rows = some_rows(count)
    if count - max(1, round(count * share)) < 10:
        with pytest.raises(CookbookError, match="rows to train on, and 10 are needed"):
            split(rows, share, seed)
        return
    train, held = split(rows, share, seed)
    assert sorted([*train.lines, *held.lines]) == sorted(rows.lines) and len(held) == max(1, round(count * share))
    assert split(rows, share, seed) == (train, held)


def test_a_preview_shows_html_and_does_not_run_it():
    rows = [{"messages": [{"role": "user", "content": NASTY}, {"role": "assistant", "content": "x" * 999}]}]
    shown = preview(Rows("<b>.jsonl", tuple(map(json.dumps, rows))))
    assert "<img" not in shown and "<script" not in shown and "<b>.jsonl" not in shown and not re.search("[{}$]", shown)
    assert "&lt;img" in shown and "x" * 240 + " ..." in shown and "x" * 241 not in shown


@pytest.mark.parametrize(
    "name, text, value",
    [
        ("batch_size", " AUTO ", "auto"), ("batch_size", "", "auto"), ("batch_size", "256", 256), ("n_epochs", "50", 50),
        ("learning_rate_multiplier", "0.5", 0.5), ("learning_rate_multiplier", "1e-1", 0.1), ("beta", "2", 2.0),
    ],
)  # fmt: skip
def test_a_knob_is_auto_or_a_number(name, text, value):
    assert knob(name, text) == value


@pytest.mark.parametrize(
    "name, text",
    [
        ("batch_size", "0"), ("batch_size", "257"), ("batch_size", "4.5"), ("n_epochs", "many"), ("n_epochs", "51"),
        ("learning_rate_multiplier", "0"), ("learning_rate_multiplier", "nan"), ("learning_rate_multiplier", "inf"),
        ("beta", "-1"),
    ],
)  # fmt: skip
def test_a_knob_that_is_neither_gets_a_sentence(name, text):
    with pytest.raises(CookbookError, match=f"{name} is '{text}': write auto, or a"):
        knob(name, text)


def test_the_knobs_limits_are_the_service_s():
    from pydantic import ValidationError

    from phicookbook.serverless.forms import PreferenceKnobs

    for name, (least, most, whole) in KNOBS.items():
        for value in (least, most):
            PreferenceKnobs.model_validate({name: value})
        with pytest.raises(ValidationError):
            PreferenceKnobs.model_validate({name: most + 1})
        with pytest.raises(ValidationError):
            PreferenceKnobs.model_validate({name: 0 if whole else 0.0})


def a_draft(**changes) -> Draft:
    rows = Rows("train.jsonl", tuple(map(json.dumps, ROWS)))
    return Draft(**{"model": "pocket", "rows": rows, "train": rows, "knobs": AUTO} | changes)


def test_pages_are_locked_until_what_comes_before_is_right():
    desk, draft = Desk(Service()), Draft()
    with pytest.raises(CookbookError, match=re.escape(NOT_YET)):
        desk.choose_model(draft, "pocket")
    with pytest.raises(CookbookError, match="Choose the task"):
        desk.choose_method(draft, None)
    with pytest.raises(CookbookError, match="Choose the training data first"):
        desk.choose_validation(draft, "split", 0.1, None)
    with pytest.raises(CookbookError, match="There is no file yet"):
        desk.choose_validation(a_draft(), "file", 0.1, None)
    with pytest.raises(CookbookError, match="Something is still missing"):
        desk.request(a_draft(knobs={}), "file-1")


def test_who_comes_back_need_not_upload_the_validation_file_again(upload):
    desk, draft = Desk(Service()), a_draft()
    desk.choose_validation(draft, "file", 0.1, str(upload(jsonl(ROWS[:2]))))
    assert len(draft.validation) == 2 and len(draft.train) == 12
    desk.choose_validation(draft, "none", 0.1, None)
    assert draft.validation is None
    desk.choose_validation(draft, "file", 0.1, None)
    assert len(draft.validation) == 2


def test_another_task_forgets_rows_of_another_form():
    draft = a_draft()
    Desk(Service()).choose_method(draft, "supervised")
    assert draft.rows
    Desk(Service()).choose_method(draft, "dpo")
    assert draft.rows is None and draft.train is None


@pytest.mark.parametrize("suffix, seed, wrong", [("a b", 1, "The name is"), ("x" * 41, 1, "The name is"), ("", -1, "The seed")])
def test_a_bad_name_or_seed_gets_a_sentence(suffix, seed, wrong):
    with pytest.raises(CookbookError, match=wrong):
        Desk(Service()).choose_knobs(a_draft(), AUTO, suffix, seed)


def test_a_request_holds_what_was_chosen_and_nothing_else():
    desk, draft = Desk(Service()), a_draft(method="dpo")
    desk.choose_knobs(draft, AUTO | {"n_epochs": "2", "beta": "0.2"}, "mine", 7)
    body = desk.request(draft, "file-1", "file-2")
    knobs = AUTO | {"n_epochs": 2, "beta": 0.2}
    assert body["method"] == {"type": "dpo", "dpo": {"hyperparameters": knobs}}
    assert (body["training_file"], body["validation_file"], body["suffix"], body["seed"]) == ("file-1", "file-2", "mine", 7)
    assert not {"validation_file", "suffix"} & set(desk.request(a_draft(), "file-1"))


def test_the_managed_view_shows_what_the_service_will_do():
    chosen = settings_of("pocket", "supervised", AUTO, 6_000, seed=3)
    knobs = automatic.choose(AUTO, 6_000)
    assert (chosen.learning_rate, chosen.num_train_epochs, chosen.seed) == (POCKET["learning_rate"], knobs["n_epochs"], 3)
    shown = table(chosen)
    assert shown.count("<tr>") == 1 + len(chosen.to_dict()) and "<strong>0.002</strong>" in shown and "method (ours)" in shown
    assert "6,000 rows; validation: none" in told(a_draft(train=some_rows(6_000)), chosen)
    assert f"{knobs['batch_size']} rows a step, {knobs['n_epochs']} epochs, 375 steps" in told(
        a_draft(train=some_rows(6_000)), chosen
    )


def test_edited_settings_become_a_job_that_the_command_reads(tmp_path):
    chosen = settings_of("pocket", "supervised", AUTO, 500, seed=3)
    values = json.loads(as_json(chosen)) | {"lora_r": 8}
    said, text = edited(json.dumps(values), "pocket", validated=True)
    (tmp_path / "job.yaml").write_text(text)
    job = Job.read(tmp_path / "job.yaml")
    assert job.settings.to_dict() == values and job.model == "pocket" and job.validation_data.endswith("validation.jsonl")
    assert said.startswith("The settings are in order.\n") and "learning_rate: " in said
    assert "validation" not in edited(as_json(chosen), "pocket", validated=False)[1].replace("evaluation", "")


@pytest.mark.parametrize(
    "text, wrong",
    [
        ("{", "This is not JSON"), ("[" * 9_999, "This is not JSON"), ("[1]", "as one JSON object"),
        (" " * 20_001, "at most 20,000"), ('{"packing": "<b>"}', "packing is"),
        ('{"lora_rank": 8}', "no fine-tuning setting is called lora_rank"), ('{"lora_r": 0}', "lora_r is 0, give a whole number"),
        ('{"lora_r": [1]}', "lora_r is"), ('{"learning_rate": NaN}', "learning_rate is nan"),
    ],
)  # fmt: skip
def test_settings_that_are_none_get_a_sentence(text, wrong):
    with pytest.raises(CookbookError, match=re.escape(wrong)):
        edited(text, "pocket", validated=False)


def test_a_curve_has_a_text_and_stays_inside_its_frame():
    rng = random.Random(1)
    train, valid = [(step, rng.uniform(0, 5)) for step in range(1, 40)], [(20, 1.5), (39, 0.25)]
    drawn = curve(train, valid, total=40)
    assert 'role="img"' in drawn and "validation loss 1.50 at step 20 and 0.25 at step 39" in drawn
    points = [tuple(map(float, pair.split(","))) for pair in re.search(r'points="([^"]+)"', drawn)[1].split()]
    assert len(points) == 39 and all(0 <= x <= 640 and 0 <= y <= 280 for x, y in points)
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert curve([], [], 10) == "" and "polyline" in curve([(1, 0.0)], [], 0)


def test_the_present_step_is_marked():
    for at, name in enumerate(STEPS):
        shown = steps(at)
        assert shown.count('aria-current="step"') == 1 and shown.count("✓ done") == at
        assert re.search(rf'aria-current="step"[^>]*>{at + 1}\. {name} ', shown)


@pytest.mark.parametrize(
    "job, said",
    [
        ({"status": "queued"}, "Waiting for a processor"),
        ({"status": "running"}, "Step 3 of 12, training loss 0.500"),
        ({"status": "succeeded"}, "deploy the model next"),
        ({"status": "failed", "error": {"message": "line 2: <b>wrong</b>"}}, "line 2: &lt;b&gt;wrong"),
        ({"status": "failed", "error": None}, "The job failed."),
    ],
)
def test_the_state_of_a_job_is_said(job, said):
    assert said in state(Progress(job, [(1, 2.0), (3, 0.5)], [(2, 1.0)], 12, []))
