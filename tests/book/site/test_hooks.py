"""Alt texts of a notebook's pictures, by the name that MyST-NB gives their files."""

from __future__ import annotations

import base64
import hashlib

from nbformat import from_dict

from phicookbook.book.site import hooks


def output(picture: bytes, alt: str | None):
    metadata = {"image/png": {"alt": alt}} if alt else {}
    return {"output_type": "display_data", "data": {"image/png": base64.b64encode(picture).decode() + "\n"}, "metadata": metadata}


def test_each_picture_has_its_own():
    first, second = b"one", b"two"
    cells = [
        {"cell_type": "markdown", "source": ""},
        {"cell_type": "code", "outputs": [output(first, "Bars"), output(second, "Curve"), output(b"three", None)]},
        {"cell_type": "code", "outputs": [{"output_type": "stream", "name": "stdout", "text": "hello"}]},
    ]
    names = {hashlib.sha256(first).hexdigest(): "Bars", hashlib.sha256(second).hexdigest(): "Curve"}
    assert hooks.alternatives(from_dict({"cells": cells})) == names
