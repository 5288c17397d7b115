"""A country with clerks in several provinces and a real platform between them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.country import Country, country_in


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    with country_in(tmp_path) as made:
        yield made
