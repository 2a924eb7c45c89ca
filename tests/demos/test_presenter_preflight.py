"""The preflight's rows: real answers, and for what is missing a remedy and the recording that stands in."""

from __future__ import annotations

import pytest

from phicookbook import doctor
from phicookbook.demos import presenter, presenter_preflight, presenter_recorded
from phicookbook.demos.presenter_page import rows as page
from phicookbook.demos.presenter_preflight import Props, rows
from phicookbook.demos.wizard_service import GONE, Service
from phicookbook.demos.workshop import TABS
from phicookbook.doctor import Row

DEAD = "http://127.0.0.1:9/v1"


@pytest.fixture
def props():
    props = Props(Service(DEAD))
    yield props
    props.close()


def test_every_demo_has_a_way_to_be_warmed():
    assert list(presenter_preflight.WARM) == [name for name, _ in TABS]


def test_a_service_that_is_gone_is_a_row_with_a_remedy_and_the_rest_goes_on(props):
    found = list(rows(props, ("finetuning", "family", "prompting")))
    by_name = {row.name: row for _, row in found}
    assert [row.name for name, row in found if not name][:-1] == [row.name for row in doctor.rows()]
    bad = by_name["demo finetuning"]
    assert not bad.good and bad.remedy == f"{GONE} {presenter_preflight.REMEDY.format('finetuning')}"
    assert by_name["demo family"].good and by_name["demo prompting"] == Row("demo prompting", "pocket answers", True)
    assert presenter_preflight.line(bad).startswith("BAD  demo finetuning")


def test_a_demo_that_breaks_is_a_row_too(props, monkeypatch):
    monkeypatch.setitem(presenter_preflight.WARM, "family", lambda props: 1 / 0)
    *_, (_, row) = rows(props, ("family",))
    assert not row.good and "ZeroDivisionError" in row.remedy and "cookbook demo family" in row.remedy


def test_a_missing_recording_is_a_row(props, monkeypatch, tmp_path):
    monkeypatch.setattr(presenter_recorded, "FILE", tmp_path / "recorded.json")
    row = {row.name: row for _, row in rows(props, ())}["recordings"]
    assert not row.good and "make it anew with `cookbook demo --record`" in row.remedy


def test_only_what_was_warmed_is_expected_to_answer_at_once(props):
    on = presenter.stage("", props=props)
    on.demos = {name: on.demos[name] for name in ("finetuning", "family")}
    told = []
    presenter.preflight(on, told.append)
    assert on.watch.ready == {"family"} and told == on.rows


def test_the_page_shows_what_is_missing_first_and_runs_nothing():
    html = page([Row("a", "fine", True), Row("b", "<b>{{x}}", False, "do <i>this</i>")])
    assert html.index("✗ look") < html.index("✓ ready") and "1 of 2 rows need a look" in html
    assert "<i>" not in html and "{{" not in html and "do &lt;i&gt;this" in html
    assert "Everything is ready." in page([Row("a", "fine", True)])
