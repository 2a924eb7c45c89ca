"""Commands of the book: `doctor`, `run`, `claims`, `progress`, `data`.

cookbook run 04
"""

from __future__ import annotations


def add(commands) -> None:
    """Add this group's commands to the parser."""
    doctor = commands.add_parser("doctor", help="check this machine and the bundled weights")
    doctor.set_defaults(work=_doctor)
    run = commands.add_parser("run", help="execute chapters and judge their claims")
    run.add_argument("chapters", nargs="*", help="names or numbers (default: all)")
    run.add_argument("--jobs", type=int, default=0, help="chapters at once (default: the cores)")
    run.add_argument(
        "--model", default="", help="pocket, a folder, a hub id or https://host/v1#deployment (default: PHI_MODEL or pocket)"
    )
    run.set_defaults(work=_run)
    claims = commands.add_parser("claims", help="show every claim beside what was measured")
    claims.add_argument("--json", action="store_true", help="for machines")
    claims.set_defaults(work=_claims)
    progress = commands.add_parser("progress", help="show which exercises are done")
    progress.set_defaults(work=_progress)
    data = commands.add_parser("data", help="write the full headline datasets and check their checksums")
    data.add_argument("--out", default="", help="folder (default: .artifacts/headlines)")
    data.add_argument("--check", default="", metavar="FILE", help="read a chat JSONL file of your own and tell its bad lines")
    data.set_defaults(work=_data)


def _doctor(options) -> int:
    from phicookbook.doctor import rows, show

    found = rows()
    print(show(found))
    return 0 if all(row.good for row in found) else 1


def _run(options) -> int:
    import time

    from phicookbook.book import run

    started = time.monotonic()
    outcomes = run.run(options.chapters, options.jobs, options.model)
    print(run.report(outcomes, time.monotonic() - started))
    return 1 if run.failed(outcomes) else 0


def _claims(options) -> int:
    import json
    from dataclasses import asdict

    from phicookbook.book import claims

    if options.json:
        ledger = claims.read_ledger()
        print(json.dumps([asdict(c) | {"record": ledger.get(c.id)} for c in claims.load().values()], indent=1))
    else:
        print(claims.table())
    return 0


def _progress(options) -> int:
    from phicookbook.book.exercises import table

    print(table())
    return 0


def _data(options) -> int:
    from pathlib import Path

    from phicookbook.corpora.headline_data import write
    from phicookbook.settings import artifacts

    if options.check:
        from phicookbook.finetune.data import read_jsonl

        print(f"{options.check}: {len(read_jsonl(options.check)):,} rows, all of them can be trained on")
        return 0
    for path, rows in write(Path(options.out) if options.out else artifacts() / "headlines").items():
        print(f"{path}: {rows:,} rows")
    return 0
