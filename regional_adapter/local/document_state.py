"""How far a document of a province's own system has come on its way to the platform."""

from __future__ import annotations

from enum import IntEnum


class DocumentState(IntEnum):
    """How far a local document has come; stored by number, and a later word never lowers it."""

    WRITTEN = 0
    SENT = 1
    """The bus has it; the platform has not answered yet."""
    PARKED = 2
    """It waits at the platform for another message that must come first: neither late nor refused."""
    REJECTED = 3
    ACCEPTED = 4
    """It stands: what acts outside may follow from it."""
