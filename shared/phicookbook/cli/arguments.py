"""Kinds of arguments that several commands take.

parser.add_argument("-n", type=count)
"""

from __future__ import annotations

import argparse


def whole(text: str) -> int:
    """A whole number from 0 up; argparse tells the reader when it is none."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 up")
    return int(text)


def port(text: str) -> int:
    """A port of this machine, 0 for any that is free; argparse tells the reader when it is none."""
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535")
    return int(text)


def positive(text: str) -> float:
    """A number above 0; argparse tells the reader when it is none."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return value


def count(text: str) -> int:
    """A whole number from 1 up; argparse tells the reader when it is none."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 up")
    return int(text)
