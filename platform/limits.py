"""Limits of what one case may hold and of what one sender may fill: reached, a message is rejected as LIMIT_REACHED.

Each lies far above any honest case. It is asked where the thing is decided, so that nothing grows past what tables,
memory and one transaction can hold; a sender reaches its own limits and nobody else's. docs/limits.md shows the table.
"""

from __future__ import annotations

from typing import NamedTuple


class Limit(NamedTuple):
    """How many there may be, and the field that the rejection names."""

    most: int
    field: str


CODE = "LIMIT_REACHED"

TRANSFERS = Limit(125, "envelope.transfer_id")
"""Transfers of one relationship that one province has begun; 32 provinces stay within 12 bits of a case's number."""
CLOCKS = Limit(1_000, "envelope.transfer_id")
"""Clocks that one transfer has started; 16 bits of a clock's number hold them."""
ANNULMENTS = Limit(100, "annulled_event_id")
"""Facts of one transfer that were taken back."""
PAYMENT_LINES = Limit(64, "payment_line")
"""Payment lines of one transfer, and its refunds to the person; the postings of one fact stay within 8 bits."""
LUMP_SUMS = Limit(32, "lump_sum_number")
"""Back-payments that the origin found in one transfer."""
KNOWN_IDS = Limit(5_000, "envelope.event_id")
"""Messages of one sender that one case remembers; the platform's own follow from the others'."""
KNOWN_IDS_OF_ACCOUNT = Limit(200_000, "envelope.event_id")
"""The same of one bank account, which lives for decades and is told of every day."""
PARKED = Limit(100, "envelope.transfer_id")
"""Messages of one sender that wait in one case."""
PARKED_BYTES = Limit(4 << 20, "envelope.transfer_id")
"""Bytes of those."""
PARKED_IN_PARTITION = Limit(10_000, "envelope.transfer_id")
"""Messages of one sender that wait in one partition of the bus, in whatever cases."""
PARKED_IN_PARTITION_BYTES = Limit(16 << 20, "envelope.transfer_id")
"""Bytes of those."""

LIST_LIMIT = 1_000
"""Rows of a list, unless more or fewer are asked for."""
