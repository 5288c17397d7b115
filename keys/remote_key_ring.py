"""A key ring that is a service elsewhere: a `KeyRing` that asks it by HTTPS, and keeps what it was told for a time.

What the service has told is used until its time is over, also while the service is away; what it has not told waits
(KeyServiceWaits). After a failure nobody asks for `REST_S`, so that a service that is away slows one case and not each.
"""

from __future__ import annotations

import ssl
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Generic, TypeVar
from uuid import UUID

import httpx
import msgspec

from jinbao.keys import service_messages as said
from jinbao.keys.key_ring import (
    KeyMissing,
    KeyRingRefused,
    KeyServiceWaits,
    KeyWanted,
    MessageName,
    PersonWanted,
    RelationshipKey,
    SealedFields,
)
from jinbao.keys.master_key import read_private
from jinbao.keys.message_seal import seal_message
from jinbao.language.system_errors import system_reason
from jinbao.language.words import Words

REST_S = 2.0
_TIMEOUT = httpx.Timeout(30.0, connect=3.0)
_REFUSAL_KEPT_S = 30.0
"""So long is a refusal believed: what waits is tried again by itself, each minute."""
_PAUSE_S = 0.1
_MOST_KEPT = 50_000
"""Relationships, and keys, in memory: about 20 MB each."""
_MOST_OF_A_TOKEN = 200

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_Answer = TypeVar("_Answer", said.LookedUp, said.SealsDone, said.Opened, said.RingNamed)
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
        expected: str | None = None,
        keep_s: float,
        patience_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`expected`: the identity of the ring that bus or adapter have worked with; `keep_s`: how long ids and keys
        stay in memory; `patience_s`: so long it asks again before it says that the service is away.
        """
        self._url = url
        self._token_file = token_file
        self._identity = expected
        self._patience_s = patience_s
        self._clock = clock
        self._people: _Kept[tuple[str, str], UUID] = _Kept(keep_s, clock)
        self._keys: _Kept[bytes, RelationshipKey] = _Kept(keep_s, clock)
        self._by_relationship: _Kept[UUID, RelationshipKey] = _Kept(keep_s, clock)
        self._beyond_limit: _Kept[tuple[str, str] | UUID, bool] = _Kept(_REFUSAL_KEPT_S, clock)
        self._missing: _Kept[bytes, KeyMissing] = _Kept(_REFUSAL_KEPT_S, clock)
        self._rests_until = float("-inf")
        self._no_answer: KeyServiceWaits | None = None
        """Why the service did not answer when it was last asked."""
        self._limit_told_until = float("-inf")
        self._http = httpx.Client(
            base_url=url,
            verify=ssl.create_default_context() if url.startswith("https:") else False,  # which takes 0.2 s
            follow_redirects=False,
            trust_env=False,  # no proxy and no .netrc of the environment sees token and numbers
            timeout=_TIMEOUT,
        )

    @property
    def identity(self) -> str:
        """As `KeyRing`; the one that is expected, until the service answers. Raises KeyServiceWaits, KeyRingRefused."""
        if self._identity is None:
            self._identity = self._ask(said.RING_PATH, None, said.RingNamed).ring
        return self._identity

    def relationship_id(self, number: str, scheme: str) -> UUID:
        """As `KeyRing`."""
        if not number or not scheme:
            raise ValueError("a relationship id needs an identity number and a scheme")
        self._look_up([PersonWanted(number, scheme, "")])
        found = self._people.get((number, scheme))
        if found is None:
            raise _beyond_limit()
        return found

    def prepare(self, people: Iterable[PersonWanted] = (), keys: Iterable[KeyWanted] = ()) -> None:
        """As `KeyRing`; where the service does not answer, whoever asks for one of them hears of it."""
        try:
            self._look_up(people)
            self._open(keys)
        except KeyServiceWaits:
            pass

    def seal_message(
        self, relationship_id: UUID, name: MessageName, content: bytes, personal: bytes
    ) -> tuple[UUID, SealedFields]:
        """As `KeyRing`: here where we hold the key, else by the service, which puts in the sender itself."""
        key = self._by_relationship.get(relationship_id)
        if key is not None:
            return seal_message(key, name, content, personal)
        if self._beyond_limit.get(relationship_id):
            raise _beyond_limit()
        order = said.SealOrder(relationship_id, name.kind, name.key, name.attempt, name.transfer, content, personal)
        (done,) = self._ask(said.SEALS_PATH, said.SealOrders([order]), said.SealsDone).sealed
        if done is None:
            self._refuse(relationship_id)
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
        if self._no_answer is not None:
            try:
                self._ask(said.RING_PATH, None, said.RingNamed)
            except KeyServiceWaits:
                return False
        return True

    @property
    def trouble(self) -> KeyServiceWaits | None:
        """As `KeyRing`."""
        return self._no_answer or (_beyond_limit() if self._clock() < self._limit_told_until else None)

    def close(self) -> None:
        """Forget all keys, and ask no more."""
        for kept in (self._people, self._keys, self._by_relationship):
            kept.clear()
        self._http.close()

    def _look_up(self, people: Iterable[PersonWanted]) -> None:
        wanted = {
            (person.number, person.scheme): said.Person(*person)
            for person in people
            if self._people.get(person[:2]) is None and not self._beyond_limit.get(person[:2])
            if person.number and person.scheme
        }
        for some in _parts(list(wanted.items())):
            request = said.LookUp([person for _, person in some])
            told = self._ask(said.RELATIONSHIPS_PATH, request, said.LookedUp).relationships
            for (key, _), relationship in zip(some, told, strict=True):
                if relationship is None:
                    self._refuse(key)
                else:
                    self._people.put(key, relationship)

    def _refuse(self, what: tuple[str, str] | UUID) -> None:
        self._beyond_limit.put(what, True)
        self._limit_told_until = self._clock() + _REFUSAL_KEPT_S * 3

    def _open(self, keys: Iterable[KeyWanted]) -> None:
        wanted = {
            one.key_id: said.KeyWanted(*one)
            for one in keys
            if self._keys.get(one.key_id) is None and self._missing.get(one.key_id) is None
        }
        for some in _parts(list(wanted.values())):
            told = self._ask(said.OPENINGS_PATH, said.Opening(some), said.Opened).keys
            for one, answer in zip(some, told, strict=True):
                if answer.key is None or answer.relationship is None:
                    self._missing.put(one.key_id, KeyMissing(one.key_id, answer.missing or "unknown"))
                    continue
                key = RelationshipKey(answer.relationship, one.key_id, answer.key)
                self._keys.put(one.key_id, key)
                self._by_relationship.put(key.relationship_id, key)

    def _ask(self, path: str, request: msgspec.Struct | None, kind: type[_Answer]) -> _Answer:
        """The service's answer. Raises KeyServiceWaits, and KeyRingRefused where it is another ring's service."""
        deadline = self._clock() + self._patience_s
        while True:
            try:
                answer = self._answer(path, request, kind)
                break
            except KeyServiceWaits as error:
                self._no_answer = error
                if self._clock() >= deadline:
                    raise
            time.sleep(_PAUSE_S)
        self._no_answer = None
        if self._identity not in (None, answer.ring):
            raise KeyRingRefused(
                f"密钥服务 {self._url} 不是这条总线及其适配器一直使用的钥匙串，用它会让人换成另一个关系；请另选地址",
                f"the key service {self._url} is not the key ring that this bus and its adapters have worked with: its "
                "persons would have other relationships; name another address",
            )
        return answer

    def _answer(self, path: str, request: msgspec.Struct | None, kind: type[_Answer]) -> _Answer:
        if self._clock() < self._rests_until and not self._patience_s:
            raise self._no_answer or self._away(("没有应答", "no answer"))
        try:
            headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
            body = b"" if request is None else msgspec.json.encode(request)
            response = self._http.request("GET" if request is None else "POST", path, content=body, headers=headers)
            if response.status_code == 200:
                return msgspec.json.decode(response.content, type=kind)
            not_done = msgspec.json.decode(response.content, type=said.NotDone)
        except httpx.HTTPError as error:
            raise self._away((f"没有应答：{error}", f"no answer: {error}")) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._away(("应答读不懂，请检查地址", "its answer is unreadable: check the address")) from None
        raise self._away((not_done.zh, not_done.en))

    def _token(self) -> str:
        try:
            token = read_private(self._token_file).strip()
        except OSError as error:
            raise self._away(
                (
                    f"令牌 {self._token_file} 读不到：{system_reason(error)[0]}；请把密钥服务的令牌写入此文件",
                    f"no token in {self._token_file}: {error.strerror}; put the key service's token there",
                )
            ) from None
        except KeyRingRefused as error:
            raise self._away(error.words) from None
        if not token.isascii() or not token.isprintable() or not 0 < len(token) <= _MOST_OF_A_TOKEN:
            raise self._away((f"{self._token_file} 不是令牌", f"{self._token_file} holds no token"))
        return token

    def _away(self, why: Words) -> KeyServiceWaits:
        self._rests_until = self._clock() + REST_S
        return KeyServiceWaits(f"密钥服务 {self._url}：{why[0]}", f"key service {self._url}: {why[1]}")


def _parts(items: Sequence[_Item]) -> Iterator[list[_Item]]:
    for start in range(0, len(items), said.MOST_ITEMS):
        yield list(items[start : start + said.MOST_ITEMS])


def _beyond_limit() -> KeyServiceWaits:
    return KeyServiceWaits(
        "密钥服务：本省今天的新查询已达上限，明天继续；如属正常业务，请密钥服务的运行维护员提高上限",
        "key service: this province's new look-ups of today are used up, it goes on tomorrow; if that is its ordinary "
        "work, let the service's operator raise the limit",
    )
