"""Headers of a message on the bus: the CloudEvents Kafka binding in binary mode, with a digest of the bytes.

| header | value |
|---|---|
| `content-type` | `application/avro` (single-object encoding) |
| `ce_specversion`, `ce_id`, `ce_source`, `ce_type`, `ce_time` | CloudEvents 1.0; type e.g. `jinbao.FundsRemitted.v1` |
| `ce_subject`, `ce_partitionkey` | transfer id and relationship id; the latter is also the record's key |
| `ce_sha256` | SHA-256 of the value's bytes in hexadecimal: most single flipped bits still decode |
| `ce_signature`, `ce_signaturekeyid` | reserved for a detached signature over the value's bytes; not produced yet |
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from jinbao.schemas.messages import PLATFORM, Envelope, Record
from jinbao.schemas.registry import NAMESPACE, shipped_registry

Headers = tuple[tuple[str, bytes], ...]
"""The same shape as the bus's own."""

DIGEST = "ce_sha256"
SIGNATURE = "ce_signature"
SIGNATURE_KEY_ID = "ce_signaturekeyid"

_CONTENT_TYPE = ("content-type", b"application/avro")
_SPEC_VERSION = ("ce_specversion", b"1.0")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FINGERPRINT = slice(2, 10)
_REMEMBERED_KEYS = 1 << 16
_KEY_LENGTH = 36


def headers_for(message: Record, data: bytes) -> Headers:
    """Headers of a message and its encoded bytes."""
    envelope: Envelope = message.envelope  # type: ignore[attr-defined]
    release = shipped_registry().by_fingerprint[data[_FINGERPRINT]]
    source = f"/{NAMESPACE}/platform" if envelope.sender == PLATFORM else f"/{NAMESPACE}/province/{envelope.sender}"
    return (
        _CONTENT_TYPE,
        _SPEC_VERSION,
        ("ce_id", _uuid(envelope.event_id)),
        ("ce_source", source.encode()),
        ("ce_type", f"{NAMESPACE}.{release.name}.v{release.version}".encode()),
        ("ce_time", _rfc3339(envelope.occurred_at)),
        ("ce_subject", _uuid(envelope.transfer_id)),
        ("ce_partitionkey", _uuid(envelope.relationship_id)),
        (DIGEST, hashlib.sha256(data).hexdigest().encode()),
    )


def bus_key(relationship_id: bytes) -> bytes:
    """The record's key: the relationship id as UUID text, as the header `ce_partitionkey` has it."""
    return _uuid(relationship_id)


def relationship_of(key: bytes) -> bytes | None:
    """The relationship id whose `bus_key` is this key; None where it is no such key."""
    return _relationship_of(key) if len(key) == _KEY_LENGTH else None


@lru_cache(maxsize=_REMEMBERED_KEYS)
def _relationship_of(key: bytes) -> bytes | None:
    try:
        found = bytes.fromhex(key.decode().replace("-", ""))
    except ValueError:
        return None
    return found if _uuid(found) == key else None


def digest_matches(headers: Iterable[tuple[str, bytes]], data: bytes) -> bool:
    """False where a digest header does not fit the bytes; True where there is none, as in a foreign message."""
    expected = hashlib.sha256(data).hexdigest().encode()
    return all(value.lower() == expected for name, value in headers if name == DIGEST)


def _uuid(value: bytes) -> bytes:
    text = value.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}".encode()


def _rfc3339(microseconds: int) -> bytes:
    return (_EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()
