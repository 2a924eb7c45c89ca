"""Small experiments on what makes a small model good: its size, its text, experts. Trained by pocket's recipe and measured alike.

    run(Path("runs"), Path("datasets/miniatures/scores.csv"))    # cookbook pocket miniatures

Every run is a variant of pocket's recipe with pocket's vocabulary. A difference in tokens would hide the one that is asked for,
so the runs that are compared see equally many.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

from phicookbook import corpora, settings
from phicookbook.corpora import Sample
from phicookbook.pocket.recipe import Recipe
from phicookbook.statistics import Rate

SCORES = settings.DATASETS / "miniatures" / "scores.csv"
XS = {"hidden": 64, "heads": 2, "kv_heads": 1, "feed_forward": 176}
S = {"hidden": 128, "heads": 4, "kv_heads": 2, "feed_forward": 344}
TOKENS, FEWER = 4_000_000, 1_500_000
BATCH_TOKENS = 1_024  # a quarter of pocket's: from few tokens a model learns more in many small steps
SEEDS = (1, 2, 3)
# name, kind, what it asks for: these count as what a model can do
MEASURED = {
    "headlines": ("headlines", "explain"), "questions": ("context", "answerable"), "labels": ("labels", ""),
    "titles": ("titles", "title"), "tags": ("titles", "tags"), "tickets": ("tickets", ""),
}  # fmt: skip
SEED = 20_262


def runs() -> dict[str, Recipe]:
    """Every run by name: three sizes, clean and noisy text, experts and none; the last two with three seeds each."""
    base = Recipe(tokens=TOKENS, batch_tokens=BATCH_TOKENS)
    found = {"pocket-xs": replace(base, **XS), "pocket-s": replace(base, **S), "pocket-m": base}
    for seed in SEEDS:
        small = replace(base, **XS, tokens=FEWER, seed=seed)
        found |= {
            f"clean-{seed}": small,
            f"noisy-{seed}": replace(small, noise=1.0),
            f"dense-{seed}": replace(small, muon=False),
            f"experts-{seed}": replace(small, muon=False, experts=8),
        }
    return found


def questions(n: int) -> dict[str, list[Sample]]:
    """`n` test samples for each thing that is measured; the same for every model, and clean."""
    return {name: corpora.samples(task, n, SEED, kind=kind) for name, (task, kind) in MEASURED.items()}


def score(model, asked: dict[str, list[Sample]], progress: bool = True) -> dict[str, list[bool]]:
    """Which answers are right, for each thing that is measured; greedy decoding."""
    from phicookbook.pocket.evaluate import marks

    return {name: marks(model, samples, f"{model.name}: {name}" if progress else "") for name, samples in asked.items()}


def loss(model, asked: dict[str, list[Sample]]) -> float:
    """Loss on the right answers, in nats per token: the mean over the things that are measured.

    It tells models apart that answer nothing yet.
    """
    from phicookbook.pocket.evaluate import answer_loss

    return sum(answer_loss(model, samples) for samples in asked.values()) / len(asked)


def run(folder: Path, out: Path, names: list[str] | None = None, n: int = 300, compiled: bool = False) -> None:
    """Train what is missing in `folder` and write a row of scores for each run to the CSV file `out`.

    A run that was stopped goes on; a run whose row stands in `out` is left alone. `compiled` trains through torch.compile.
    Raises CookbookError for an unknown name.
    """
    from phicookbook.models.local import open_folder
    from phicookbook.pocket.train import train

    known = runs()
    unknown = sorted(set(names or []) - set(known))
    if unknown:
        raise settings.CookbookError(f"no run is called {', '.join(unknown)}: choose from {', '.join(known)}")
    asked = questions(n)
    for name in names or known:
        done = {row["run"]: row for row in read(out)}
        if name in done:
            print(f"{name}: stands in {out}", flush=True)
            continue
        place = folder / name
        _lend_tokenizer(place)
        train(known[name], place, compiled, f"cookbook pocket miniatures {name}{' --compile' if compiled else ''}")
        model = open_folder(place / "model", name)
        rates = {thing: f"{Rate.of(found).value:.4f}" for thing, found in score(model, asked).items()}
        parameters = sum(p.numel() for p in model.model.parameters())
        row = {"run": name, "parameters": parameters, "tokens": known[name].tokens, "seed": known[name].seed, "n": n} | rates
        _write(out, [*done.values(), row | {"loss": f"{loss(model, asked):.4f}"}])


def read(path: Path = SCORES) -> list[dict[str, str]]:
    """The rows of a file of scores, none when it does not exist."""
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))) if path.exists() else []


def tokens_seen(name: str) -> int:
    """The tokens that a model of this repository was trained on, from its own record."""
    return json.loads((settings.bundled()[name] / "training.json").read_text(encoding="utf-8"))["tokens"]


def means(rows: list[dict[str, str]], kind: str) -> list[float]:
    """Mean score, 0 to 1, over everything measured, of each run of a kind ("clean", "noisy") by seed."""
    return [sum(float(row[name]) for name in MEASURED) / len(MEASURED) for row in of_kind(rows, kind)]


def losses(rows: list[dict[str, str]], kind: str) -> list[float]:
    """Loss on the right answers, in nats per token, of each run of a kind by seed."""
    return [float(row["loss"]) for row in of_kind(rows, kind)]


def of_kind(rows: list[dict[str, str]], kind: str) -> list[dict[str, str]]:
    """The rows of the runs of a kind ("clean" for clean-1, clean-2, ...), by seed."""
    return sorted((row for row in rows if row["run"].rpartition("-")[0] == kind), key=lambda row: int(row["seed"]))


def _lend_tokenizer(place: Path) -> None:
    """Put pocket's vocabulary into the folder of a new run."""
    target = place / "tokenizer"
    if not target.exists():
        part = place / "tokenizer.part"
        part.mkdir(parents=True, exist_ok=True)
        for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
            shutil.copy(settings.POCKET_WEIGHTS / name, part / name)
        part.rename(target)


def _write(path: Path, rows: list[dict]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    settings.write_text(path, text.getvalue())
