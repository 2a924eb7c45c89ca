"""The house's own rules, read from the source: floors, sizes, docstrings, nothing that runs at import.

pytest tests/test_architecture.py
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from phicookbook import settings

# What stands on what. A module imports from lower floors and from its own package only.
FLOORS = {
    "__init__": 0, "settings": 0,
    "chat": 1, "facts": 1, "statistics": 1,
    "corpora": 2, "family": 2, "models": 2,
    "pocket": 3, "finetune": 3, "prompting": 3, "retrieval": 3, "edge": 3, "reasoning": 3,
    "serverless": 4, "book": 4, "doctor": 4,
    "demos": 5,
    "cli": 6,
}  # fmt: skip
MOST_LINES, MOST_FUNCTION_LINES = 300, 40
# Calls that may run at import: they build a constant and touch nothing outside.
HARMLESS = {
    "Path", "dataclass", "field", "frozenset", "set", "list", "dict", "tuple", "sorted", "range", "re.compile",
    "FinetuneSettings", "Reinforcement", "Form", "Exercise", "getLogger", "logging.getLogger", "TypeVar", "Field", "ConfigDict",
    "BeforeValidator",
}  # fmt: skip
METHODS = {
    "split", "splitlines", "strip", "replace", "join", "items", "keys", "values", "lower", "upper", "format",
    "resolve", "with_name", "joinpath", "removeprefix", "removesuffix",
}  # fmt: skip
# Word banks written as one text are cut up by a small function of their own module.
BANKS = {"_words", "_number", "_pick"}
# One letter of each stands in brackets, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.])/(?:r[o]ot|h[o]me|U[s]ers)/\w",
    "an issue's number": r"(?i:\bissues? ?#?\d)|\bGH-\d|(?<![\w&/#\"'(])#\d+\b(?![0-9A-Fa-f])",
    "work left undone": r"\b(?:T[O]DO|F[I]XME|X[X]X)\b",
}
WORDS = {".py", ".md", ".toml", ".yaml", ".yml", ".ipynb", ".lock", ".jinja", ".cfg", ".css", ".rst", ""}
SKIPPED = {".venv", ".git", ".artifacts", "_build", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis",
           ".ipynb_checkpoints", ".benchmarks", "jupyter_execute", "node_modules"}  # fmt: skip

SOURCES = sorted(settings.PACKAGE.rglob("*.py"))


def test_the_document_shows_the_same_floors():
    rows = re.findall(r"^\| (ground|\d) \| (.+?) \|", (settings.DOCS / "architecture.md").read_text(encoding="utf-8"), re.M)
    told = {
        name.rstrip("/"): 0 if floor == "ground" else int(floor)
        for floor, names in rows
        for name in re.findall(r"`(\S+?)`", names)
    }
    assert told == {name: floor for name, floor in FLOORS.items() if name != "__init__"}


def name_of(path: Path) -> str:
    return path.relative_to(settings.PACKAGE).as_posix()


def top_of(path: Path) -> str:
    """The module or package under phicookbook that a file belongs to."""
    return path.relative_to(settings.PACKAGE).parts[0].removesuffix(".py")


def imported(tree: ast.AST, path: Path) -> set[str]:
    """The modules and packages under phicookbook that a file imports, inside functions too."""
    found = set()
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = (node.module or "").split(".") if node.module else []
            if node.level:
                package = ["phicookbook", *path.relative_to(settings.PACKAGE).parts[:-1]]
                base = package[: len(package) - node.level + 1] + base
            names = [".".join([*base, alias.name]) for alias in node.names]
        for parts in (name.split(".") for name in names):
            if parts[0] == "phicookbook" and len(parts) > 1:
                known = (settings.PACKAGE / parts[1]).is_dir() or (settings.PACKAGE / f"{parts[1]}.py").exists()
                found.add(parts[1] if known or parts[1] in FLOORS else "__init__")
    return found


def climbs(tree: ast.AST, path: Path) -> set[str]:
    """What a file imports although it does not stand on a lower floor."""
    top = top_of(path)
    return {name for name in imported(tree, path) if name != top and FLOORS.get(name, 99) >= FLOORS.get(top, -1)}


def long_functions(tree: ast.AST) -> list[str]:
    functions = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return [n.name for n in functions if n.end_lineno - n.lineno + 1 > MOST_FUNCTION_LINES]


def is_harmless(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    return name in HARMLESS | BANKS or (isinstance(call.func, ast.Attribute) and call.func.attr in METHODS)


def calls_at_import(node: ast.AST):
    """Every call that runs when a module is imported: not those in bodies of functions and lambdas."""
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        children = [*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)]
    else:
        children = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Call):
        yield node
    for child in children:
        yield from calls_at_import(child)


def is_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("__name__ == '__main__'", "TYPE_CHECKING")


def run_at_import(tree: ast.Module) -> list[str]:
    """Whatever a module does at import beyond defining: statements of other kinds and calls that may reach out."""
    quiet = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    found = []
    for node in tree.body:
        text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_guard(node):
            continue
        if not isinstance(node, quiet) and not text:
            found.append(f"line {node.lineno}: {ast.unparse(node)[:60]}")
        found += [f"line {c.lineno}: {ast.unparse(c)[:60]}" for c in calls_at_import(node) if not is_harmless(c)]
    return found


def mentions(text: str) -> list[str]:
    """What a text mentions that has no place in the repository."""
    return [f"{rule}: {hit[0]}" for rule, pattern in FORBIDDEN.items() for hit in re.finditer(pattern, text)]


def texts():
    """(path, text) of every file that people wrote here; pictures in notebooks left out."""
    for folder, below, files in os.walk(settings.ROOT):
        below[:] = sorted(name for name in below if name not in SKIPPED and not name.endswith(".egg-info"))
        for path in (Path(folder) / name for name in sorted(files)):
            if path.suffix not in WORDS or path.name in SKIPPED:  # in a git worktree, .git is a file
                continue
            text = path.read_text(encoding="utf-8")
            yield path, re.sub(r'"image/(?:png|jpeg|svg\+xml)": (?:"[^"]*"|\[[^\]]*\])', "", text)


@pytest.fixture(params=SOURCES, ids=name_of)
def source(request):
    return request.param


def test_floors(source):
    tree = ast.parse(source.read_text(encoding="utf-8"))
    assert top_of(source) in FLOORS, f"give {top_of(source)} a floor here and in docs/"
    assert not climbs(tree, source)


@pytest.mark.parametrize(
    "place, code, climbed",
    [
        ("chat.py", "from phicookbook.statistics import Rate", {"statistics"}),
        ("chat.py", "from phicookbook.settings import CookbookError", set()),
        ("chat.py", "import phicookbook.models.local", {"models"}),
        ("corpora/new.py", "def f():\n    from phicookbook import book", {"book"}),
        ("corpora/new.py", "from phicookbook import corpora, settings, __version__", set()),
        ("corpora/new.py", "from . import names\nfrom .names import word", set()),
        ("corpora/new.py", "from ..pocket import train", {"pocket"}),
        ("pocket/new.py", "from phicookbook.finetune import finetune", {"finetune"}),
        ("new.py", "from phicookbook import chat", {"chat"}),
    ],
)
def test_a_climb_is_noticed(place, code, climbed):
    assert climbs(ast.parse(code), settings.PACKAGE / place) == climbed


def test_files_and_functions_are_short(source):
    text = source.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert not long_functions(ast.parse(text))


@pytest.mark.parametrize("lines, found", [(39, []), (40, ["f"])])
def test_a_long_function_is_noticed(lines, found):
    assert long_functions(ast.parse("class A:\n    def f():\n" + "        x = 1\n" * lines)) == found


def test_every_module_has_a_docstring(source):
    text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8")))
    assert text and text.splitlines()[0].endswith((".", ":"))


def test_every_public_function_and_class_has_a_docstring(source):
    tree = ast.parse(source.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    tops = [node for node in tree.body if isinstance(node, kinds)]
    inner = [node for top in tops if isinstance(top, ast.ClassDef) for node in top.body if isinstance(node, kinds)]
    assert not [n.name for n in [*tops, *inner] if not n.name.startswith("_") and not ast.get_docstring(n)]


def test_nothing_runs_at_import(source):
    assert not run_at_import(ast.parse(source.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "code, quiet",
    [
        (
            "import os\nX = 'a b'.split()\nP = re.compile('a')\n\n@dataclass(frozen=True)\nclass A:\n    x: int = field()",
            True,
        ),
        ("def f(x=tuple()):\n    os.makedirs('a')", True),
        ("F = lambda: os.listdir('.')", True),
        ("if __name__ == '__main__':\n    main()", True),
        ("os.makedirs('a')", False),
        ("X = open('a')", False),
        ("X = Path('a').read_text()", False),
        ("def f(x=load()):\n    pass", False),
        ("class A:\n    x = load()", False),
        ("X = [load(i) for i in range(3)]", False),
        ("for i in range(3):\n    X = i", False),
        ("print('hello')", False),
        ("if DEBUG:\n    X = 1", False),
    ],
)
def test_work_at_import_is_noticed(code, quiet):
    assert bool(run_at_import(ast.parse(code))) is not quiet


def test_the_package_imports_nothing_heavy_by_itself():
    code = (
        "import sys, phicookbook.cli, phicookbook.corpora, phicookbook.models, phicookbook.pocket.train, phicookbook.book.run;"
        "import phicookbook.retrieval.measure;"
        "print([m for m in ('torch', 'transformers', 'trl', 'datasets', 'gradio', 'matplotlib', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_has_no_place_here():
    found = {path.relative_to(settings.ROOT).as_posix(): mentions(text) for path, text in texts()}
    assert len(found) > 60
    assert not {path: told for path, told in found.items() if told}


@pytest.mark.parametrize(
    "text, told",
    [
        ("in /h~ome/ada/cookbook", 1),
        ("fixes i~ssue 12 and #~34", 2),
        ("T~ODO: more", 1),
        ("a network/workshop, docs/work/x.md", 0),
        ("a parliamentary sitting, colour #0072B2 and '#12'", 0),
    ],
)
def test_a_mention_is_noticed(text, told):
    assert len(mentions(text.replace("~", ""))) == told
