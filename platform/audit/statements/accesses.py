"""Accesses: who opened which person's data, when, why and for which case; entries of the log, in batches.

Whom is a transfer or a relationship, never a number. A batch is what one place recorded: a page's process, a
command, a province's application or the key service, each in the order of its own counter, so that a gap shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set as AbstractSet
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from jinbao.language.words import BilingualError
from jinbao.platform.audit.statements.statements import append
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.schemas.accesses import MOST_TOGETHER, Access, place_of, without_numbers

KIND = "accesses "
"""Of the statements, with the place behind it: so the last of a place is found without reading what others told."""


class Batch(msgspec.Struct, frozen=True):
    """Accesses of one place, in order."""

    place: str
    """`41/…` the log of a province's application, `keys/…` that of a key ring, `platform` what runs beside it."""
    accesses: list[Access]


MOST_BYTES = 36_000
"""Of the accesses of a statement: with what JSON escapes it stays below what an entry may have."""
PLATFORM = "platform"
"""The place of what runs beside the platform."""
_encode = msgspec.json.Encoder().encode
_LAST = "SELECT body FROM tree_statements WHERE kind = ? ORDER BY number DESC LIMIT 1"
_ALL = "SELECT recorded_at, body FROM tree_statements WHERE kind >= ? AND kind < ? ORDER BY number"

_NEWEST = (
    "SELECT number, recorded_at, body FROM tree_statements WHERE kind >= ? AND kind < ? AND number < ? "
    "ORDER BY number DESC"
)


class TooLong(BilingualError):
    """An access that no entry can hold."""


def last_number(bulk: Bulk, place: str) -> int:
    """The number of the last access that a place has told; 0 where it has told none."""
    found = bulk.execute(_LAST, KIND + place).scalar()
    return 0 if found is None else msgspec.json.decode(found, type=Batch).accesses[-1].number


def take(work: UnitOfWork, place: str, accesses: Iterable[Access], now_us: int) -> int:
    """Make entries of what a place has recorded; those that it has told before are passed over.

    While the log's lock is held. Returns the number of the last that is in the log. Raises TooLong for one of them.
    """
    last, size, some = last_number(work.bulk, place), 0, list[Access]()
    for recorded in accesses:
        if recorded.number <= last:
            continue
        access = replace(recorded, reason=without_numbers(recorded.reason), case=without_numbers(recorded.case))
        bytes_ = len(_encode(_encode(access).decode()))
        if bytes_ > MOST_BYTES:
            raise TooLong(
                f"第 {access.number} 条查阅记录过长：关系号至多 {MOST_TOGETHER} 个",
                f"access {access.number} is too long: at most {MOST_TOGETHER} relationships",
            )
        if some and size + bytes_ > MOST_BYTES:
            append(work, KIND + place, Batch(place, some), now_us)
            some, size = [], 0
        some.append(access)
        size, last = size + bytes_, access.number
    if some:
        append(work, KIND + place, Batch(place, some), now_us)
    return last


def record(store: Store, accesses: Sequence[Access], now_us: int) -> None:
    """Make entries of what is about to be opened beside the platform; numbers are given here.

    Whoever opens something calls this first, and opens nothing where it raises StoreError.
    """
    with store.write() as work:
        first = last_number(work.bulk, PLATFORM) + 1
        take(work, PLATFORM, (replace(one, number=first + i) for i, one in enumerate(accesses)), now_us)


class Listed(NamedTuple):
    """An access as it stands in the log."""

    place: str
    recorded_at: int
    """When the log recorded it, microseconds since 1970 UTC."""
    access: Access


def listed(
    bulk: Bulk,
    *,
    user: str | None = None,
    about: AbstractSet[str] = frozenset(),
    since_us: int | None = None,
    until_us: int | None = None,
) -> Iterator[Listed]:
    """Accesses in the order of the log: of a user, about transfers, relationships or cases, between two instants.

    Raises msgspec.DecodeError for a statement that was altered, which `verify` tells.
    """
    for recorded_at, batch in _batches(bulk):
        for access in batch.accesses:
            if (
                user in (None, access.user)
                and (not about or not about.isdisjoint((access.transfer, access.case, *access.relationships)))
                and (since_us is None or access.at >= since_us)
                and (until_us is None or access.at < until_us)
            ):
                yield Listed(batch.place, recorded_at, access)


def newest(
    bulk: Bulk, least: int, before: int, *, user: str | None, about: AbstractSet[str], province: str | None
) -> tuple[list[Listed], int | None]:
    """Accesses of the newest statements before a number, the newest first, and where the page behind them begins.

    So many at least, since a statement's are not parted; fewer on the last page, behind which is None. `province`:
    whose data alone. Raises msgspec.DecodeError as `listed`.
    """
    found: list[Listed] = []
    read = msgspec.json.Decoder(Batch).decode
    for number, recorded_at, text in bulk.stream(_NEWEST, KIND, f"{KIND}~", before):
        batch = read(text)
        found += [
            Listed(batch.place, recorded_at, access)
            for access in reversed(batch.accesses)
            if user in (None, access.user)
            and province in (None, access.province)
            and (not about or not about.isdisjoint((access.transfer, access.case, *access.relationships)))
        ]
        if len(found) >= least:
            return found, number
    return found, None


def gaps(bulk: Bulk, province: str | None = None) -> dict[str, list[int]]:
    """Place → numbers before which accesses are missing that the place had recorded: somebody has kept them back.

    `province`: of its own applications alone.
    """
    last: dict[str, int] = {}
    found: dict[str, list[int]] = {}
    for _, batch in _batches(bulk, "" if province is None else place_of(province, "")):
        for access in batch.accesses:
            if access.number - access.rows != last.get(batch.place, 0):
                found.setdefault(batch.place, []).append(access.number)
            last[batch.place] = access.number
    return found


def _batches(bulk: Bulk, places: str = "") -> Iterator[tuple[int, Batch]]:
    """In the order of the log; `places`: how their names begin."""
    read = msgspec.json.Decoder(Batch).decode
    for recorded_at, text in bulk.stream(_ALL, f"{KIND}{places}", f"{KIND}{places}~"):
        yield recorded_at, read(text)
