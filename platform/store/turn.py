"""A turn at a task that one process does at a time, as each database keeps it."""

from __future__ import annotations

from typing import Protocol


class KeptTurn(Protocol):
    """What `Turn` asks of the database's own lock."""

    def take(self) -> bool:
        """Whether this process has it now."""

    def give_back(self) -> None:
        """Let others have it."""

    def close(self) -> None:
        """Let others have it, and release everything."""
