"""The id of a transfer: derived from whose it is and who began it, so that any adapter can make it and the platform can
make it again.

UUIDv5 (RFC 9562) of relationship, beginning province and the local document that begins the transfer: an application
number used again for another person is another transfer.
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

_TRANSFERS = uuid5(NAMESPACE_URL, "urn:jinbao:transfer")


def transfer_id(relationship: UUID, province: str, document: str) -> UUID:
    """Id of the transfer that `province` begins by its local `document`, in the person's relationship.

    The name under the namespace is the relationship's 32 hexadecimal digits, the province code and the document's
    number (`envelope.local_document`: of the application at the destination, of the offer at the origin, of the
    voucher of money that nobody knows), with U+001F between them.
    """
    return uuid5(_TRANSFERS, f"{relationship.hex}\x1f{province}\x1f{document}")
