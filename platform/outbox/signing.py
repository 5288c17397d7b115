"""Signing of what the platform says, by the log's own key: its submissions, and all that it sends to an inbox.

These batches are in no chain: what the platform says stands in its own log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jinbao.bus.interface import OutgoingRecord
from jinbao.schemas.headers import PLATFORM_SIGNATURE, SIGNATURE
from jinbao.schemas.messages import PLATFORM
from jinbao.schemas.signatures import leaf_of_headers, with_signature
from jinbao.transparency.batches import MOST_MESSAGES, sign_batch
from jinbao.transparency.signing import SigningKey

Sign = Callable[[Sequence[OutgoingRecord]], Sequence[OutgoingRecord]]


def unsigned(records: Sequence[OutgoingRecord]) -> Sequence[OutgoingRecord]:
    """The records as they are, where there is no key."""
    return records


class PlatformSigner:
    """Signs by the log's key, whose name is the log's origin."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def submissions(self, records: Sequence[OutgoingRecord]) -> Sequence[OutgoingRecord]:
        """What the platform submits, signed as its sender."""
        return self._signed(records, SIGNATURE, [leaf_of_headers(record.headers) for record in records])

    def inboxes(self, records: Sequence[OutgoingRecord]) -> Sequence[OutgoingRecord]:
        """What goes to provinces, each for its own inbox, signed beside whatever its sender has signed."""
        leaves = [leaf_of_headers(record.headers, record.topic) for record in records]
        return self._signed(records, PLATFORM_SIGNATURE, leaves)

    def _signed(self, records: Sequence[OutgoingRecord], name: str, leaves: Sequence[bytes]) -> list[OutgoingRecord]:
        signed: list[OutgoingRecord] = []
        for start in range(0, len(records), MOST_MESSAGES):
            batch = records[start : start + MOST_MESSAGES]
            made = sign_batch(self._key, self._key.verifier.name, PLATFORM, leaves[start : start + MOST_MESSAGES])
            for record, signature in zip(batch, made.signatures, strict=True):
                headers = with_signature(record.headers, signature, name)
                signed.append(OutgoingRecord(record.topic, record.key, record.value, headers))
        return signed
