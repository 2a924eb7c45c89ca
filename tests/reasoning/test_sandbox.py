"""Code answers run apart, and what they must not do does not pass.

pytest tests/reasoning/test_sandbox.py
"""

from __future__ import annotations

import sys

import pytest

from phicookbook.reasoning.sandbox import passes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no limits there")
CHECK = "def check(candidate):\n    assert candidate(2, 3) == 5\n"
GOOD = "import math\n\ndef add(a, b):\n    return int(math.fsum([a, b]))"
ADD = "def add(a, b):\n    return a + b\n"


@pytest.mark.parametrize("answer", [GOOD, f"Here:\n```python\n{GOOD}\n```", f"```\n{GOOD}\n```", "    return a + b"])
def test_right_code_passes(answer):
    assert passes(answer, CHECK, "add", "def add(a, b):\n")


@pytest.mark.parametrize(
    "code",
    {
        "wrong": "def add(a, b):\n    return a - b",
        "broken": "def add(a, b:",
        "a megabyte of brackets": "(" * 10**6,
        "another name": "def sum_of(a, b):\n    return a + b",
        "leaves early": "import sys\n" + ADD + "sys.exit(0)",
        "leaves at once": "import os\n" + ADD + "os._exit(0)",
        "loops": "while True:\n    pass\n" + ADD,
        "eats memory": "x = bytearray(2 * 10**9)\n" + ADD,
        "writes much": "print('x' * 10**8)\n" + ADD,
        "calls out": "import socket\nsocket.socket()\n" + ADD,
        "starts a process": "import subprocess\nsubprocess.run(['true'])\n" + ADD,
        "uses a shell": "import os\nos.system('true')\n" + ADD,
        "forks": "import os\nos.fork()\n" + ADD,
        "reads a file": f"open({__file__!r}).read()\n" + ADD,
        "writes outside": "open('../outside.txt', 'w')\n" + ADD,
        "deletes outside": "import os\nos.remove('../x')\n" + ADD,
        "foreign functions": "import ctypes\nctypes.CDLL(None)\n" + ADD,
    }.items(),
    ids=lambda case: case[0],
)
def test_what_must_not_be_does_not_pass(code):
    assert not passes(code[1], CHECK, "add", seconds=2)


def test_it_may_use_its_own_folder_and_sees_no_environment(monkeypatch):
    monkeypatch.setenv("PHI_API_KEY", "a secret")
    code = "import os\nopen('own.txt', 'w').write('x')\nassert open('own.txt').read() == 'x'\n"
    code += "assert 'PHI_API_KEY' not in os.environ\n"
    assert passes(code + ADD, CHECK, "add")
