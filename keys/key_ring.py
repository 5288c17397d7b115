"""The interface behind which personal keys live: relationship ids, and one sealing key per person.

A service implements it (`remote_key_ring`), so that no adapter holds the hash key and nobody can try all numbers;
embedded (`embedded_key_ring`), the interface is the only separation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

import msgspec

from jinbao.language.words import BilingualError

ENTRY_SECRET = "bank_account_entries"
"""Scheme word of the secret from which ids of a bank account's entries are derived; it never leaves the adapter."""

Missing = Literal["deleted", "unknown", "withheld"]
"""`withheld`: the key service does not give it to this province, or not yet."""


@dataclass(frozen=True, slots=True)
class RelationshipKey:
    """The sealing key of one pension relationship."""

    relationship_id: UUID
    key_id: bytes
    """16 bytes; stands beside everything sealed under the key."""
    key: bytes = field(repr=False)
    """64 bytes, for AES-256-SIV."""


@dataclass(frozen=True, slots=True)
class SealedFields:
    """What takes the personal fields' place in a message."""

    key_id: bytes
    ciphertext: bytes


class MessageName(msgspec.Struct, frozen=True):
    """What a message's id is derived from beside its content."""

    sender: str
    kind: str
    key: str
    """Number of the local record."""
    attempt: int
    transfer: UUID


class PersonWanted(NamedTuple):
    """Whose relationship id will be asked for, and for which kind of document."""

    number: str
    scheme: str
    why: str


class KeyWanted(NamedTuple):
    """Which key will be asked for, and to open which kind of message."""

    key_id: bytes
    why: str


class SealWanted(NamedTuple):
    """What will be sealed, as `KeyRing.seal_message` takes it."""

    relationship_id: UUID
    name: MessageName
    content: bytes
    personal: bytes


class KeyMissing(Exception):
    """No key has this id for us: it was deleted, it never was in this ring, or the service keeps it."""

    def __init__(self, key_id: bytes, why: Missing) -> None:
        super().__init__(f"key {key_id.hex()} is {'not in this key ring' if why == 'unknown' else why}")
        self.key_id = key_id
        self.why: Missing = why


class KeyRingError(BilingualError):
    """The key ring cannot be used; the text says which file and what to do."""


class KeyRingUnavailable(KeyRingError):
    """It may work when it is tried again: another process holds it, its disk is full."""


class KeyServiceWaits(KeyRingUnavailable):
    """The key service is away, or a day's limit is reached: what needs it waits, and the rest goes on."""


class KeyRingRefused(KeyRingError):
    """Other settings are needed: the master key is another one or missing, or the ring is not the one in use here."""


class KeyRing(Protocol):
    """Makes relationship ids and keeps the key of each. Every method may raise KeyRingError, of the kinds above."""

    @property
    def identity(self) -> str:
        """Which ring it is, 32 hexadecimal digits: two rings that give the same relationship ids have the same one."""

    def relationship_id(self, number: str, scheme: str) -> UUID:
        """Keyed hash of an identity number, already normalized by the rules, and an insurance scheme (AAE140).

        Raises ValueError where one of them is empty.
        """

    def prepare(
        self,
        people: Iterable[PersonWanted] = (),
        keys: Iterable[KeyWanted] = (),
        seals: Iterable[SealWanted] = (),
    ) -> None:
        """Be told what will be asked for soon, so that a service is asked once for many. Raises for none of them."""

    def seal_message(
        self, relationship_id: UUID, name: MessageName, content: bytes, personal: bytes
    ) -> tuple[UUID, SealedFields]:
        """As `message_seal.seal_message`, under the relationship's key, which is made now where there is none."""

    def key_by_id(self, key_id: bytes) -> RelationshipKey:
        """The key with this id. Raises KeyMissing."""

    def answers(self) -> bool:
        """Whether it answers now; a service that did not when it was last asked is asked again."""

    @property
    def trouble(self) -> KeyServiceWaits | None:
        """What of it waits, as far as is known: the service was away when it was last asked, or a limit is reached."""

    def close(self) -> None:
        """Release the ring's resources."""
