"""Accesses told to the nation by a province: beside it at once, from elsewhere by its token in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Protocol

import msgspec

from jinbao.schemas.accesses import Access

ACCESSES_PATH = "/accesses"
"""Where they are told, below /api."""
MOST_BYTES = 1 << 18


class AccessesTold(msgspec.Struct, frozen=True):
    """What a province has recorded, in order; none: only to learn how far the national log is."""

    log: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{8}\Z")]
    """Name of the log that they stand in."""
    accesses: list[Access] = []


class AccessesTaken(msgspec.Struct, frozen=True):
    """How far the national log has them."""

    last: int
    """Number of the last; 0 where it has none."""


class AccessLog(Protocol):
    """What a province keeps of its own accesses."""

    @property
    def name(self) -> str:
        """The log's name, made with it."""

    def go_on_behind(self, number: int) -> None:
        """Number what comes next behind that number."""

    def accesses(self, province: str, after: int) -> Sequence[Access]:
        """What follows a number, in order; none where nothing does."""


class NationalAccesses(Protocol):
    """The nation's log, beside which a province's pages run."""

    def record(self, province: str, log: AccessLog, keep: Callable[[], None], now_us: int) -> None:
        """Let the province keep an access in its log, and make entries of what the nation has not got yet.

        Raises StoreError, and what `keep` raises; then nothing may be shown.
        """
