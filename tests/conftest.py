"""For every test: what the program hands on through the environment, and its mask of rights, is undone afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain, zip_longest

import pytest

VARIABLES = ("JINBAO_LANG", "JINBAO_CONFIG")


@pytest.fixture(autouse=True)
def _own_environment_again() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in VARIABLES}
    mask = os.umask(0o022)
    yield
    os.umask(mask)
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


LONGEST = (
    "tests/web/test_browser.py",
    "tests/engines/test_nation_on_kafka.py",
    "tests/engines/test_nation_killed.py",
    "tests/simulator/test_nation.py",
    "tests/engines/test_engine_failures.py",
    "tests/mutants/test_mutants.py",
    "tests/model/test_person.py",
)
"""Files that begin first, or one process would still be at work on one of them when the others have ended."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files on real engines, which wait more than they work, go first, one beside each of the others."""
    files: dict[str, list[pytest.Item]] = {file: [] for file in LONGEST}
    for item in items:
        files.setdefault(item.nodeid.split("::")[0], []).append(item)
    waiting = [file for file in files.values() if any(item.get_closest_marker("engines") for item in file)]
    working = [file for file in files.values() if file not in waiting]
    items[:] = [item for pair in zip_longest(waiting, working, fillvalue=[]) for item in chain(*pair)]
