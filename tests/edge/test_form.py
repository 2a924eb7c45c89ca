"""Forms of an export: what goes together, and what is refused."""

from __future__ import annotations

import pytest

from phicookbook.edge import Form
from phicookbook.settings import CookbookError


@pytest.mark.parametrize(
    "given, told",
    [
        (("int3",), "precision is 'int3': choose one of fp32, int8, int4"),
        (("int4", 48), "the block size is 48: choose one of 16"),
        (("int8", 32, "int4"), "an embedding in 'int4' does not go with int8"),
        (("int4", 32, "fp8"), "an embedding in 'fp8'"),
    ],
)
def test_a_form_that_does_not_exist_is_told(given, told):
    with pytest.raises(CookbookError, match=told):
        Form(*given)


@pytest.mark.parametrize(
    "form, name, table",
    [
        (Form("fp32"), "fp32", "fp32"),
        (Form("int8"), "int8-32", "fp32"),
        (Form("int4", 64), "int4-64", "int4"),
        (Form("int4", 16, "fp32"), "int4-16 fp32 embedding", "fp32"),
    ],
)
def test_name_and_table(form, name, table):
    assert (form.name, form.table) == (name, table)
