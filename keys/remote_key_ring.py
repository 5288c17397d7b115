"""A key ring that is a service elsewhere: it keeps what it was told for a time, and asks for the rest.

What the service has told is used until its time is over, also while the service is away; what it has not told waits
(KeyServiceWaits).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Generic, TypeVar
from uuid import UUID

from jinbao.keys import service_messages as said
from jinbao.keys.key_ring import (
    KeyMissing,
    KeyServiceWaits,
    KeyWanted,
    MessageName,
    PersonWanted,
    RelationshipKey,
    SealedFields,
    SealWanted,
)
from jinbao.keys.key_service_client import KeyServiceClient
from jinbao.keys.message_seal import seal_message

_REFUSAL_KEPT_S = 30.0
"""So long is a refusal believed: what waits is tried again by itself, each minute."""
_MOST_KEPT = 50_000
"""Relationships, and keys, in memory: about 20 MB each."""
_MOST_IN_A_REQUEST = said.MOST_BYTES // 2
"""Bytes of what is to be sealed: in base64 they are a third more."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_Item = TypeVar("_Item")


class _Kept(Generic[_Key, _Value]):
    """Values that are forgotten a set time after they were told, the oldest first."""

    def __init__(self, keep_s: float, clock: Callable[[], float]) -> None:
        self._keep_s = keep_s
        self._clock = clock
        self._values: OrderedDict[_Key, tuple[float, _Value]] = OrderedDict()

    def get(self, key: _Key) -> _Value | None:
        """What was told of it, unless that is too long ago."""
        found = self._values.get(key)
        if found is None:
            return None
        if found[0] <= self._clock():
            self._values.pop(key, None)
            return None
        return found[1]

    def put(self, key: _Key, value: _Value) -> None:
        """Keep it from now on."""
        self._values[key] = (self._clock() + self._keep_s, value)
        self._values.move_to_end(key)
        if len(self._values) > _MOST_KEPT:
            self._values.popitem(last=False)

    def clear(self) -> None:
        """Forget all."""
        self._values.clear()


class RemoteKeyRing:
    """The key service at an address, as the province whose token it is."""

    def __init__(
        self,
        url: str,
        token_file: Path,
        *,
        certificate_file: Path | None = None,
        expected: str | None = None,
        keep_s: float,
        patience_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`certificate_file`: used instead of the token where it is there; `expected`: the identity of the ring that
        bus or adapter have worked with; `keep_s`: how long ids and keys stay in memory; `patience_s`: so long it asks
        again before it says that the service is away.
        """
        self._service = KeyServiceClient(url, token_file, certificate_file, expected, patience_s, clock)
        self._clock = clock
        self._people: _Kept[tuple[str, str], UUID] = _Kept(keep_s, clock)
        self._keys: _Kept[bytes, RelationshipKey] = _Kept(keep_s, clock)
        self._by_relationship: _Kept[UUID, RelationshipKey] = _Kept(keep_s, clock)
        self._beyond_limit: _Kept[tuple[str, str] | UUID, bool] = _Kept(_REFUSAL_KEPT_S, clock)
        self._sealed: dict[SealWanted, said.SealDone] = {}
        self._missing: _Kept[bytes, KeyMissing] = _Kept(_REFUSAL_KEPT_S, clock)
        self._limit_told_until = float("-inf")

    @property
    def identity(self) -> str:
        """As `KeyRing`; the one that is expected, until the service answers. Raises KeyServiceWaits, KeyRingRefused."""
        return self._service.identity or self._service.ask(said.RING_PATH, None, said.RingNamed).ring

    def relationship_id(self, number: str, scheme: str) -> UUID:
        """As `KeyRing`."""
        if not number or not scheme:
            raise ValueError("a relationship id needs an identity number and a scheme")
        self._look_up([PersonWanted(number, scheme, "")])
        found = self._people.get((number, scheme))
        if found is None:
            raise _beyond_limit()
        return found

    def prepare(
        self,
        people: Iterable[PersonWanted] = (),
        keys: Iterable[KeyWanted] = (),
        seals: Iterable[SealWanted] = (),
    ) -> None:
        """As `KeyRing`; where the service does not answer, whoever asks for one of them hears of it."""
        try:
            self._look_up(people)
            self._open(keys)
            self._seal(seals)
        except KeyServiceWaits:
            pass

    def seal_message(
        self, relationship_id: UUID, name: MessageName, content: bytes, personal: bytes
    ) -> tuple[UUID, SealedFields]:
        """As `KeyRing`: here where we hold the key, else by the service, which puts in the sender itself."""
        key = self._by_relationship.get(relationship_id)
        if key is not None:
            return seal_message(key, name, content, personal)
        wanted = SealWanted(relationship_id, name, content, personal)
        if wanted not in self._sealed:
            self._seal([wanted])
        done = self._sealed.pop(wanted, None)
        if done is None:
            raise _beyond_limit()
        return done.event_id, SealedFields(done.key_id, done.ciphertext)

    def key_by_id(self, key_id: bytes) -> RelationshipKey:
        """As `KeyRing`."""
        self._open([KeyWanted(key_id, "")])
        found = self._keys.get(key_id)
        if found is None:
            raise self._missing.get(key_id) or KeyMissing(key_id, "unknown")
        return found

    def answers(self) -> bool:
        """As `KeyRing`."""
        return self._service.answers()

    @property
    def trouble(self) -> KeyServiceWaits | None:
        """As `KeyRing`."""
        return self._service.no_answer or (_beyond_limit() if self._clock() < self._limit_told_until else None)

    def close(self) -> None:
        """Forget all keys, and ask no more."""
        for kept in (self._people, self._keys, self._by_relationship):
            kept.clear()
        self._service.close()

    def _look_up(self, people: Iterable[PersonWanted]) -> None:
        wanted = {
            (person.number, person.scheme): said.Person(*person)
            for person in people
            if self._people.get(person[:2]) is None and not self._beyond_limit.get(person[:2])
            if person.number and person.scheme
        }
        for some in _parts(wanted.items()):
            request = said.LookUp([person for _, person in some])
            told = self._service.ask(said.RELATIONSHIPS_PATH, request, said.LookedUp).relationships
            for (key, _), relationship in zip(some, told, strict=True):
                if relationship is None:
                    self._refuse(key)
                else:
                    self._people.put(key, relationship)

    def _refuse(self, what: tuple[str, str] | UUID) -> None:
        self._beyond_limit.put(what, True)
        self._limit_told_until = self._clock() + _REFUSAL_KEPT_S * 3

    def _seal(self, seals: Iterable[SealWanted]) -> None:
        """Have sealed what is not sealed here; of an earlier batch nothing is kept."""
        self._sealed.clear()
        wanted = [
            one
            for one in seals
            if self._by_relationship.get(one.relationship_id) is None
            and not self._beyond_limit.get(one.relationship_id)
        ]
        for some in _parts(wanted, lambda one: len(one.content) + len(one.personal)):
            orders = [
                said.SealOrder(one.relationship_id, *_of_name(one.name), one.content, one.personal) for one in some
            ]
            told = self._service.ask(said.SEALS_PATH, said.SealOrders(orders), said.SealsDone).sealed
            for one, done in zip(some, told, strict=True):
                if done is None:
                    self._refuse(one.relationship_id)
                else:
                    self._sealed[one] = done

    def _open(self, keys: Iterable[KeyWanted]) -> None:
        wanted = {
            one.key_id: said.KeyWanted(*one)
            for one in keys
            if self._keys.get(one.key_id) is None and self._missing.get(one.key_id) is None
        }
        for some in _parts(wanted.values()):
            told = self._service.ask(said.OPENINGS_PATH, said.Opening(some), said.Opened).keys
            for one, answer in zip(some, told, strict=True):
                if answer.key is None or answer.relationship is None:
                    self._missing.put(one.key_id, KeyMissing(one.key_id, answer.missing or "unknown"))
                    continue
                key = RelationshipKey(answer.relationship, one.key_id, answer.key)
                self._keys.put(one.key_id, key)
                self._by_relationship.put(key.relationship_id, key)


def _of_name(name: MessageName) -> tuple[str, str, int, UUID]:
    """Without its sender, whom the service knows by the token."""
    return name.kind, name.key, name.attempt, name.transfer


def _parts(items: Iterable[_Item], size_of: Callable[[_Item], int] = lambda _: 0) -> Iterator[list[_Item]]:
    """As many as one request takes."""
    part: list[_Item] = []
    size = 0
    for item in items:
        if part and (len(part) == said.MOST_ITEMS or size + size_of(item) > _MOST_IN_A_REQUEST):
            yield part
            part, size = [], 0
        part.append(item)
        size += size_of(item)
    if part:
        yield part


def _beyond_limit() -> KeyServiceWaits:
    return KeyServiceWaits(
        "密钥服务：本省今天的新查询已达上限，明天继续；如属正常业务，请密钥服务的运行维护员提高上限",
        "key service: this province's new look-ups of today are used up, it goes on tomorrow; if that is its ordinary "
        "work, let the service's operator raise the limit",
    )
