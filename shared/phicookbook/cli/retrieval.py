"""Commands over documents: `index`, `search`, `ask`.

cookbook index notes
"""

from __future__ import annotations

from phicookbook.cli.arguments import count, whole
from phicookbook.settings import CookbookError


def add(commands) -> None:
    """Add this group's commands to the parser."""
    index = commands.add_parser("index", help="make a folder of .md, .txt and .pdf files searchable")
    index.add_argument("folder", help="the folder; an index holds one folder, and unchanged files are not read in anew")
    index.add_argument("--out", default="", help="folder of the index (default: .artifacts/index)")
    index.set_defaults(work=_index)
    search = commands.add_parser("search", help="show the passages that fit a question best")
    search.add_argument("question")
    search.add_argument("--index", default="", help="folder of the index (default: .artifacts/index)")
    search.add_argument("-k", type=count, default=5, help="passages to show")
    search.add_argument(
        "--mode", default="hybrid", choices=("hybrid", "vector", "full text"), help="meaning and words, or one of them"
    )
    search.add_argument("--where", action="append", default=[], metavar="KEY=VALUE", help="only documents with this metadata")
    search.set_defaults(work=_search)
    ask = commands.add_parser(
        "ask",
        help="answer a question from an index with checked citations, or decline (pocket reads little but its own grammars)",
    )
    ask.add_argument("question")
    ask.add_argument("--index", default="", help="folder of the index (default: .artifacts/index)")
    ask.add_argument("--model", default="", help="what answers (default: PHI_MODEL or pocket)")
    ask.add_argument("--lines", type=whole, default=None, help="sentences the model reads, 0 for whole passages (default: 2)")
    ask.set_defaults(work=_ask)


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


def _opened(folder: str):
    """The index in a folder, "" for the usual one; tells when it lacks documents."""
    import sys
    from pathlib import Path

    from phicookbook.retrieval import Index
    from phicookbook.settings import artifacts

    index = Index(Path(folder) if folder else artifacts() / "index")
    if index.unfinished:
        print(
            "documents may be missing: `cookbook index` is still at work or was stopped; give it again to go on", file=sys.stderr
        )
    return index


def _search(options) -> int:
    wrong = [pair for pair in options.where if "=" not in pair]
    if wrong:
        raise CookbookError(f"--where is {wrong[0]!r}: give KEY=VALUE, for example --where town=Skagway")
    index = _opened(options.index)
    where = dict(pair.split("=", 1) for pair in options.where)
    found = index.search(options.question, options.k, options.mode, where)
    for place, passage in enumerate(found, 1):
        print(f"[{place}] {passage.score:.4f}  {passage.place}\n    {' '.join(passage.text.split())}")
    if not found:
        print("nothing found")
    return 0


def _ask(options) -> int:
    from phicookbook.models import open_model
    from phicookbook.retrieval import ask

    index = _opened(options.index)
    more = {} if options.lines is None else {"most": options.lines}
    found = ask(options.question, index, open_model(options.model), progress="ask", **more)
    print(found.text)
    for number, line in enumerate(found.read, start=1):  # what was read, and what is cited
        print(f"  {'>' if number in found.cited else ' '} [{number}] {line.text}  ({found.passages[line.passage].place})")
    if not found.declined and not found.cited:
        print("  no line of what was found holds this answer word for word: check it")
    return 0
