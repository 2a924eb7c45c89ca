"""The counts that several tests of the family stand on."""

from __future__ import annotations

import pytest

from phicookbook.facts import family
from phicookbook.family.build import count


@pytest.fixture(scope="session")
def counts():
    """The count of every member by name."""
    return {each.name: count(each) for each in family().values()}
