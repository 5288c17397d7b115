"""One transfer whose adapters have no ring of their own, and the key service that they ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.country import Country, country_in
from support.key_service import LIMIT, KeyService, keys_served

from jinbao.platform.addressees import addressees


@contextmanager
def served_country(folder: Path) -> Iterator[Country]:
    """One transfer from 44 to 41, up to its confirmation; no adapter of it has a ring of its own."""
    with country_in(folder) as made, keys_served(made.folder, made.ring, _log_of(made), LIMIT) as service:
        made.ring_of = service.ring_of
        made.to_confirmation("A-1")
        made.service = service  # type: ignore[attr-defined]
        yield made


@pytest.fixture(scope="session")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    """For tests that add nothing to it which another of them would see."""
    with served_country(tmp_path_factory.mktemp("country")) as made:
        yield made


def _log_of(country: Country):
    def asked(relationships):
        with country.platform.store.read() as work:
            return addressees(work, relationships)

    return asked


@pytest.fixture(scope="session")
def service(country: Country) -> KeyService:
    return country.service  # type: ignore[attr-defined]
