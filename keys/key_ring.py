"""The interface behind which personal keys live: relationship ids, one sealing key per person, and its deletion.

In production a service implements it, so that no adapter holds the hash key and nobody can try all numbers; embedded
(`embedded_key_ring`), the interface is the only separation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol
from uuid import UUID

from jinbao.language.words import BilingualError

Missing = Literal["deleted", "unknown"]


@dataclass(frozen=True, slots=True)
class RelationshipKey:
    """The sealing key of one pension relationship."""

    relationship_id: UUID
    key_id: bytes
    """16 bytes; stands beside everything sealed under the key."""
    key: bytes = field(repr=False)
    """64 bytes, for AES-256-SIV."""


class KeyMissing(Exception):
    """No key has this id: it was deleted, or it never was in this ring."""

    def __init__(self, key_id: bytes, why: Missing) -> None:
        super().__init__(f"key {key_id.hex()} is {'deleted' if why == 'deleted' else 'not in this key ring'}")
        self.key_id = key_id
        self.why: Missing = why


class KeyRingError(BilingualError):
    """The key ring cannot be used; the text says which file and what to do."""


class KeyRingUnavailable(KeyRingError):
    """It may work when it is tried again: another process holds it, its disk is full."""


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

    def key_for(self, relationship_id: UUID) -> RelationshipKey:
        """The relationship's key, made now where there is none: two callers anywhere get the same one."""

    def key_by_id(self, key_id: bytes) -> RelationshipKey:
        """The key with this id. Raises KeyMissing."""

    def delete(self, relationship_id: UUID) -> bool:
        """Destroy the relationship's key for good; True where there was one. What it sealed stays closed for ever."""

    def close(self) -> None:
        """Release the ring's resources."""
