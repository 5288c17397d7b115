"""Who is told of the outcomes of an adapter's messages, beside the local system."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Answered = Callable[[Sequence[bytes]], None]
"""Told, by event id, of our messages whose outcome came."""


def not_asked(event_ids: Sequence[bytes]) -> None:
    """Nobody."""
