"""The command line: `cookbook doctor`, `run`, `claims`, `progress`, `data`, `index`, `search`, `ask`, `demo`, `pocket`.

cookbook run 04
"""

from __future__ import annotations

import argparse
import sys
import traceback

from phicookbook import __version__
from phicookbook.settings import CookbookError


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; each sets `work`, the function that does it."""
    top = argparse.ArgumentParser(prog="cookbook", description="The Phi Cookbook: run its chapters, models and demos.")
    top.add_argument("--version", action="version", version=__version__)
    top.add_argument("--traceback", action="store_true", help="show the traceback of an error")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _book_commands(commands)
    _pocket_commands(commands)
    _retrieval_commands(commands)
    data = commands.add_parser("data", help="write the full headline datasets and check their checksums")
    data.add_argument("--out", default="", help="folder (default: .artifacts/headlines)")
    data.add_argument("--check", default="", metavar="FILE", help="read a chat JSONL file of your own and tell its bad lines")
    data.set_defaults(work=_data)
    demo = commands.add_parser("demo", help="open the playground in a browser")
    demo.add_argument("--port", type=int, default=7860)
    demo.set_defaults(work=_demo)
    return top


def _count(text: str) -> int:
    """A whole number from 1 up; argparse tells the reader when it is none."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 up")
    return int(text)


def _book_commands(commands) -> None:
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


def _pocket_commands(commands) -> None:
    pocket = commands.add_parser("pocket", help="train or evaluate the bundled model")
    actions = pocket.add_subparsers(dest="action", required=True, metavar="ACTION")
    train = actions.add_parser("train", help="train from scratch, or go on with a run that was stopped")
    train.add_argument("--out", default="", help="folder of the run (default: .artifacts/pocket)")
    train.add_argument("--tokens", type=_count, default=0, help="tokens to see (default: the recipe's)")
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--compile", action="store_true", help="use torch.compile (needs a C++ compiler)")
    train.set_defaults(work=_train)
    evaluate = actions.add_parser("evaluate", help="print the table of abilities")
    evaluate.add_argument("--model", default="pocket")
    evaluate.add_argument("-n", type=_count, default=300, help="samples a row")
    evaluate.add_argument("--out", default="", help="also write the table to this Markdown file")
    evaluate.set_defaults(work=_evaluate)


def _retrieval_commands(commands) -> None:
    index = commands.add_parser("index", help="make a folder of .md, .txt and .pdf files searchable")
    index.add_argument("folder", help="the folder; an index holds one folder, and unchanged files are not read in anew")
    index.add_argument("--out", default="", help="folder of the index (default: .artifacts/index)")
    index.set_defaults(work=_index)
    search = commands.add_parser("search", help="show the passages that fit a question best")
    search.add_argument("question")
    search.add_argument("--index", default="", help="folder of the index (default: .artifacts/index)")
    search.add_argument("-k", type=int, default=5, help="passages to show")
    search.add_argument("--mode", default="hybrid", help="hybrid, vector or 'full text'")
    search.add_argument("--where", action="append", default=[], metavar="KEY=VALUE", help="only documents with this metadata")
    search.set_defaults(work=_search)
    ask = commands.add_parser(
        "ask",
        help="answer a question from an index with checked citations, or decline (pocket reads little but its own grammars)",
    )
    ask.add_argument("question")
    ask.add_argument("--index", default="", help="folder of the index (default: .artifacts/index)")
    ask.add_argument("--model", default="", help="what answers (default: PHI_MODEL or pocket)")
    ask.add_argument("--lines", type=int, default=None, help="sentences the model reads, 0 for whole passages (default: 2)")
    ask.set_defaults(work=_ask)


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


def _index(options) -> int:
    import time
    from pathlib import Path

    from tqdm import tqdm

    from phicookbook.retrieval import Index, load_folder
    from phicookbook.settings import artifacts

    started = time.monotonic()
    loaded = load_folder(Path(options.folder), lambda files: tqdm(files, "reading", unit="file"))
    index = Index(Path(options.out) if options.out else artifacts() / "index")
    done = index.update(loaded.documents, prune=True, progress=lambda files: tqdm(files, "indexing", unit="file"))
    for name, reason in loaded.skipped.items():
        print(f"skipped {name}: {reason}")
    print(
        f"{len(loaded.documents)} files, {len(index):,} passages, {len(loaded.skipped)} skipped, "
        f"{time.monotonic() - started:.1f} s ({done.new} new, {done.changed} changed, {done.unchanged} unchanged, "
        f"{done.removed} removed): {index.folder}"
    )
    return 0


def _search(options) -> int:
    from pathlib import Path

    from phicookbook.retrieval import Index
    from phicookbook.settings import artifacts

    wrong = [pair for pair in options.where if "=" not in pair]
    if wrong:
        raise CookbookError(f"--where is {wrong[0]!r}: give KEY=VALUE, for example --where town=Skagway")
    index = Index(Path(options.index) if options.index else artifacts() / "index")
    where = dict(pair.split("=", 1) for pair in options.where)
    found = index.search(options.question, options.k, options.mode, where)
    for place, passage in enumerate(found, 1):
        print(f"[{place}] {passage.score:.4f}  {passage.place}\n    {' '.join(passage.text.split())}")
    if not found:
        print("nothing found")
    return 0


def _ask(options) -> int:
    from pathlib import Path

    from phicookbook.models import open_model
    from phicookbook.retrieval import Index, ask
    from phicookbook.settings import artifacts

    index = Index(Path(options.index) if options.index else artifacts() / "index")
    more = {} if options.lines is None else {"most": options.lines}
    found = ask(options.question, index, open_model(options.model), **more)
    print(found.text)
    for number, line in enumerate(found.read, start=1):  # what was read, and what is cited
        print(f"  {'>' if number in found.cited else ' '} [{number}] {line.text}  ({found.passages[line.passage].place})")
    if not found.declined and not found.cited:
        print("  no line of what was found holds this answer word for word: check it")
    return 0


def _demo(options) -> int:
    from phicookbook.demos.playground import make_demo

    make_demo().launch(server_name="127.0.0.1", server_port=options.port, share=False)
    return 0


def _train(options) -> int:
    from dataclasses import replace
    from pathlib import Path

    from phicookbook.pocket.recipe import Recipe
    from phicookbook.pocket.train import train
    from phicookbook.settings import artifacts

    recipe = replace(Recipe(), seed=options.seed, **({"tokens": options.tokens} if options.tokens else {}))
    train(recipe, Path(options.out) if options.out else artifacts() / "pocket", options.compile)
    return 0


def _evaluate(options) -> int:
    import time
    from pathlib import Path

    from phicookbook.models import open_model
    from phicookbook.pocket.evaluate import abilities, report, table
    from phicookbook.settings import write_text

    started = time.monotonic()
    out = Path(options.out) if options.out else None
    if out and (out.is_dir() or not out.parent.is_dir()):
        raise CookbookError(f"{out} cannot be written: give a file in a folder that exists")
    model = open_model(options.model)
    rows = abilities(model, options.n)
    if out:
        write_text(out, report(rows, options.n, time.monotonic() - started))
    print(table(rows))
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code: 0 good, 1 a failure found, 2 bad input, 130 Ctrl-C."""
    options = parser().parse_args(arguments)
    try:
        return options.work(options)
    except CookbookError as error:
        if options.traceback:
            traceback.print_exc()
        print(f"cookbook: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if options.traceback:
            traceback.print_exc()
        print(f"cookbook: {error.filename or 'the system says'}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; nothing was left half-written", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
