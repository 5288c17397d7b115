"""Names of the bus's topics."""

from __future__ import annotations

SUBMISSIONS_TOPIC = "jinbao.submissions"
"""Every submission, keyed by relationship."""
DEAD_LETTERS_TOPIC = "jinbao.dead-letters"
"""What could not be read, as it came, for whoever watches the bus."""
IDENTITY_TOPIC = "jinbao.identity"
"""Says which bus it is, and which key ring its provinces work with (`jinbao.bus.identity`); no messages."""


def inbox_topic(province: str) -> str:
    """Name of the topic that one province's adapter reads."""
    return f"jinbao.inbox.{province}"
