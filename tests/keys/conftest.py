"""Key rings in a temporary folder, with the master key in its file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.open_key_ring import open_key_ring

OpenRing = Callable[..., EmbeddedKeyRing]


@pytest.fixture
def open_ring(tmp_path: Path) -> Iterator[OpenRing]:
    """Opens the folder's ring, as often as wanted, like so many processes; no master key in the environment."""
    rings: list[EmbeddedKeyRing] = []

    def opened(folder: Path = tmp_path / "keys", *, seed: int | None = None) -> EmbeddedKeyRing:
        rings.append(open_key_ring(folder, seed=seed, environ={}))
        return rings[-1]

    yield opened
    for ring in rings:
        ring.close()


@pytest.fixture
def ring(open_ring: OpenRing) -> EmbeddedKeyRing:
    return open_ring()
