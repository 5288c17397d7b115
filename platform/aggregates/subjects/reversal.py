"""A completed transfer undone by a completed opposite one."""

from __future__ import annotations

from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact


class TransferReversed(Fact, frozen=True, gc=False, kw_only=True):
    """An opposite transfer undid this one."""

    TOPIC: ClassVar[str] = "transfer-reversed"
    reversal: bytes
