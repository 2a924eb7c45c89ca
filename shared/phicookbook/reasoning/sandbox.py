"""Code answers run apart, in a process with limits on time, memory and files, an empty environment and no network.

    passes("def add(a, b):\n    return a + b", "def check(f):\n    assert f(1, 2) == 3", "add")   # True

The process gets an empty folder as its own. Python's audit events forbid it sockets, other processes, foreign functions and files
outside that folder and the standard library; where the kernel allows it, its network is taken away as well. This stops
mistakes and mischief of a model's answer. Against code that is meant to break out, put a container around the whole evaluation.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

from phicookbook.reasoning.extract import code_of
from phicookbook.settings import CookbookError

SECONDS, MEGABYTES, FILE_BYTES = 5, 512, 1_000_000
# Runs in the child: limits first, then the hook, which cannot be taken off again. The answer and its test come by standard input.
GUARD = """
import ctypes, json, os, resource, sys
job = json.loads(sys.stdin.read())
resource.setrlimit(resource.RLIMIT_CPU, (job["seconds"], job["seconds"]))
resource.setrlimit(resource.RLIMIT_AS, (job["bytes"], job["bytes"]))
resource.setrlimit(resource.RLIMIT_FSIZE, (job["file"], job["file"]))
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
try:
    ctypes.CDLL(None).unshare(0x10000000 | 0x40000000)
except (AttributeError, OSError):
    pass
import collections, copy, functools, heapq, itertools, math, random, re, string, typing
roots = tuple(os.path.realpath(p) + os.sep for p in {sys.prefix, sys.base_prefix, os.getcwd(), os.path.dirname(os.__file__)})
own = os.path.realpath(os.getcwd()) + os.sep
FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "os.spawn", "ctypes.", "os.kill",
             "os.chmod", "os.chown", "os.link", "os.symlink", "shutil.", "ftplib.", "http.", "urllib.", "mmap.", "pty.",
             "signal.", "os.putenv", "os.chdir", "sys._getframe", "gc.", "fcntl.", "winreg.", "syslog.", "resource.")
FILES = ("open", "os.listdir", "os.scandir", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate")
real, starts, sep_of = os.path.realpath, str.startswith, os.fsdecode
def guard(event, arguments):
    for name in FORBIDDEN:
        if starts(event, name):
            raise PermissionError(event + " is not allowed here")
    if event in FILES and arguments:
        if isinstance(arguments[0], int):
            return
        path = real(sep_of(arguments[0] if arguments[0] is not None else "."))
        mode = arguments[1] if event == "open" and isinstance(arguments[1], str) else "r"
        flags = arguments[2] if event == "open" and isinstance(arguments[2], int) else 0
        writes = event not in ("open", "os.listdir", "os.scandir") or any(c in mode for c in "wax+") or flags & 3
        if not starts(path + "/", (own,) if writes else roots):
            raise PermissionError(event + " outside of the answer's folder is not allowed here")
sys.addaudithook(guard)
def main(job):
    space = {"__name__": "answer"}
    exec(compile(job["code"], "answer", "exec"), space)
    call = space[job["entry"]]
    exec(compile(job["test"], "test", "exec"), space)
    space["check"](call)
    sys.__stdout__.write("\\n" + job["word"] + "\\n")
held = [job]
del job
main(held.pop())
"""


def passes(answer: str, test: str, entry: str, prompt: str = "", seconds: int = SECONDS) -> bool:
    """Whether the code of an answer passes a test that defines `check(candidate)`, as in HumanEval.

    `prompt` goes in front when the answer is only a function's body. Code that fails, loops, eats memory, ends the process
    before the test is over, or does what is forbidden does not pass. Raises CookbookError where there are no limits (Windows).
    """
    if sys.platform == "win32":
        raise CookbookError("code answers are run under limits that Windows does not have: use Linux, macOS or WSL")
    code = code_of(answer)
    if f"def {entry}" not in code and prompt:
        code = prompt + code
    return run(code, test, entry, seconds)


def run(code: str, test: str, entry: str, seconds: int = SECONDS) -> bool:
    """Whether code passes its test in the guarded process; a random word that the process prints at the end is the proof."""
    import json
    import secrets

    word = secrets.token_hex(16)
    job = {
        "code": code, "test": test, "entry": entry, "word": word, "seconds": seconds, "bytes": MEGABYTES * 2**20, "file":
        FILE_BYTES,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as out:  # what it prints is a file with a limit too
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", GUARD], stdin=subprocess.PIPE, stdout=out, stderr=subprocess.DEVNULL,
            cwd=folder, env={"PATH": ""}, start_new_session=True,
        )  # fmt: skip
        try:
            process.communicate(json.dumps(job).encode(), timeout=4 * seconds)  # for code that sleeps: CPU time has its own limit
        except (subprocess.TimeoutExpired, BrokenPipeError):
            return False
        finally:
            process.kill()
            process.wait()
        out.seek(0)
        return process.returncode == 0 and out.read(2 * FILE_BYTES).rstrip().endswith(word.encode())
