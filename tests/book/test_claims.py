"""Claims: the file, the bounds, the ledger of this machine, and what is told when one does not hold."""

from __future__ import annotations

import json
import re

import pytest

from phicookbook import settings
from phicookbook.book import claims
from phicookbook.book.claims import Claim, claim
from phicookbook.settings import CookbookError
from phicookbook.statistics import Difference, Rate

FILE = """
claims:
  - {id: a.share, chapter: 01_first, says: It is right, bound: ">= 0.9"}
  - {id: a.words, chapter: 01_first, says: It is short, bound: "<= 5", unit: words}
  - {id: b.negative, chapter: 02_second, says: It forgets, bound: "< 0.5", should_hold: false}
"""


@pytest.fixture
def book(write_claims):
    """A claims file of two chapters."""
    return write_claims(FILE)


def entry(bound: str, unit: str = "share") -> Claim:
    return Claim("id", "01_first", "It is so", bound, unit)


@pytest.mark.parametrize(
    ("bound", "holding", "failing"),
    [
        (">= 0.9", [0.9, 1.0], [0.8999, -1]),
        ("> 0.9", [0.9001], [0.9]),
        ("<= 5", [5, 4.9, -1], [5.1]),
        ("<5", [4.99], [5]),
        ("== 1", [1, 1.0], [0.99, 2]),
        (">= -0.5", [-0.5], [-0.6]),
    ],
)
def test_bounds(bound, holding, failing):
    assert all(entry(bound).holds(value) for value in holding)
    assert not any(entry(bound).holds(value) for value in [*failing, float("nan")])


def test_values_and_bounds_are_shown_in_their_unit():
    assert (entry(">= 0.9").show(0.9711), entry(">= 0.9").show_bound()) == ("97.1%", ">= 90.0%")
    assert (entry("<= 5", "words").show(4.0), entry("<=5", "words").show_bound()) == ("4 words", "<= 5 words")


def test_load_reads_every_field(book):
    found = claims.load()
    assert list(found) == ["a.share", "a.words", "b.negative"] and found == claims.load(book)
    assert found["a.words"] == Claim("a.words", "01_first", "It is short", "<= 5", "words")
    assert not found["b.negative"].should_hold and found["a.share"].should_hold


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("claims: [", "is not a YAML file with a list of claims"),
        ("", "is not a YAML file with a list of claims"),
        ("claims:", "claims is None"),
        ("claims: {id: a}", "is not a YAML file with a list of claims"),
        ("other: []", "is not a YAML file with a list of claims"),
        ("claims:\n  - {id: a, chapter: b, says: c}", "claim 1:"),
        ("claims:\n  - {id: a, chapter: b, says: c, bound: '> 1', limit: 2}", "claim 1:"),
        ("claims:\n  - just a sentence", "claim 1:"),
        ("claims:\n  - {id: a, chapter: b, says: c, bound: at least 1}", "a: the bound 'at least 1' is no comparison"),
        ("claims:\n  - {id: a, chapter: b, says: c, bound: 1}", "a: the bound 1 is no comparison"),
        ("claims:\n  - {id: a, chapter: b, says: c, bound: '=> 1'}", "a: the bound '=> 1' is no comparison"),
        ("claims:\n" + "  - {id: a, chapter: b, says: c, bound: '> 1'}\n" * 2, "a: this id stands twice"),
    ],
)
def test_a_bad_file_is_told_with_its_name(write_claims, text, told):
    path = write_claims(text)
    with pytest.raises(CookbookError) as caught:
        claims.load()
    assert str(caught.value).startswith(str(path)) and told in str(caught.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(CookbookError, match="no.yaml does not exist"):
        claims.load(tmp_path / "no.yaml")


def test_a_claim_that_holds_is_said_and_recorded(book, artifacts, capsys, monkeypatch):
    monkeypatch.setenv("PHI_SEED", "7")
    assert claim("a.words", 3, n=20) is True
    assert capsys.readouterr().out == "holds: It is short [3 words, bound <= 5 words]\n"
    record = json.loads((artifacts / "ledger" / "a.words.json").read_text())
    expected = {"id": "a.words", "chapter": "01_first", "measured": 3, "n": 20, "interval": None, "bound": "<= 5"}
    assert record.items() >= (expected | {"holds": True, "model": "pocket", "seed": 7, "threads": 1}).items()
    assert "cores" in record["machine"]
    assert claims.read_ledger() == {"a.words": record}


def test_a_claim_that_does_not_hold_is_said_and_recorded(book, capsys):
    assert claim("a.share", 0.5) is False
    assert capsys.readouterr().out.startswith("DOES NOT HOLD: It is right [50.0%, bound >= 90.0%]")
    assert claims.read_ledger()["a.share"]["holds"] is False


def test_a_bar_that_was_missed_before_is_told_as_such(book, capsys):
    assert claim("b.negative", 0.7) is False
    assert capsys.readouterr().out.startswith("negative, kept: It forgets [70.0%, bound < 50.0%]")


def test_a_difference_brings_its_n_and_interval(book):
    claim("a.share", Difference(0.95, (0.9, 1.0), 40))
    record = claims.read_ledger()["a.share"]
    assert (record["measured"], record["n"], tuple(record["interval"])) == (0.95, 40, (0.9, 1.0))


def test_a_rate_brings_its_n_and_interval(book):
    rate = Rate(19, 20)
    assert claim("a.share", rate)
    record = claims.read_ledger()["a.share"]
    assert (record["measured"], record["n"], tuple(record["interval"])) == (0.95, 20, rate.interval)


def test_an_unknown_id_is_told_and_not_recorded(book, artifacts):
    with pytest.raises(CookbookError, match="no claim is called 'a.shore': add it to datasets/claims.yaml"):
        claim("a.shore", 1.0)
    assert not artifacts.exists()


def test_the_ledger_belongs_to_its_artifacts_folder(book, tmp_path, monkeypatch):
    claim("a.share", 1.0)
    monkeypatch.setenv("PHI_ARTIFACTS", str(tmp_path / "elsewhere"))
    assert claims.read_ledger() == {}
    claim("a.share", 0.1)
    monkeypatch.setenv("PHI_ARTIFACTS", str(tmp_path / "artifacts"))
    assert claims.read_ledger()["a.share"]["measured"] == 1.0


def test_the_last_measurement_counts_and_no_part_is_left(book, artifacts):
    claim("a.share", 0.1)
    claim("a.share", 0.95)
    assert claims.read_ledger()["a.share"]["measured"] == 0.95
    assert [path.name for path in (artifacts / "ledger").iterdir()] == ["a.share.json"]


def test_forget_drops_one_chapter(book):
    for id in ("a.share", "a.words", "b.negative"):
        claim(id, 0.4)
    claims.forget("01_first")
    assert list(claims.read_ledger()) == ["b.negative"]


def test_failures_name_chapter_claim_measured_and_bound(book):
    claim("a.share", 0.5)
    claim("b.negative", 0.9)
    assert claims.failures(["01_first", "02_second"]) == [
        "01_first: the claim a.share does not hold: measured 50.0%, bound >= 90.0%",
        "01_first: the claim a.words was not measured (bound <= 5 words)",
    ]
    assert claims.failures(["02_second"]) == []
    claim("a.share", 0.9)
    claim("a.words", 5)
    assert claims.failures(["01_first"]) == []


def test_table_shows_every_claim_beside_its_measure(book):
    claim("a.share", Rate(5, 10))
    claim("b.negative", 0.9)
    head, share, words, negative = claims.table().split("\n")
    assert head.split() == ["claim", "measured", "bound"]
    assert share.split("  ")[0] == "a.share" and "50.0% (23.7% to 76.3%, n=10)" in share and share.endswith("DOES NOT HOLD")
    assert "<= 5 words" in words and words.endswith("not measured")
    assert "90.0%" in negative and negative.endswith("negative, kept")
    assert len({line.index(bound) for line, bound in ((head, "bound"), (share, ">="), (words, "<="), (negative, "<"))}) == 1


def test_the_books_own_claims_load_and_belong_to_chapters():
    found = claims.load()
    chapters = {path.stem for path in settings.COOKBOOK.glob("[0-9][0-9]_*.ipynb")}
    assert found and {entry.chapter for entry in found.values()} <= chapters
    assert all(entry.says and "/" not in id for id, entry in found.items())


@pytest.mark.parametrize("content", ["{", "[]", '{"measured": 1}'])
def test_a_damaged_record_is_named(book, artifacts, content):
    path = artifacts / "ledger" / "a.share.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CookbookError, match=r"a\.share\.json is damaged: delete it and run the chapter again"):
        claims.read_ledger()
    claims.forget("01_first")
    assert claims.read_ledger() == {}


def test_the_ledger_names_the_model_in_force(book, artifacts, monkeypatch):
    monkeypatch.setenv("PHI_MODEL", "")  # so that what use_model sets does not outlive the test
    settings.use_model("some/model")
    claims.claim("a.share", 1.0)
    assert claims.read_ledger()["a.share"]["model"] == "some/model"


def test_the_summary_counts_what_holds_and_what_is_kept(write_claims):
    write_claims(
        "claims:\n"
        '  - {id: a.b, chapter: 01_x, says: A, bound: ">= 0.5"}\n'
        '  - {id: c.d, chapter: 01_x, says: C, bound: ">= 0.5", should_hold: false}\n'
        '  - {id: e.f, chapter: 01_x, says: E, bound: ">= 0.5", should_hold: false}\n'
    )
    claims.claim("a.b", 0.7)
    claims.claim("c.d", 0.2)
    assert claims.summary().startswith("1 claims hold, 1 negative, kept")
    assert claims.summary(["02_y"]).startswith("0 claims hold, 0 negative, kept")
    assert [line.split()[0] for line in claims.table(["01_x"]).splitlines()] == ["claim", "a.b", "c.d", "e.f"]
    assert len(claims.table(["02_y"]).splitlines()) == 1, "a run tells of the chapters that it ran"


def test_the_front_page_counts_claims_and_misses():
    """A claim that need not hold may hold all the same, on some machines, so the page may count fewer misses."""
    page = (settings.ROOT / "README.md").read_text(encoding="utf-8")
    for chapter in {one.chapter for one in claims.load().values()}:
        told = [one for one in claims.load().values() if one.chapter == chapter]
        row = page.partition(f"/{chapter}.ipynb)")[2].splitlines()[0]
        counted, _, missed = re.search(r"runs, (\d+) claims(, (\d+) missed)? \|$", row).groups()
        assert int(counted) == len(told), chapter
        assert int(missed or 0) <= sum(not one.should_hold for one in told), chapter


def test_the_chapters_page_lists_every_claim_in_its_words():
    page = (settings.ROOT / "cookbook" / "README.md").read_text(encoding="utf-8")
    by_chapter: dict[str, list[Claim]] = {}
    for one in claims.load().values():
        by_chapter.setdefault(one.chapter, []).append(one)
    for chapter, told in by_chapter.items():
        section = page.partition(f"## Claims of chapter {chapter[:2]}\n")[2].partition("\n## ")[0]
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert rows == [f"| `{one.id}` | {one.says} |" for one in told], chapter
        assert page.partition(f"({chapter}.ipynb)")[2].splitlines()[0].endswith(f"| {len(told)}, below |"), chapter
