"""Ids that an adapter derives from what its province already calls a thing, so that no memory is needed to repeat them.

All are UUIDv5 (RFC 9562): the same record gives the same id, whenever and wherever it is mapped. A transfer's id is
everybody's to derive: `schemas/transfer_ids.py`.
"""

from __future__ import annotations

from functools import lru_cache
from uuid import NAMESPACE_URL, UUID, uuid5

_EVENTS = uuid5(NAMESPACE_URL, "urn:jinbao:event")
_RECEIPTS = uuid5(NAMESPACE_URL, "urn:jinbao:receipt")


def event_id(sender: str, kind: str, key: str, attempt: int, transfer: UUID, content: str) -> UUID:
    """Id of the message that a local record becomes; `content` is a digest of the mapped fields."""
    return uuid5(_sender_namespace(sender), "\x1f".join((kind, key, str(attempt), transfer.hex, content)))


def receipt_id(sender: str, kind: str, received: UUID) -> UUID:
    """Id of the receipt that a province gives for the message `received`."""
    return uuid5(_RECEIPTS, f"{sender}\x1f{kind}\x1f{received.hex}")


@lru_cache(maxsize=64)
def _sender_namespace(sender: str) -> UUID:
    return uuid5(_EVENTS, sender)
