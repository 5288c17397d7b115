"""Headers of a message on the bus: the CloudEvents Kafka binding in binary mode, with a digest of the bytes.

| header | value |
|---|---|
| `content-type` | `application/avro` (single-object encoding) |
| `ce_specversion`, `ce_id`, `ce_source`, `ce_type`, `ce_time` | CloudEvents 1.0; type e.g. `jinbao.FundsRemitted.v1` |
| `ce_subject`, `ce_partitionkey` | transfer id and the record's key: the relationship id, of other kinds `kind/key` |
| `ce_sha256` | SHA-256 of the value's bytes in hexadecimal: most single flipped bits still decode |
| `ce_signature` | the sender's signature: its batch's, and the path to it (`transparency/batches.py`) |
| `ce_platformsignature` | the platform's on what it sends to an inbox, in the same form, for that inbox |
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from jinbao.language.words import Words
from jinbao.schemas.messages import PLATFORM, RELATIONSHIP, Record, StreamEnvelope
from jinbao.schemas.registry import NAMESPACE, shipped_registry

Headers = tuple[tuple[str, bytes], ...]
"""The same shape as the bus's own."""

DIGEST = "ce_sha256"
SIGNATURE = "ce_signature"
PLATFORM_SIGNATURE = "ce_platformsignature"
ID, SOURCE, TYPE, KEY = "ce_id", "ce_source", "ce_type", "ce_partitionkey"

NOT_THEIR_DIGEST: Words = ("字节与其摘要不符", "the bytes do not fit their digest")
_CONTENT_TYPE = ("content-type", b"application/avro")
_SPEC_VERSION = ("ce_specversion", b"1.0")
_EPOCH = datetime(1970, 1, 1)
FINGERPRINT = slice(2, 10)
"""Of its schema, in a value's bytes."""
_TYPES = {
    fingerprint: f"{NAMESPACE}.{release.name}.v{release.version}".encode()
    for fingerprint, release in shipped_registry().by_fingerprint.items()
}
_REMEMBERED_KEYS = 1 << 16
_ID_BYTES = 16
_BEHIND_KIND = b"/"
_LONGEST_KEY = 100


def headers_for(message: Record, data: bytes) -> Headers:
    """Headers of a message and its encoded bytes."""
    envelope: StreamEnvelope = message.envelope  # type: ignore[attr-defined]
    return (
        _CONTENT_TYPE,
        _SPEC_VERSION,
        (ID, uuid_text(envelope.event_id)),
        (SOURCE, source_of(envelope.sender)),
        (TYPE, type_of(data[FINGERPRINT])),
        ("ce_time", _rfc3339(envelope.occurred_at)),
        ("ce_subject", uuid_text(envelope.subject)),
        (KEY, record_key(envelope)),
        (DIGEST, hashlib.sha256(data).hexdigest().encode()),
    )


def bus_key(key: bytes, kind: str = RELATIONSHIP) -> bytes:
    """The record's key for a stream's: as UUID text, of other kinds than relationships behind `kind/`.

    The header `ce_partitionkey` has the same.
    """
    text = uuid_text(key)
    return text if kind == RELATIONSHIP else kind.encode() + _BEHIND_KIND + text


def record_key(envelope: StreamEnvelope) -> bytes:
    """The record's key for a message with that envelope."""
    return bus_key(envelope.key, envelope.KIND)


def stream_of(key: bytes) -> tuple[str, bytes] | None:
    """(kind, key) of the stream whose `bus_key` is this key; None where it is no such key."""
    return _stream_of(key) if len(key) <= _LONGEST_KEY else None


def relationship_of(key: bytes) -> bytes | None:
    """The relationship id whose `bus_key` is this key; None where it is no such key."""
    found = stream_of(key)
    return found[1] if found is not None and found[0] == RELATIONSHIP else None


@lru_cache(maxsize=_REMEMBERED_KEYS)
def _stream_of(key: bytes) -> tuple[str, bytes] | None:
    before, between, text = key.rpartition(_BEHIND_KIND)
    try:
        kind = before.decode("ascii") if between else RELATIONSHIP
        found = bytes.fromhex(text.decode().replace("-", ""))
    except ValueError:
        return None
    return (kind, found) if kind and len(found) == _ID_BYTES and bus_key(found, kind) == key else None


def digest_matches(headers: Iterable[tuple[str, bytes]], data: bytes) -> bool:
    """False where a digest header does not fit the bytes; True where there is none, as in a foreign message."""
    expected = hashlib.sha256(data).hexdigest().encode()
    return all(value.lower() == expected for name, value in headers if name == DIGEST)


@lru_cache(maxsize=64)
def source_of(sender: str) -> bytes:
    """The source that a sender's messages name."""
    return f"/{NAMESPACE}/{'platform' if sender == PLATFORM else f'province/{sender}'}".encode()


def type_of(fingerprint: bytes) -> bytes:
    """The type of messages of a released schema. Raises KeyError for any other."""
    return _TYPES[fingerprint]


def uuid_text(value: bytes) -> bytes:
    """An id as UUID text."""
    text = value.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}".encode()


def _rfc3339(microseconds: int) -> bytes:
    return f"{(_EPOCH + timedelta(microseconds=microseconds)).isoformat(timespec='microseconds')}Z".encode()
