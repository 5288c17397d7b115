"""Readers: the provinces whose inbox gets an accepted message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinbao.platform.aggregates.transfer import Transfer
from jinbao.schemas import messages as m

Readers = Callable[[Any, Any, Any], tuple[str, ...]]
"""(fact, transfer after it or None, message) → province codes."""


def nobody(fact: Any, t: Transfer, message: m.Submission) -> tuple[str, ...]:
    """No province is told."""
    return ()


def _is_heard_of(t: Transfer) -> bool:
    """The origin hears of an application from its first letter on; of what it offers or paid it knows."""
    return bool(t.letter_version) or t.kind != "application"


def to_origin(fact: Any, t: Transfer, message: m.Submission) -> tuple[str, ...]:
    """The origin."""
    return (t.origin,) if _is_heard_of(t) else ()


def to_destination(fact: Any, t: Transfer, message: m.Submission) -> tuple[str, ...]:
    """The destination."""
    return (t.destination,) if _is_heard_of(t) else ()


def to_both(fact: Any, t: Transfer, message: m.Submission) -> tuple[str, ...]:
    """Both sides."""
    return (t.origin, t.destination) if _is_heard_of(t) else ()


def to_other_side(fact: Any, t: Transfer, message: m.Submission) -> tuple[str, ...]:
    """The side that did not send it."""
    return (t.origin if message.envelope.sender == t.destination else t.destination,)
