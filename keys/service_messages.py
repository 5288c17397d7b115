"""What adapters and the key service say to each other, as JSON: bytes in base64, ids as UUIDs.

A request goes by POST to the path of its answer's kind, with the province's token; each answer names the ring.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

from jinbao.keys.key_ring import Missing
from jinbao.keys.sealing import MAX_PLAIN_BYTES

RING_PATH = "/keys/ring"
RELATIONSHIPS_PATH, SEALS_PATH, OPENINGS_PATH = "/keys/relationships", "/keys/seals", "/keys/openings"
MOST_ITEMS = 1_000
"""Of one request."""
MOST_BYTES = 8 << 20
"""Of one request's body."""

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
_Kind = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z]{1,60}\Z")]
_Why = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z]{0,60}\Z")]
_Id = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]


class RingNamed(msgspec.Struct, frozen=True):
    """Which ring the service keeps (asked by GET)."""

    ring: str


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An identity number, normalized, and an insurance scheme (AAE140)."""

    number: _Text
    scheme: _Text
    why: _Why = ""
    """Kind of the document for which it is asked."""


class LookUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose relationship ids are asked for."""

    people: Annotated[list[Person], msgspec.Meta(min_length=1, max_length=MOST_ITEMS)]


class LookedUp(msgspec.Struct, frozen=True):
    """Their ids in the order asked; None: the day's limit is reached."""

    ring: str
    relationships: list[UUID | None]


class SealOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message to be named and sealed; its sender is whose token it is."""

    relationship: UUID
    kind: _Kind
    key: _Text
    attempt: Annotated[int, msgspec.Meta(ge=0, le=2**31)]
    transfer: UUID
    content: bytes
    """Canonical bytes of the fields that are not personal."""
    personal: Annotated[bytes, msgspec.Meta(max_length=MAX_PLAIN_BYTES)]
    """Those of `sealing.encoded_fields`."""


class SealOrders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Messages to be sealed."""

    messages: Annotated[list[SealOrder], msgspec.Meta(min_length=1, max_length=MOST_ITEMS)]


class SealDone(msgspec.Struct, frozen=True):
    """A message's id and sealed fields."""

    event_id: UUID
    key_id: bytes
    ciphertext: bytes


class SealsDone(msgspec.Struct, frozen=True):
    """In the order asked; None: the day's limit is reached."""

    ring: str
    sealed: list[SealDone | None]


class KeyWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that is asked for."""

    key_id: _Id
    why: _Why = ""
    """Kind of the message that it shall open."""


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys that are asked for."""

    keys: Annotated[list[KeyWanted], msgspec.Meta(min_length=1, max_length=MOST_ITEMS)]


class KeyAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key, or why there is none for this province."""

    relationship: UUID | None = None
    key: bytes | None = None
    missing: Missing | None = None

    def __repr__(self) -> str:
        return f"KeyAnswer(relationship={self.relationship}, missing={self.missing})"


class Opened(msgspec.Struct, frozen=True):
    """In the order asked."""

    ring: str
    keys: list[KeyAnswer]


class NotDone(msgspec.Struct, frozen=True):
    """Why a request was not answered, in both languages."""

    zh: str
    en: str
