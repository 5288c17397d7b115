"""Seals a message's personal fields under its relationship's key, bound to the event id, and opens them again.

AES-SIV (RFC 5297) is deterministic: the same fields in the same message always give the same bytes, so a record fed
twice stays one message; the event id as associated data makes every other message other bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from jinbao.keys.key_ring import KeyMissing, KeyRing, Missing, RelationshipKey, SealedFields
from jinbao.language.words import BilingualError, Words

Value = str | int | None
MAX_CIPHERTEXT_BYTES = 65536
"""The most that a message's `Sealed.ciphertext` takes."""
MAX_PLAIN_BYTES = MAX_CIPHERTEXT_BYTES - 16
"""AES-SIV adds 16 bytes."""

_SORTED = msgspec.msgpack.Encoder(order="sorted")
_FIELDS = msgspec.msgpack.Decoder(dict[str, Value], strict=True)


Reason = Literal["key_deleted", "key_unknown", "key_withheld", "other_relationship", "not_authentic"]

_TEXTS: dict[Reason, Words] = {
    "key_deleted": ("此关系的密钥已删除", "the key of this relationship was deleted"),
    "key_unknown": ("密钥环中没有此密钥", "the key is not in this key ring"),
    "key_withheld": (
        "密钥服务不交出此密钥：全国平台尚未把此关系的个人信息送给本省",
        "the key service keeps the key: the platform has sent this province no sealed fields of this relationship",
    ),
    "other_relationship": ("密钥属于另一关系", "the key belongs to another relationship"),
    "not_authentic": ("密文已被改动，或属于另一事件", "the sealed bytes were changed, or belong to another event"),
}


_WHY: dict[Missing, Reason] = {"deleted": "key_deleted", "unknown": "key_unknown", "withheld": "key_withheld"}


class NotSealable(BilingualError, ValueError):
    """Fields that cannot be sealed; quotes no value."""


class CannotOpen(BilingualError):
    """Sealed fields that stay closed, and why."""

    def __init__(self, reason: Reason) -> None:
        zh, en = _TEXTS[reason]
        super().__init__(f"个人信息打不开：{zh}", f"sealed fields cannot be opened: {en}")
        self.reason: Reason = reason


def seal(key: RelationshipKey, event_id: bytes, fields: Mapping[str, Value]) -> SealedFields:
    """Seal the personal fields of the message `event_id` (16 bytes). Raises NotSealable as `encoded_fields`."""
    if len(event_id) != 16:
        raise ValueError("an event id has 16 bytes")
    return sealed_under(key, event_id, encoded_fields(fields))


def encoded_fields(fields: Mapping[str, Value]) -> bytes:
    """Personal fields as they are sealed: the same bytes whatever their order.

    Raises NotSealable where a field is neither text, integer nor None, or all are too long.
    """
    for name, value in fields.items():
        if type(name) is not str or type(value) not in (str, int, type(None)):
            raise NotSealable(
                f"个人信息 {name!r}：应为文字、整数或空",
                f"personal field {name!r}: expected text, an integer or nothing",
            )
    try:
        plain = _SORTED.encode(dict(fields))
    except (OverflowError, UnicodeEncodeError):
        raise NotSealable(
            "个人信息不是有效的 Unicode，或超过 64 位", "a personal field is no valid Unicode or beyond 64 bits"
        ) from None
    if len(plain) > MAX_PLAIN_BYTES:
        raise NotSealable(
            f"个人信息超过 {MAX_CIPHERTEXT_BYTES} 字节",
            f"the personal fields are longer than {MAX_CIPHERTEXT_BYTES} bytes",
        )
    return plain


def sealed_under(key: RelationshipKey, event_id: bytes, personal: bytes) -> SealedFields:
    """Seal what `encoded_fields` has encoded, bound to 16 bytes."""
    return SealedFields(key.key_id, AESSIV(key.key).encrypt(personal, [event_id]))


def open_sealed(
    ring: KeyRing, relationship_id: UUID, event_id: bytes, key_id: bytes, ciphertext: bytes
) -> dict[str, Value]:
    """The personal fields as they were sealed for this relationship and event. Raises CannotOpen."""
    try:
        key = ring.key_by_id(key_id)
    except KeyMissing as missing:
        raise CannotOpen(_WHY[missing.why]) from None
    if key.relationship_id != relationship_id:
        raise CannotOpen("other_relationship")
    try:
        return _FIELDS.decode(AESSIV(key.key).decrypt(ciphertext, [event_id]))
    except (InvalidTag, ValueError, msgspec.DecodeError):
        raise CannotOpen("not_authentic") from None
