"""Ids derived from what the thing says or is called: of transfers, settlements, receipts, the platform's messages.

All are UUIDv5 (RFC 9562), so that no memory is needed to repeat one. Any adapter can derive a transfer's, and the
platform derives it again: it is that of relationship, beginning province and the local document that begins it, so an
application number used again for another person is another transfer. Two provinces settle in a stream of their own,
whose relationship id is that of the pair; no person is in it, so the derivation is open.
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from jinbao.rules.provinces import pair_name

_TRANSFERS = uuid5(NAMESPACE_URL, "urn:jinbao:transfer")
_SETTLEMENTS = uuid5(NAMESPACE_URL, "urn:jinbao:settlement")


def transfer_id(relationship: UUID, province: str, document: str) -> UUID:
    """Id of the transfer that `province` begins by its local `document`, in the person's relationship.

    The name under the namespace is the relationship's 32 hexadecimal digits, the province code and the document's
    number (`envelope.local_document`: of the application at the destination, of the offer at the origin, of the
    voucher of money that nobody knows), with U+001F between them.
    """
    return uuid5(_TRANSFERS, f"{relationship.hex}\x1f{province}\x1f{document}")


def settlement_relationship(one: str, other: str) -> UUID:
    """Relationship id of the settlements of two provinces, whichever is named first.

    The name under the namespace is the two codes, the smaller first, with a hyphen between them: `50-51`.
    """
    return uuid5(_SETTLEMENTS, pair_name(one, other))


def settlement_id(one: str, other: str, year: int) -> UUID:
    """Id of their settlement for a year: the year's four digits under the relationship."""
    return uuid5(settlement_relationship(one, other), str(year))


_RECEIPTS = uuid5(NAMESPACE_URL, "urn:jinbao:receipt")


def receipt_id(sender: str, kind: str, received: UUID) -> UUID:
    """Id of the receipt that a province gives for the message `received`."""
    return uuid5(_RECEIPTS, f"{sender}\x1f{kind}\x1f{received.hex}")


_PLATFORM_EVENTS = UUID("6c1f0f8e-54a5-5b0c-9a53-5d1f6a1f2b10")


def platform_event_id(*parts: str) -> bytes:
    """Id of a message of the platform's own, from what it says."""
    return uuid5(_PLATFORM_EVENTS, "|".join(parts)).bytes
