"""Reads a bus message as far as it can be: digest, content, when the bus took it, whether it lies where it belongs.

Headers are unpacked only where one of them must be looked at.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

import msgspec

from jinbao.bus.interface import BusRecord, partition_of
from jinbao.bus.packed_headers import Headers, ends_with_its_only, names_header
from jinbao.platform.ingest.signatures import UNCHECKED, Checked, Signatures
from jinbao.platform.outbox.relay import FORWARDED_FROM
from jinbao.schemas import messages as m
from jinbao.schemas.codec import Undecodable, decode
from jinbao.schemas.headers import DIGEST, NOT_THEIR_DIGEST, digest_matches, stream_of

KEPT_DIGEST_BYTES = 16


INCIDENT = "incident "
"""Begins the field of a dead letter INTERNAL_ERROR; the incident's number follows."""


class Trouble(NamedTuple):
    """Why a message is a dead letter: code, and the field at fault or what else names the place."""

    code: str
    field: str | None = None


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """A bus message, read as far as it can be."""

    record: BusRecord
    received_at: int
    message: m.StreamMessage | None
    digest: bytes
    """First half of the SHA-256 of its bytes."""
    trouble: Trouble | None
    misrouted: bool = False
    """It lies in another partition than its key's."""
    came_from: tuple[int, int] | None = None
    """(partition, offset) from which it says it was forwarded."""
    unusable: m.StreamMessage | None = None
    """What a dead letter says, where its bytes came whole and can be read."""
    signed: Checked = UNCHECKED
    """Its signature, and whether it is refused for that."""


def unworkable(record: BusRecord, read_as: Arrival | None, incident: str) -> Arrival:
    """A message that raises where none may, as it is kept: `read_as` is None where reading is what raised."""
    trouble = Trouble("INTERNAL_ERROR", f"{INCIDENT}{incident}")
    if read_as is None:
        return Arrival(record, record.appended_at, None, b"", trouble)
    return Arrival(record, read_as.received_at, None, b"", trouble, unusable=read_as.message, signed=read_as.signed)


def read(record: BusRecord, partitions: int, signatures: Signatures) -> Arrival:
    """Check the digest, decode, check the signature, and find out whether it lies where it belongs.

    `partitions` is the number of the topic's partitions.
    """
    received_at = record.appended_at
    digest = hashlib.sha256(record.value).digest()
    try:
        if not _fits(record, digest):
            raise Undecodable("DIGEST_MISMATCH", *NOT_THEIR_DIGEST)
        message = decode(record.value)
        if not isinstance(message, m.StreamMessage):
            raise Undecodable("INVALID_FIELD", "不是报送类报文", "this type is no submission")
    except Undecodable as error:
        trouble = Trouble(error.code, error.field)
        return Arrival(record, received_at, None, b"", trouble, signed=signatures.unread(record))
    envelope = message.envelope
    if stream_of(record.key) != (envelope.KIND, envelope.key):
        foreign = Trouble("INVALID_FIELD", f"envelope.{envelope.KEY_FIELD}")  # the record's key is another's
        unread = signatures.unread(record)
        return Arrival(record, received_at, None, b"", foreign, unusable=message, signed=unread)
    place = came_from(record.headers) if names_header(record.packed_headers, FORWARDED_FROM) else None
    kept = digest[:KEPT_DIGEST_BYTES]
    signed = signatures.check(record, message, digest)
    return Arrival(record, received_at, message, kept, None, is_misrouted(record, partitions), place, None, signed)


def _fits(record: BusRecord, digest: bytes) -> bool:
    """Whether the digest header, if any, names the bytes' digest; our own comes last, and need not be unpacked."""
    if ends_with_its_only(record.packed_headers, DIGEST, digest.hex().encode()):
        return True
    return digest_matches(record.headers, record.value)


_PLACE = re.compile(rb"([0-9]{1,9})/([0-9]{1,18})")


def is_misrouted(record: BusRecord, partitions: int) -> bool:
    """Whether the record lies in another partition than murmur2 gives its key, of so many."""
    return record.partition != partition_of(record.key, partitions)


def forwarded(record: BusRecord) -> Headers:
    """The record's headers for its way to the right partition: its own, and where it lay."""
    mark = (FORWARDED_FROM, b"%d/%d" % (record.partition, record.offset))
    return (*(header for header in record.headers if header[0] != FORWARDED_FROM), mark)


def came_from(headers: Headers) -> tuple[int, int] | None:
    """(partition, offset) from which the message says it was forwarded."""
    for name, value in headers:
        if name == FORWARDED_FROM and (match := _PLACE.fullmatch(value)):
            return int(match[1]), int(match[2])
    return None
