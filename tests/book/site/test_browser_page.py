"""The page of chapter 06 in the site: what is missing is told with its remedy."""

from __future__ import annotations

from phicookbook.book.site import browser_page
from phicookbook.edge import page
from phicookbook.models import artifacts


def test_each_missing_thing_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(page, "WEB", tmp_path / "web")
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "package-lock.json").write_text("{}")
    told = browser_page.missing()
    assert len(told) == 2 and "cookbook run 04" in told[0] and "make web" in told[1]
    artifacts.path_of(browser_page.TUNED).mkdir(parents=True)
    assert browser_page.missing() == told[1:]


def test_nothing_is_made_for_it(tmp_path):
    browser_page.stage(tmp_path)
    text = (tmp_path / "browser.md").read_text(encoding="utf-8")
    assert "not part of this site" in text and "- the tuned model `pocket-headlines`" in text
    assert list((tmp_path / "extra").iterdir()) == []
    assert not artifacts.path_of(browser_page.TUNED).exists()
