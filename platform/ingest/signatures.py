"""Signatures of submissions, verified as they arrive, by the keys that the log's register has at that moment."""

from __future__ import annotations

from typing import NamedTuple

from jinbao.bus.interface import BusRecord
from jinbao.bus.packed_headers import value_of
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.key_register import NO_SM2, KeyRegister, RegisteredKey, follow
from jinbao.platform.store.store import StoreRefused
from jinbao.schemas.headers import FINGERPRINT, SIGNATURE
from jinbao.schemas.messages import StreamMessage
from jinbao.schemas.signatures import leaf_of_headers, leaf_of_value
from jinbao.transparency.batches import LONGEST_SIGNATURE, BatchVerifier, key_id_of

MISSING, INVALID = "SIGNATURE_MISSING", "SIGNATURE_INVALID"
UNKNOWN, EXPIRED, REVOKED = "KEY_UNKNOWN", "KEY_EXPIRED", "KEY_REVOKED"
CODES = frozenset({MISSING, INVALID, UNKNOWN, EXPIRED, REVOKED})


class Checked(NamedTuple):
    """A message's signature."""

    refusal: str | None = None
    """Why the message is not taken."""
    signature: bytes | None = None
    """As it came; None where the register has not begun, or there is none."""
    leaf: bytes = b""


UNCHECKED = Checked()


def refusal_of_key(key: RegisteredKey | None, at: int) -> str | None:
    """Why a key signs nothing that is received then (microseconds since 1970 UTC); None where it does."""
    if key is None or not key.approved_by:
        return UNKNOWN
    if key.revoked_by:
        return REVOKED
    return EXPIRED if key.expires_at is not None and at >= key.expires_at else None


class Signatures:
    """Verifies messages by a register that follows the log."""

    def __init__(self) -> None:
        self._register = KeyRegister()
        self._batches = BatchVerifier()

    @property
    def number(self) -> int:
        """The last statement of keys that counts here."""
        return self._register.number

    def follow(self, bulk: Bulk) -> None:
        """Take in what the log says of keys by now.

        Raises StoreRefused where a key of SM2 counts and its library is not installed: nobody's message may be refused
        for that.
        """
        follow(bulk, self._register)
        if self._register.needs_sm2():
            raise StoreRefused(*NO_SM2)

    def check(self, record: BusRecord, message: StreamMessage, sha256: bytes) -> Checked:
        """Hold a message against its sender's keys; `sha256` of its value."""
        register = self._register
        if not register.origin:
            return UNCHECKED
        envelope = message.envelope
        sender = envelope.sender
        leaf = leaf_of_value(sha256, envelope.event_id, sender, record.value[FINGERPRINT], record.key)
        signature = value_of(record.packed_headers, SIGNATURE)
        if signature is None or len(signature) > LONGEST_SIGNATURE:
            return Checked(MISSING)
        key = register.keys.get((sender, key_id_of(signature)))
        refusal = refusal_of_key(key, record.appended_at)
        if key is not None and self._batches.root(register.origin, sender, key.key.public, signature, leaf) is None:
            refusal = INVALID
        return Checked(refusal, signature, leaf)

    def unread(self, record: BusRecord) -> Checked:
        """The signature of what cannot be read, as it came: its place in its batch is known by it."""
        if not self._register.origin:
            return UNCHECKED
        signature = value_of(record.packed_headers, SIGNATURE)
        if signature is None or len(signature) > LONGEST_SIGNATURE:
            return UNCHECKED
        return Checked(None, signature, leaf_of_headers(record.headers))
