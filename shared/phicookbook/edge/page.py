"""The browser page: base and tuned model in onnxruntime-web, one static folder without a server of its own.

write_page(Path("page"))   # `cookbook edge-page page`; any file server shows it, e.g. python -m http.server -d page
"""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

from phicookbook.corpora import headlines
from phicookbook.edge.exporting import REPORT, export
from phicookbook.edge.form import PRECISIONS, Form
from phicookbook.edge.whole import check_new, whole
from phicookbook.models.onnx import CONFIG
from phicookbook.settings import CookbookError, write_text

WEB = Path(__file__).with_name("web")
RUNTIME = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
OURS = ("index.html", "page.css", "page.js", "model.js", "tokenizer.js", "worker.js", "icon.svg")
KEPT = ("int4",)  # precisions that are stored for use without a network at once; others when they are chosen
MARK = "\N{OBJECT REPLACEMENT CHARACTER}"


def runtime(install: bool = True) -> Path:
    """The folder of onnxruntime-web's files, fetched by `npm ci` when they are missing or of another version.

    Raises CookbookError when npm is missing or cannot fetch them.
    """
    dist = WEB / "node_modules" / "onnxruntime-web" / "dist"
    stamp, lock = WEB / "node_modules" / ".lock.sha256", WEB / "package-lock.json"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    with FileLock(WEB / ".npm.lock"):
        if stamp.exists() and stamp.read_text() == wanted and all((dist / name).exists() for name in RUNTIME):
            return dist
        if not install or not shutil.which("npm"):
            raise CookbookError("the page needs onnxruntime-web from npm: install Node.js 18 or newer, then `make web`")
        command = [shutil.which("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=WEB, capture_output=True, text=True)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise CookbookError(f"npm could not fetch onnxruntime-web ({last}): the first time, a network is needed")
        stamp.write_text(wanted)
    return dist


def write_page(out: Path, base: str = "pocket", adapter: str = "pocket-headlines", precisions=PRECISIONS) -> Path:
    """Write the page to the folder `out`, with `base` and `base` with `adapter` fused in each precision; returns `out`.

    The folder appears only when it is whole. Raises CookbookError when it exists, or when onnxruntime-web cannot be had.
    """
    out = Path(out)
    check_new(out)
    dist = runtime()
    with whole(out) as part:
        (part / "ort").mkdir()
        for name in RUNTIME:
            shutil.copyfile(dist / name, part / "ort" / name)
        for name in OURS:
            shutil.copyfile(WEB / name, part / name)
        _models(part, base, adapter, precisions)
    return out


def _models(part: Path, base: str, adapter: str, precisions) -> None:
    """Export the models, keep what the browser reads, and write page.json and the version of the service worker."""
    from transformers import AutoTokenizer

    about: dict = {"models": {}}
    for precision in precisions:
        for name, more in (("base", {}), ("tuned", {"adapters": [adapter], "fuse": True})):
            folder = part / "models" / f"{name}-{precision}"
            folder.parent.mkdir(exist_ok=True)
            export(base, folder, Form(precision), items=8, **more)
            about["models"][folder.name] = _entry(folder)
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    asked = [{"role": "user", "content": headlines.prompt(MARK)}]
    text = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    about["before"], about["after"] = text.split(MARK)
    shutil.copyfile(folder / "tokenizer.json", part / "tokenizer.json")
    for path in part.glob("models/*/*"):
        if path.name not in ("model.onnx", "model.onnx.data", REPORT):
            path.unlink()
    files = sorted(path.relative_to(part).as_posix() for path in part.rglob("*") if path.is_file())
    at_once = [name for name in files if not name.startswith("models/") or name.split("/")[1].endswith(KEPT)]
    about["files"] = ["./", "page.json", *(name for name in at_once if name != "worker.js")]
    write_text(part / "page.json", json.dumps(about, ensure_ascii=False, indent=1) + "\n")
    version = hashlib.sha256()
    for name in (*files, "page.json"):
        version.update((part / name).read_bytes())
    worker = (part / "worker.js").read_text(encoding="utf-8").replace("VERSION", version.hexdigest()[:12])
    write_text(part / "worker.js", worker)


def _entry(folder: Path) -> dict:
    """What the page must know of a model."""
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["model"]
    decoder, ends = config["decoder"], config["eos_token_id"]
    return {
        "folder": f"models/{folder.name}", "layers": decoder["num_hidden_layers"], "heads": decoder["num_key_value_heads"],
        "head": decoder["head_size"], "context": config["context_length"], "ends": ends if isinstance(ends, list) else [ends],
    }  # fmt: skip


def server(folder: Path, port: int = 0):
    """A file server for the page on this machine's own address alone; `port` 0 takes a free one."""
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript", ".wasm": "application/wasm"}

        def log_message(self, *args) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Quiet, directory=str(folder)))
