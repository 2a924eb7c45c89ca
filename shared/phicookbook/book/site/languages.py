"""Translated chapters on the site: built from the English ones, linked with them both ways, and marked for screen readers.

stage(Path("docs/_build/source"))   # before Sphinx
label(Path("docs/_build/html"))     # after it
"""

from __future__ import annotations

import re
from pathlib import Path

from phicookbook import settings
from phicookbook.book import translation

# What stays English on a translated page: the theme's own words, and the code with its outputs.
ENGLISH = re.compile(
    r'<(?:dialog|header|footer)\s+(?=[^>]*(?:id="pst-|class="bd-footer|class="prev-next))'
    r'|<div\s+(?=id="pst-(?:skip-link|primary-sidebar"|page-navigation)|class="(?:cell_input|cell_output|bd-header-article))'
    r'|<button\s+(?=[^>]*id="pst-back-to-top)'
)  # fmt: skip


def stage(out: Path) -> None:
    """Write every translated chapter into the folder `out`, and a link to it below the title of the staged English one."""
    import nbformat

    for language, chapter in translation.available():
        settings.write_text(
            out / "cookbook" / language / f"{chapter}.ipynb", nbformat.writes(translation.build(language, chapter))
        )
        page = out / "cookbook" / f"{chapter}.ipynb"
        notebook = nbformat.read(page, as_version=4)
        title, _, rest = notebook.cells[0].source.partition("\n")
        link = f"[{translation.LANGUAGES[language]['name']}]({language}/{chapter}.ipynb)"
        notebook.cells[0].source = f"{title}\n\n{link}\n{rest}"
        settings.write_text(page, nbformat.writes(notebook))


def label(made: Path) -> None:
    """Say in every finished page which language its parts are in, so that they are read out and hyphenated rightly."""
    translated = {made / "cookbook" / language / f"{chapter}.html": language for language, chapter in translation.available()}
    links = "|".join(sorted({f"{language}/{chapter}" for language, chapter in translation.available()}))
    for page in made.rglob("*.html"):
        text = before = page.read_text(encoding="utf-8")
        if links:  # a link to a translation is worded in its language
            text = re.sub(
                rf'<a (?=[^>]*href="[^"]*\b({links})\.html)', lambda a: f'<a lang="{a[1][:2]}" hreflang="{a[1][:2]}" ', text
            )
        if language := translated.get(page):
            text = ENGLISH.sub(lambda tag: f'{tag[0]}lang="en" ', text)
            text = text.replace('<html lang="en"', f'<html lang="{language}"', 1)
            here = r'<a (?=class="current [^>]*href="#")'  # the page itself in the navigation
            text = re.sub(here, f'<a lang="{language}" ', text)
        if text != before:
            settings.write_text(page, text)
