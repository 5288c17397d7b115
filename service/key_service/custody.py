"""Custody of the key ring: what a province is told, sealed and given, by what the platform's log says of it.

A key is given to whom the log has sent something that it opens, and to nobody else; whoever begins a relationship, or
has not been sent anything yet, has the service seal. See docs/decisions/2026-11-28-key-service.md.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from uuid import UUID

from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.key_ring import KeyMissing, MessageName
from jinbao.keys.service_messages import (
    KeyAnswer,
    LookedUp,
    LookUp,
    Opened,
    Opening,
    RingNamed,
    SealDone,
    SealOrders,
    SealsDone,
)
from jinbao.platform.store.store import StoreError
from jinbao.service.key_service.uses import Action, Asking, Use, Uses, recorded_id

Addressees = Callable[[Sequence[UUID]], Mapping[UUID, Set[str]]]
"""Relationship → provinces to which the platform's log has sent sealed fields of it. Raises StoreError."""
KEPT = 100_000
"""Pairs of province and relationship of which it is remembered that the log names them: it never unsays one."""


class Custody:
    """Answers the provinces' requests. Threads may share it."""

    def __init__(
        self,
        ring: EmbeddedKeyRing,
        uses: Uses,
        addressees: Addressees,
        look_ups_a_day: int,
        now_us: Callable[[], int],
    ) -> None:
        self._ring = ring
        self._uses = uses
        self._ask = addressees
        self._most = look_ups_a_day
        self._now_us = now_us
        self._addressed: OrderedDict[tuple[str, UUID], None] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def named(self) -> RingNamed:
        """Which ring it keeps."""
        return RingNamed(self._ring.identity)

    def look_up(self, province: str, request: LookUp) -> LookedUp:
        """Relationship ids of numbers; None beyond the day's limit. Raises KeyRingError, StoreError, Unavailable."""
        found = [self._ring.relationship_id(person.number, person.scheme) for person in request.people]
        told = [recorded_id(one, person.scheme) for one, person in zip(found, request.people, strict=True)]
        allowed = self._allow(province, "look_up", told, [person.why for person in request.people])
        given = [one if name in allowed else None for one, name in zip(found, told, strict=True)]
        return LookedUp(self._ring.identity, given)

    def seal(self, province: str, request: SealOrders) -> SealsDone:
        """Messages named and sealed as the province's own; None beyond the day's limit. Raises as `look_up`."""
        orders = request.messages
        allowed = self._allow(province, "seal", [one.relationship for one in orders], [one.kind for one in orders])
        done: list[SealDone | None] = []
        for order in orders:
            if order.relationship not in allowed:
                done.append(None)
                continue
            name = MessageName(province, order.kind, order.key, order.attempt, order.transfer)
            event, sealed = self._ring.seal_message(order.relationship, name, order.content, order.personal)
            done.append(SealDone(event, sealed.key_id, sealed.ciphertext))
        return SealsDone(self._ring.identity, done)

    def open(self, province: str, request: Opening) -> Opened:
        """Keys by their ids, where the log has sent the province what they open. Raises as `look_up`."""
        found = {wanted.key_id: self._found(wanted.key_id) for wanted in request.keys}
        relationships = {one.relationship for one in found.values() if one.relationship is not None}
        addressed = self._addressed_of(province, relationships)
        answers = [
            KeyAnswer(missing="withheld") if one.relationship and one.relationship not in addressed else one
            for one in (found[wanted.key_id] for wanted in request.keys)
        ]
        uses = [
            Use(found[wanted.key_id].relationship, wanted.why, answer.missing or "given")
            for wanted, answer in zip(request.keys, answers, strict=True)
        ]
        unknown = Counter(use.why for use in uses if use.relationship is None and use.outcome == "unknown")
        told = [use for use in uses if use.outcome != "unknown"]
        told += [Use(None, why, "unknown", times=times) for why, times in unknown.items()]
        with self._uses.asking() as asking:  # recorded before anything is told
            asking.record(province, "open", told, self._now_us())
        return Opened(self._ring.identity, answers)

    def _found(self, key_id: bytes) -> KeyAnswer:
        try:
            key = self._ring.key_by_id(key_id)
        except KeyMissing as missing:
            return KeyAnswer(missing=missing.why)
        return KeyAnswer(key.relationship_id, key.key)

    def _allow(
        self, province: str, action: Action, relationships: Sequence[UUID], why: Sequence[str]
    ) -> Collection[UUID]:
        """Those that it may ask for: what it was given before, what the log sends it, and so many new ones a day."""
        reasons = dict(zip(relationships, why, strict=True))
        with self._uses.asking() as asking:
            now_us = self._now_us()
            known = asking.known(province, reasons.keys())
            new = [one for one in reasons if one not in known]
            left = max(0, self._most - asking.counted(province, now_us))
            free = self._sent_to(province, new) if len(new) > left else set()
            counted = [one for one in new if one not in free][:left]
            self._record(asking, province, action, reasons, known | free, counted, now_us)
        return known | free | set(counted)

    @staticmethod
    def _record(
        asking: Asking,
        province: str,
        action: Action,
        reasons: Mapping[UUID, str],
        free: Set[UUID],
        counted: Sequence[UUID],
        now_us: int,
    ) -> None:
        """What was refused stands in one row a reason: whoever tries numbers by the million fills no disk with it."""
        counts = set(counted)
        given = [Use(one, why, "given", counts=one in counts) for one, why in reasons.items() if one in free | counts]
        refused = Counter(why for one, why in reasons.items() if one not in free | counts)
        beyond = [Use(None, why, "limit", times=times) for why, times in refused.items()]
        asking.record(province, action, [*given, *beyond], now_us)

    def _sent_to(self, province: str, relationships: Collection[UUID]) -> set[UUID]:
        """As `_addressed_of`; nothing while the log does not answer, for ids and seals go on without it."""
        try:
            return self._addressed_of(province, relationships)
        except StoreError:
            return set()

    def _addressed_of(self, province: str, relationships: Collection[UUID]) -> set[UUID]:
        """Those of which the log has sent the province sealed fields."""
        with self._one_at_a_time:
            found = {one for one in relationships if (province, one) in self._addressed}
        unknown = [one for one in relationships if one not in found]
        if unknown:
            asked = self._ask(unknown)
            found |= {one for one in unknown if province in asked[one]}
        with self._one_at_a_time:
            for one in found:
                self._addressed[province, one] = None
                self._addressed.move_to_end((province, one))
            while len(self._addressed) > KEPT:
                self._addressed.popitem(last=False)
        return found
