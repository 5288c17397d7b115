"""What a message's signature covers: five of its headers, which its value gives too, and which inbox it is for.

The leaf of a batch is the RFC 6962 leaf hash of the values of `ce_sha256`, `ce_id`, `ce_source`, `ce_type` and
`ce_partitionkey`, a line feed between each. What the platform sends to an inbox has a sixth, the inbox's topic: sent on
to another province it is not signed.
"""

from __future__ import annotations

from jinbao.schemas.headers import (
    DIGEST,
    ID,
    KEY,
    SIGNATURE,
    SOURCE,
    TYPE,
    Headers,
    source_of,
    type_of,
    uuid_text,
)
from jinbao.transparency.check_proof import leaf_hash

_SIGNED = (DIGEST, ID, SOURCE, TYPE, KEY)


def leaf_of_headers(headers: Headers, inbox: str | None = None) -> bytes:
    """The leaf hash by the headers; one that is not there counts as empty. `inbox`: the topic that it is sent to."""
    found = dict(headers)
    parts = [found.get(name, b"") for name in _SIGNED]
    return leaf_hash(b"\n".join(parts if inbox is None else [*parts, inbox.encode()]))


def leaf_of_value(sha256: bytes, event_id: bytes, sender: str, fingerprint: bytes, key: bytes) -> bytes:
    """The same by what the value itself says; `fingerprint`: of its schema. `key`: the record's."""
    parts = (sha256.hex().encode(), uuid_text(event_id), source_of(sender), type_of(fingerprint), key)
    return leaf_hash(b"\n".join(parts))


def with_signature(headers: Headers, signature: bytes, name: str = SIGNATURE) -> Headers:
    """The headers with that signature and no other; the digest stays last, where it is found without unpacking."""
    others = tuple(header for header in headers if header[0] != name)
    if others and others[-1][0] == DIGEST:
        return (*others[:-1], (name, signature), others[-1])
    return (*others, (name, signature))
