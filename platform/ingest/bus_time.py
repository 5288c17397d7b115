"""The bus's time held against the platform's own: what has jumped stops intake and dates nothing until it is confirmed.

Clocks count from the bus's time, and what they decide is never taken back. So a message is not taken while its time is
more than an hour ahead of the platform's own clock, or more than an hour before what its partition had already; and
nothing is taken, nor said by the sweep, when the platform's clock is more than a year past everything it has recorded.
An operator looks at the clocks, then says by `jinbao platform confirm-time` how the messages that lie on the bus count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from jinbao.bus.interface import Bus, BusRecord, BusUnavailable
from jinbao.platform.store import tree
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.platform.store.tables import time_confirmations
from jinbao.rules.working_days import SHANGHAI
from jinbao.schemas.messages import SUBMISSIONS_TOPIC

AHEAD_US = BACK_US = 3_600_000_000
"""How far the bus's time may lie before the platform's own, and behind what the partition had already [assumed]."""
SILENCE_US = 365 * 86_400_000_000
"""How long nothing may have been recorded before the platform's clock itself is doubted [assumed]."""
_RECENT_ROWS = 10_000
"""Of log and intake each: enough to know the last time of every partition that is in use."""

_READ_AT_ONCE, _POLL_S = 500, 0.5
_LAST_S = int(datetime(9999, 12, 30, tzinfo=SHANGHAI).timestamp())
_COMMAND = "jinbao platform confirm-time"
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(dict[int, int]).decode


class TimeJumped(BusUnavailable):
    """A clock has jumped: nothing is taken until the clocks are right, or somebody confirms."""


class Confirmation(NamedTuple):
    """What an operator said of messages on the bus whose time was in doubt."""

    number: int
    confirmed_at: int
    """By the platform's clock, microseconds since 1970 UTC."""
    operator: str
    reason: str
    received_at: int | None
    """The instant as which they count; None: the bus's time is right."""
    ends: Mapping[int, int]
    """Partition → offset of the first message that it does not cover."""


def confirm(
    work: UnitOfWork, now: int, operator: str, reason: str, received_at: int | None, ends: Mapping[int, int]
) -> Confirmation:
    """Record a confirmation for what lies on the bus before these offsets; for writers that hold the lock.

    `received_at`: the instant as which messages in doubt count; None where the bus's own time is right.
    """
    number = work.next_value("time_confirmations", "number")
    made = Confirmation(number, now, operator, reason, received_at, dict(ends))
    rows = [(*made[:-1], _pack(made.ends))]
    work.bulk.insert(time_confirmations, rows)
    tree.append(work.bulk, {"time_confirmations": rows}, now)
    return made


def confirmations(work: UnitOfWork) -> list[Confirmation]:
    """All of them, newest first."""
    columns = "number, confirmed_at, operator, reason, received_at, ends"
    rows = work.bulk.execute(f"SELECT {columns} FROM time_confirmations ORDER BY number DESC")
    return [Confirmation(r[0], r[1], r[2], r[3], r[4], _unpack(r[5])) for r in rows]


def need_own_time(work: UnitOfWork, now: int) -> int:
    """The latest time that was recorded or confirmed, `now` at least.

    Raises TimeJumped where the platform's clock lies more than a year past it. `now`: microseconds since 1970 UTC.
    """
    confirmed = work.bulk.execute("SELECT MAX(confirmed_at) FROM time_confirmations").scalar() or 0
    known = max(work.last_recorded_at(), confirmed)
    if known and now - known > SILENCE_US and not work.is_simulated():
        since, here = _shown(known), _shown(now)
        raise TimeJumped(
            f"平台时钟为 {here}，距最近一次记录 {since} 一年以上，已停止收文和催办；核对时钟后用 {_COMMAND} 确认",
            f"the platform's clock says {here}, more than a year after its last record, {since}: nothing is taken in "
            f"or said until that clock is right, or {_COMMAND} confirms it",
        )
    return max(known, now)


class TimeSource(Protocol):
    """Where ingest takes the times of messages from, and its own."""

    in_doubt: bool
    """Whether the last records were not taken since a clock has jumped."""

    def forget(self) -> None:
        """Begin anew with what the database knows."""

    def checked(self, records: Sequence[BusRecord], now: int) -> list[BusRecord]:
        """The records with the times as which they count. Raises TimeJumped where a time is in doubt."""

    def recorded_at(self, records: Sequence[BusRecord], now: int) -> int:
        """The time at which these records are written; `now`: the process's clock, microseconds since 1970 UTC."""


class BusTime:
    """The times of the partitions that one ingest process reads, held against its own clock."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.in_doubt = False
        """Whether the last records were not taken since a clock has jumped."""
        self._known = 0
        self._last: dict[int, int] | None = None
        """Partition → its latest time so far; None: to be read."""

    def forget(self) -> None:
        """Begin anew with what the database knows."""
        self._last = None

    def checked(self, records: Sequence[BusRecord], now: int) -> list[BusRecord]:
        """The records with the times as which they count: the bus's, or what was confirmed for those in doubt.

        `now`: the platform's own clock, microseconds since 1970 UTC. Raises TimeJumped for what nobody has confirmed.
        """
        self.in_doubt = True
        last = self._last
        if last is None or now - self._known > SILENCE_US:
            with self._store.read() as work:
                self._known = need_own_time(work, now)
                last = self._last = _last_times(work)
        self._known = max(self._known, now)
        latest = now + AHEAD_US
        said: list[Confirmation] | None = None
        taken = []
        for record in records:
            partition, time = record.partition, record.appended_at
            before = last.get(partition, 0)
            if before - BACK_US <= time <= latest:
                if time > before:
                    last[partition] = time
            else:
                if said is None:
                    with self._store.read() as work:
                        said = confirmations(work)
                record = _as_confirmed(record, said, before, now)
                if record.appended_at == time:
                    last[partition] = time
            taken.append(record)
        self.in_doubt = False
        return taken

    def recorded_at(self, records: Sequence[BusRecord], now: int) -> int:
        """The process's own clock."""
        return now


def in_doubt(bus: Bus, store: Store, now: int, most: int) -> list[BusRecord]:
    """Messages that are not taken in yet and whose time nobody has confirmed, `most` at most.

    `now`: the platform's own clock. Raises BusError and StoreError; TimeJumped where that clock itself is in doubt.
    """
    with store.read() as work:
        need_own_time(work, now)
        offsets = work.next_offsets(SUBMISSIONS_TOPIC)
    times = BusTime(store)
    found: list[BusRecord] = []
    with closing(bus.reader(SUBMISSIONS_TOPIC)) as reader:
        for partition in range(bus.partitions(SUBMISSIONS_TOPIC)):
            reader.seek(partition, offsets.get(partition, 0))
        while len(found) < most and not reader.at_end():
            for record in reader.poll(_READ_AT_ONCE, _POLL_S):
                try:
                    times.checked([record], now)
                except TimeJumped:
                    found.append(record)
    return found[:most]


def _last_times(work: UnitOfWork) -> dict[int, int]:
    """Partition → the latest time of the bus that was taken there; instants that an operator set are not the bus's."""
    newest = "SELECT partition, received_at FROM {} ORDER BY position DESC LIMIT " + str(_RECENT_ROWS)
    recent = " UNION ALL ".join(f"SELECT * FROM ({newest.format(t)}) newest_{t}" for t in ("events", "intake"))
    sql = (
        f"SELECT partition, MAX(received_at) FROM ({recent}) recent WHERE received_at NOT IN "
        "(SELECT received_at FROM time_confirmations WHERE received_at IS NOT NULL) GROUP BY partition"
    )
    return {row[0]: row[1] for row in work.bulk.execute(sql)}


def _as_confirmed(record: BusRecord, said: Iterable[Confirmation], before: int, now: int) -> BusRecord:
    """The record as the newest confirmation that covers it says. Raises TimeJumped where there is none."""
    for confirmation in said:
        if record.offset < confirmation.ends.get(record.partition, 0):
            if confirmation.received_at is None:
                return record
            return msgspec.structs.replace(record, appended_at=confirmation.received_at)
    place, bus = f"{record.partition}/{record.offset}", _shown(record.appended_at)
    if record.appended_at > now:
        zh, en = f"超前平台时钟 {_shown(now)}", f"ahead of the platform's clock, {_shown(now)}"
    else:
        zh, en = f"早于本分区先收的 {_shown(before)}", f"before what the partition had already, {_shown(before)}"
    raise TimeJumped(
        f"总线时间跳变：分区/位移 {place} 为 {bus}，{zh} 一小时以上，已停止收文；核对两处时钟后用 {_COMMAND} 确认",
        f"the bus's time jumped: partition/offset {place} says {bus}, more than an hour {en}; nothing is taken in "
        f"until the clock that is wrong is set right, or {_COMMAND} confirms how it counts",
    )


def _shown(instant_us: int) -> str:
    """Date and time in Shanghai; a broken clock may say what no date can hold."""
    return f"{datetime.fromtimestamp(min(instant_us // 1_000_000, _LAST_S), SHANGHAI):%Y-%m-%d %H:%M}"
