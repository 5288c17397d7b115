"""The id of a province's message and the seal of its personal fields, made together where the key is.

The id is derived from the content, the personal part of it sealed under the person's own key, so that nobody can test
guesses against the id. Whoever makes both for somebody who may not have the key puts in the sender itself: then what it
gives never equals anything that another sender's message holds (docs/decisions/2026-11-28-key-service.md).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from uuid import NAMESPACE_URL, UUID, uuid5

from jinbao.keys.key_ring import MessageName, RelationshipKey, SealedFields
from jinbao.keys.sealing import sealed_under

_EVENTS = uuid5(NAMESPACE_URL, "urn:jinbao:event")
_CONTENT = bytes(16)
"""What personal fields are bound to when they are sealed only to be hashed into the event id."""


def event_id(name: MessageName, content: str) -> UUID:
    """Id of the message that an adapter makes of a local record; `content` is a digest of the mapped fields."""
    parts = (name.kind, name.key, str(name.attempt), name.transfer.hex, content)
    return uuid5(_sender_namespace(name.sender), "\x1f".join(parts))


def seal_message(key: RelationshipKey, name: MessageName, content: bytes, personal: bytes) -> tuple[UUID, SealedFields]:
    """The message's id, and its personal fields sealed under the person's key.

    `content`: the other fields' canonical bytes; `personal`: those of `sealing.encoded_fields`.
    """
    digest = hashlib.sha256(content)
    digest.update(sealed_under(key, _CONTENT, personal).ciphertext)
    event = event_id(name, digest.hexdigest())
    return event, sealed_under(key, event.bytes, personal)


@lru_cache(maxsize=64)
def _sender_namespace(sender: str) -> UUID:
    return uuid5(_EVENTS, sender)
