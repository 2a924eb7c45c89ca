"""Kinds of arguments that several commands take.

parser.add_argument("-n", type=count)
"""

from __future__ import annotations

import argparse


def count(text: str) -> int:
    """A whole number from 1 up; argparse tells the reader when it is none."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 up")
    return int(text)
