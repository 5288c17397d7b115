"""For every test: what the program hands on through the environment, and its mask of rights, is undone afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator

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
