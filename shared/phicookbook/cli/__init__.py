"""The command line. Each file here holds a group of commands and adds them to the one parser.

cookbook run 04
"""

from __future__ import annotations

import argparse
import sys
import traceback

from phicookbook import __version__
from phicookbook.cli import book, demos, edge, finetune, pocket, reasoning, retrieval, serverless, translation
from phicookbook.settings import CookbookError

GROUPS = (book, pocket, retrieval, serverless, finetune, edge, reasoning, demos, translation)


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; each sets `work`, the function that does it."""
    top = argparse.ArgumentParser(prog="cookbook", description="The Phi Cookbook: run its chapters, models and demos.")
    top.add_argument("--version", action="version", version=__version__)
    top.add_argument("--traceback", action="store_true", help="show the traceback of an error")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in GROUPS:
        group.add(commands)
    return top


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
