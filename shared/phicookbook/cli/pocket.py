"""Commands of the bundled model: `pocket train`, `pocket practise`, `pocket evaluate`.

cookbook pocket evaluate -n 300
"""

from __future__ import annotations

from phicookbook.cli.arguments import count, positive
from phicookbook.settings import CookbookError


def add(commands) -> None:
    """Add this group's commands to the parser."""
    pocket = commands.add_parser("pocket", help="train or evaluate the bundled model")
    actions = pocket.add_subparsers(dest="action", required=True, metavar="ACTION")
    train = actions.add_parser("train", help="train from scratch, or go on with a run that was stopped")
    train.add_argument("--out", default="", help="folder of the run (default: .artifacts/pocket)")
    train.add_argument("--tokens", type=count, default=0, help="tokens to see (default: the recipe's)")
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--compile", action="store_true", help="use torch.compile (needs a C++ compiler)")
    train.set_defaults(work=_train)
    practise = actions.add_parser("practise", help="train a finished model on, oftener with what it misreads")
    practise.add_argument("--start", default="", help="folder of the finished model (default: the bundled one)")
    practise.add_argument("--out", default="", help="folder of the run (default: .artifacts/pocket-practice)")
    practise.add_argument("--rounds", type=count, default=2, help="rounds of training and averaging")
    practise.add_argument("--branches", type=count, default=2, help="models trained side by side in each round")
    practise.add_argument("--tokens", type=count, default=2_000_000, help="tokens that each branch sees in a round")
    practise.add_argument("--rate", type=positive, default=1.5e-3, help="learning rate that each round begins with")
    practise.add_argument("--compile", action="store_true", help="use torch.compile (needs a C++ compiler)")
    practise.set_defaults(work=_practise)
    small = actions.add_parser("miniatures", help="train and score the small models of chapter 01")
    small.add_argument("runs", nargs="*", help="names of runs (default: all)")
    small.add_argument("--out", default="", help="folder of the runs (default: .artifacts/miniatures)")
    small.add_argument("--scores", default="", help="CSV file of the scores (default: scores.csv in that folder)")
    small.add_argument("-n", type=count, default=300, help="test samples of each thing measured")
    small.add_argument("--compile", action="store_true", help="use torch.compile (needs a C++ compiler)")
    small.set_defaults(work=_miniatures)
    evaluate = actions.add_parser("evaluate", help="print the table of abilities")
    evaluate.add_argument("--model", default="pocket")
    evaluate.add_argument("-n", type=count, default=300, help="samples a row")
    evaluate.add_argument("--out", default="", help="also write the table to this Markdown file")
    evaluate.set_defaults(work=_evaluate)


def _train(options) -> int:
    from dataclasses import replace
    from pathlib import Path

    from phicookbook.pocket.recipe import Recipe
    from phicookbook.pocket.train import train
    from phicookbook.settings import artifacts

    recipe = replace(Recipe(), seed=options.seed, **({"tokens": options.tokens} if options.tokens else {}))
    train(recipe, Path(options.out) if options.out else artifacts() / "pocket", options.compile)
    return 0


def _practise(options) -> int:
    from pathlib import Path

    from phicookbook.pocket.rounds import Plan, practise
    from phicookbook.settings import POCKET_WEIGHTS, artifacts

    plan = Plan(options.rounds, options.branches, options.tokens, options.rate, options.compile)
    start = Path(options.start) if options.start else POCKET_WEIGHTS
    practise(start, Path(options.out) if options.out else artifacts() / "pocket-practice", plan)
    return 0


def _miniatures(options) -> int:
    from pathlib import Path

    from phicookbook.pocket import miniatures
    from phicookbook.settings import artifacts

    folder = Path(options.out) if options.out else artifacts() / "miniatures"
    scores = Path(options.scores) if options.scores else folder / "scores.csv"
    miniatures.run(folder, scores, options.runs, options.n, options.compile)
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
