"""A key ring in a file whose uses are recorded before anything is given: look-ups, seals, openings.

An adapter keeps in memory what it was given. So a person is recorded once a day for each of these, by each adapter
that runs, as a key service records what it is asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import date
from uuid import UUID

from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.key_ring import (
    KeyMissing,
    KeyRingUnavailable,
    KeyWanted,
    MessageName,
    PersonWanted,
    RelationshipKey,
    SealedFields,
    SealWanted,
)
from jinbao.rules.working_days import day_of
from jinbao.service.errors import Unavailable
from jinbao.service.key_service.uses import Action, Use, Uses, recorded_id

_KEPT = 50_000


class RecordedKeyRing:
    """As `KeyRing`, for the adapter of one province. Where a use cannot be recorded, KeyRingUnavailable is raised."""

    def __init__(self, ring: EmbeddedKeyRing, uses: Uses, province: str, now_us: Callable[[], int]) -> None:
        self._ring = ring
        self._uses = uses
        self._province = province
        self._now_us = now_us
        self._given: OrderedDict[tuple[Action, UUID | bytes], date] = OrderedDict()
        """Whom, or the key that is missing by its id → the day on which that was recorded last."""

    @property
    def identity(self) -> str:
        """As `KeyRing`."""
        return self._ring.identity

    def answers(self) -> bool:
        """Always."""
        return True

    @property
    def trouble(self) -> None:
        """None: nothing waits for a file that is here."""

    def prepare(
        self,
        people: Iterable[PersonWanted] = (),
        keys: Iterable[KeyWanted] = (),
        seals: Iterable[SealWanted] = (),
    ) -> None:
        """Nothing to prepare: all of it is here."""

    def relationship_id(self, number: str, scheme: str) -> UUID:
        """As `KeyRing`."""
        found = self._ring.relationship_id(number, scheme)
        self._record("look_up", recorded_id(found, scheme))
        return found

    def seal_message(
        self, relationship_id: UUID, name: MessageName, content: bytes, personal: bytes
    ) -> tuple[UUID, SealedFields]:
        """As `KeyRing`."""
        self._record("seal", relationship_id, name.kind)
        return self._ring.seal_message(relationship_id, name, content, personal)

    def key_by_id(self, key_id: bytes) -> RelationshipKey:
        """As `KeyRing`."""
        try:
            found = self._ring.key_by_id(key_id)
        except KeyMissing as missing:
            self._once("open", key_id, Use(None, "", missing.why))
            raise
        self._record("open", found.relationship_id)
        return found

    def close(self) -> None:
        """Close the ring and the record."""
        self._given.clear()
        self._ring.close()
        self._uses.close()

    def _record(self, action: Action, relationship: UUID, why: str = "") -> None:
        self._once(action, relationship, Use(relationship, why, "given"))

    def _once(self, action: Action, whom: UUID | bytes, use: Use) -> None:
        """Record it unless it was today: what lacks a key is tried again every minute."""
        today = day_of(self._now_us())
        if self._given.get((action, whom)) == today:
            return
        self._write(action, use)
        self._given[action, whom] = today
        self._given.move_to_end((action, whom))
        if len(self._given) > _KEPT:
            self._given.popitem(last=False)

    def _write(self, action: Action, use: Use) -> None:
        try:
            with self._uses.asking() as asking:
                asking.record(self._province, action, [use], self._now_us())
        except Unavailable as error:
            raise KeyRingUnavailable(*error.words) from error
