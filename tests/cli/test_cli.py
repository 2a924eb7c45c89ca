"""The command line: light to import, and an exit code and a sentence for everything that can happen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from phicookbook import __version__, cli
from phicookbook.settings import CookbookError

HEAVY = ("torch", "transformers", "numpy", "scipy", "gradio", "matplotlib", "lancedb", "pyarrow")
# The command line with a cookbook folder of the test's own, as `python -c RUN FOLDER ARGUMENTS...`.
RUN = """
import sys
from pathlib import Path
from phicookbook import cli, settings
settings.COOKBOOK = Path(sys.argv[1])
sys.exit(cli.main(sys.argv[2:]))
"""


def cookbook(*arguments: str) -> subprocess.CompletedProcess:
    """A finished `cookbook` command."""
    return subprocess.run([sys.executable, "-m", "phicookbook.cli", *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "module",
    [
        "phicookbook",
        "phicookbook.cli",
        "phicookbook.book.run",
        "phicookbook.doctor",
        "phicookbook.models",
        "phicookbook.retrieval",
    ],
)
def test_importing_stays_light(module):
    code = f"import sys, {module}; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, [])


def test_help_and_version():
    done = cookbook("--help")
    assert done.returncode == 0
    for command in ("doctor", "run", "claims", "data", "index", "search", "demo", "pocket", "serve"):
        assert command in done.stdout
    assert cookbook("--version").stdout.strip() == __version__


@pytest.mark.parametrize(
    "command",
    [
        *([name] for name in ("doctor", "run", "claims", "data", "index", "search", "demo", "pocket", "serve")),
        ["pocket", "train"],
        ["pocket", "evaluate"],
    ],
)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main([*command, "--help"])
    assert caught.value.code == 0
    assert f"usage: cookbook {' '.join(command)}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "required: COMMAND"),
        (["bake"], "invalid choice: 'bake'"),
        (["pocket"], "required: ACTION"),
        (["run", "--job", "x"], "invalid int value: 'x'"),
        (["pocket", "train", "--tokens", "-5"], "'-5' is no whole number from 1 up"),
        (["pocket", "evaluate", "-n", "0"], "'0' is no whole number from 1 up"),
        (["reasoning", "train", "--rl-steps", "-3"], "'-3' is no whole number from 0 up"),
        (["demo", "--port", "99999"], "'99999' is no port"),
        (["claims", "--yaml"], "unrecognized arguments: --yaml"),
    ],
)
def test_an_unknown_command_or_option_is_bad_input(arguments, told, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert told in capsys.readouterr().err


def test_bad_input_is_one_sentence_and_a_traceback_when_asked():
    done = cookbook("run", "99_none")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("cookbook: no chapter is called '99_none'.") and done.stderr.count("\n") == 1
    traced = cookbook("--traceback", "run", "99_none")
    assert traced.returncode == 2
    assert "Traceback (most recent call last)" in traced.stderr and "run.py" in traced.stderr
    assert "no chapter is called '99_none'" in traced.stderr


def test_a_bad_setting_of_the_shell_is_bad_input(monkeypatch, write_chapter):
    cookbook_folder = write_chapter("01_first", "pass").parent
    environment = {**os.environ, "PHI_THREADS": "many"}
    command = [sys.executable, "-c", RUN, str(cookbook_folder), "run"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("cookbook: PHI_THREADS is 'many'")


def test_a_table_that_could_not_be_kept_is_told_before_the_work(tmp_path, capsys):
    for out in (tmp_path / "none" / "x.md", tmp_path):
        assert cli.main(["pocket", "evaluate", "--out", str(out)]) == 2
        assert capsys.readouterr().err == f"cookbook: {out} cannot be written: give a file in a folder that exists\n"


def test_a_file_of_one_s_own_is_checked_line_by_line(tmp_path, capsys):
    path = tmp_path / "mine.jsonl"
    good = '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'
    path.write_text(good * 3, encoding="utf-8")
    assert cli.main(["data", "--check", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: 3 rows, all of them can be trained on\n"
    path.write_text(good + "{\n" + good + '{"text": 1}\n', encoding="utf-8")
    assert cli.main(["data", "--check", str(path)]) == 2
    told = capsys.readouterr().err
    assert f"{path} has 2 bad lines:" in told and "line 2: not JSON" in told and 'line 4: no list "messages"' in told


def test_what_the_system_refuses_is_a_sentence(tmp_path, capsys):
    (tmp_path / "taken").write_text("a file")
    assert cli.main(["data", "--out", str(tmp_path / "taken")]) == 2
    told = capsys.readouterr().err
    assert told.startswith("cookbook: ") and str(tmp_path / "taken") in told and "Traceback" not in told


def test_other_errors_are_not_hidden(monkeypatch):
    def work(options):
        raise RuntimeError("a bug")

    monkeypatch.setattr(cli.book, "_claims", work)
    with pytest.raises(RuntimeError, match="a bug"):
        cli.main(["claims"])


@pytest.mark.parametrize(("error", "code"), [(CookbookError("bad"), 2), (KeyboardInterrupt(), 130)])
def test_exit_codes_of_errors(monkeypatch, capsys, error, code):
    def work(options):
        raise error

    monkeypatch.setattr(cli.book, "_claims", work)
    assert cli.main(["claims"]) == code
    assert capsys.readouterr().err


def test_claims_as_table_and_as_json(write_claims, capsys):
    from phicookbook.book import claim

    rows = [
        '{id: a, chapter: 01_first, says: So, bound: "> 1", unit: words}',
        '{id: b, chapter: 01_first, says: So, bound: "> 2"}',
    ]
    write_claims("claims:\n  - " + "\n  - ".join(rows))
    claim("a", 3.0)
    capsys.readouterr()
    assert cli.main(["claims"]) == 0
    assert "3 words" in capsys.readouterr().out
    assert cli.main(["claims", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert (first["id"], first["record"]["measured"], second["id"], second["record"]) == ("a", 3.0, "b", None)


def test_doctor_fails_when_a_row_is_bad(monkeypatch, capsys):
    from phicookbook import doctor

    good, bad = doctor.Row("cores", "2", True), doctor.Row("disk", "0 GB free", False, "free 2 GB")
    for found, code in (([good], 0), ([good, bad], 1)):
        monkeypatch.setattr(doctor, "rows", lambda found=found: found)
        assert cli.main(["doctor"]) == code
    assert "free 2 GB" in capsys.readouterr().out


SLEEPER = """
import os, pathlib, time
pathlib.Path({pid!r}).write_text(str(os.getpid()))
time.sleep(120)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups of this kind")
@pytest.mark.parametrize("whole_group", [False, True])
def test_ctrl_c_ends_the_run_and_the_kernel_of_its_chapter(write_chapter, tmp_path, whole_group):
    pid_file = tmp_path / "pid"
    folder = write_chapter("03_sleeps", SLEEPER.format(pid=str(pid_file))).parent  # later chapters start first
    for name in ("01_waits", "02_waits"):
        write_chapter(name, "pass")
    command = [sys.executable, "-c", RUN, str(folder), "run", "--jobs", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        wait_until(lambda: pid_file.exists() and pid_file.read_text(), process)
        kernel = int(pid_file.read_text())
        assert alive(kernel)
        # A terminal sends Ctrl-C to the whole group; `kill -INT` to the one process alone.
        os.killpg(process.pid, signal.SIGINT) if whole_group else process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130
    assert "stopped" in err and "Traceback" not in err
    assert "_waits" not in out
    wait_until(lambda: not alive(kernel))
    assert not list((tmp_path / "artifacts" / "executed").glob("*.ipynb"))


def wait_until(condition, process=None, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:  # one that has ended and that nobody has waited for yet is gone too
        return "State:\tZ" not in open(f"/proc/{pid}/status").read()
    except OSError:
        return True
