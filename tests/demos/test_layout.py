"""The check of layouts: it finds each fault on a page that has it, and none on a page that is well laid out."""

from __future__ import annotations

import chromium
import layout
import pytest

WELL = """<p>Some words, <b>bold</b> ones too.</p><label>Name <input value="Ada"></label> <button>Go</button>
<div style="width:100px;overflow-x:auto"><div style="width:900px">a wide table that rolls in its own box</div></div>
<span style="position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)">for screen readers only</span>"""
FAULTY = {
    "cut (X)": '<div style="width:60px;overflow:hidden;white-space:nowrap">a sentence that is longer</div>',
    "cut (Y)": '<div style="width:60px;height:20px;overflow:hidden">a sentence that is longer than that</div>',
    "cut (value)": '<input readonly style="width:60px" value="a sentence that is longer">',
    "controls overlap": '<button>One</button><button style="margin-left:-30px">Two</button>',
    "texts overlap": '<p style="margin:0">words</p><p style="margin:-1.1em 0 0">others</p>',
    "covered": '<div style="position:relative"><b style="position:absolute;background:#fff">Label</b>First line</div>',
    "beside the screen": '<div style="width:900px;background:red">wide</div>',
    "the page rolls sideways": '<img style="width:900px;height:5px" alt="">',
}


@pytest.fixture(scope="module")
def page():
    with chromium.opened() as browser:
        yield browser.new_page(viewport={"width": 390, "height": 300})


def test_a_page_that_is_well_laid_out_has_no_faults(page):
    page.set_content(WELL)
    assert layout.faults(page) == []


@pytest.mark.parametrize("fault", FAULTY)
def test_a_fault_is_found(page, fault):
    page.set_content(FAULTY[fault])
    assert any(each.startswith(fault) for each in layout.faults(page))
