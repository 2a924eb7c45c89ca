"""The page of claims: each with its bound, what the committed book measured, what this machine measured, what was published.

text()   # Markdown around one HTML table; docs/_static/site.js filters its rows
"""

from __future__ import annotations

import html
import re

from phicookbook import settings
from phicookbook.book import claims
from phicookbook.book.claims import Claim

HEAD = """# Claims

Every lesson of the book is a claim with a bound. Measured was `pocket`, a small model that this repository trained itself;
what was published was measured on other, far larger models. The two stand beside each other to be compared in kind, never as one
scale. A bound that was set and missed stays, and its verdict says so.
"""
COLUMNS = ("Chapter", "Claim", "Bound", "Measured", "Published", "Verdict")
ARXIV = "arXiv:"


def text() -> str:
    """The page. A claim that no committed chapter prints is shown as not measured."""
    known, ledger, printed = claims.load(), claims.read_ledger(), _printed()
    rows = [_row(entry, *printed.get(id, ("not measured", "-")), ledger.get(id)) for id, entry in known.items()]
    head = "".join(f"<th scope='col'>{name}</th>" for name in COLUMNS)
    verdicts = [verdict for verdict, _ in printed.values()]
    here = "What this machine measured last stands below it, with its interval.\n" if ledger else ""
    return (
        f"{HEAD}{here}\n{_controls([entry.chapter for entry in known.values()], verdicts)}\n\n"
        f"<table id='claims-table' class='claims'><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>\n"
    )


def _controls(chapters: list[str], verdicts: list[str]) -> str:
    """The fields that choose rows; without JavaScript they stay hidden and every row is shown."""

    def choice(name: str, values: list[str]) -> str:
        options = "".join(f"<option>{html.escape(value)}</option>" for value in dict.fromkeys(values))
        return f"<label>{name} <select data-key='{name.lower()}'><option value=''>all</option>{options}</select></label>"

    return (
        "<div class='filters' role='search' aria-label='Claims' hidden>"
        "<label>Containing <input type='search' id='filter'></label>"
        f"{choice('Chapter', [name[:2] for name in chapters])}{choice('Verdict', verdicts)}"
        "<label><input type='checkbox' id='filter-published'> with a published figure</label>"
        "<span id='filter-count' role='status'></span></div>"
    )


def _row(entry: Claim, verdict: str, measured: str, record: dict | None) -> str:
    told = html.escape(measured)
    if record:
        here = f"here {entry.show_record(record)}, {record['model']}, seed {record['seed']}"
        told += f"<br><small>{html.escape(here)}</small>"
    there = (settings.COOKBOOK / f"{entry.chapter}.ipynb").exists()
    cells = (
        f"<a href='cookbook/{entry.chapter}.html'>{entry.chapter[:2]}</a>" if there else entry.chapter[:2],
        f"{html.escape(entry.says)}<br><code>{entry.id}</code>",
        html.escape(entry.show_bound()), told, _published(entry), html.escape(verdict),
    )  # fmt: skip
    marks = f"id='{entry.id}' data-chapter='{entry.chapter[:2]}' data-verdict='{html.escape(verdict)}'"
    marks += " data-published" if entry.published else ""
    return f"<tr {marks}>{''.join(f'<td data-name={n!r}>{cell}</td>' for n, cell in zip(COLUMNS, cells, strict=True))}</tr>"


def _published(entry: Claim) -> str:
    """The published figure with its source, a link where the source is an address or on arXiv."""
    source = entry.source.strip()
    if not source:
        return html.escape(entry.published)
    link = f"https://arxiv.org/abs/{source.removeprefix(ARXIV).strip()}" if source.startswith(ARXIV) else source
    name = html.escape(source.removeprefix("https://"))
    told = f"<a href='{html.escape(link)}'>{name}</a>" if re.fullmatch(r"https?://\S+", link) else name
    return f"{html.escape(entry.published)}<br><small>{told}</small>"


def _printed() -> dict[str, tuple[str, str]]:
    """(verdict, measured) of each claim, as the committed chapters print them."""
    import nbformat

    found: dict[str, tuple[str, str]] = {}
    texts: dict[str, str] = {}
    for entry in claims.load().values():
        path = settings.COOKBOOK / f"{entry.chapter}.ipynb"
        if entry.chapter not in texts:
            outputs = [out for cell in nbformat.read(path, 4).cells for out in cell.get("outputs", [])] if path.exists() else []
            texts[entry.chapter] = "\n".join(out.get("text", "") for out in outputs)
        told = re.search(rf"^(.+?): {re.escape(entry.says)} \[(.+), bound ", texts[entry.chapter], re.M)
        if told:
            found[entry.id] = (told[1], told[2])
    return found
