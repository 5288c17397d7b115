"""Gaps in the log's positions: facts that were recorded and are gone. The runner notes them, readers of cases are told.

Positions are given one after the other under the log's lock, so one that no event has is a loss. The log goes on and so
do the read models; whose fact it was can no longer be told, unless the case board has folded it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, MetaData, Table

from jinbao.language.words import Words
from jinbao.platform.projections.logged import Entry
from jinbao.platform.store.bulk import Upsert
from jinbao.platform.store.columns import key
from jinbao.platform.store.store import StoreError, UnitOfWork

log_gaps = Table("log_gaps", MetaData(), key("first"), Column("last", BigInteger, nullable=False))
"""The gaps that the runner has found and that were not mended when it looked last."""
_GAPS = Upsert(log_gaps, ("first",), {"last": "set"})
_MOST_GAPS = 1_000
_NEWEST_ROWS = 100


class Gap(NamedTuple):
    """Positions without an event, from first to last."""

    first: int
    last: int


class LogGap(StoreError):
    """Facts of the log are lost."""

    def __init__(self, gaps: Sequence[Gap]) -> None:
        super().__init__(*told(gaps))


def told(gaps: Sequence[Gap]) -> Words:
    """Which positions are lost, and what to do."""
    positions = ", ".join(str(g.first) if g.first == g.last else f"{g.first}-{g.last}" for g in gaps)
    return (
        f"事件日志缺少位置 {positions}：所记事实已丢失，读模型未必完整；请停止所有进程，恢复含该位置的数据库备份，"
        "启动后由总线补齐，再运行 jinbao projections rebuild",
        f"the event log lacks position {positions}: the fact there is lost, and read models may lack it; stop every "
        "process and put back a backup of the database that has it, start again, so that it catches up from the bus, "
        "and run jinbao projections rebuild",
    )


def gaps_in(entries: Sequence[Entry], after: int) -> list[Gap]:
    """The gaps between and before events that were read in order from above a position."""
    if not entries or entries[-1].position - after == len(entries):
        return []
    return _between([after, *(entry.position for entry in entries)])


def _between(positions: Iterable[int]) -> list[Gap]:
    known = iter(positions)
    last, found = next(known), []
    for position in known:
        if position != last + 1:
            found.append(Gap(last + 1, position - 1))
        last = position
    return found


def gaps_of(work: UnitOfWork) -> list[Gap]:
    """The gaps of the whole log, found by its length; at its end by what intake and outbox say of it."""
    count, end = work.bulk.execute("SELECT COUNT(*), COALESCE(MAX(position), 0) FROM events").one()
    found: list[Gap] = []
    if count != end:
        rows = work.bulk.execute(
            "SELECT before + 1, position - 1 FROM (SELECT position, LAG(position, 1, 0) OVER (ORDER BY position) "
            "AS before FROM events) numbered WHERE position > before + 1 ORDER BY position LIMIT ?",
            _MOST_GAPS,
        )
        found = [Gap(*row) for row in rows]
    reached = work.bulk.execute(
        "SELECT MAX(reached) FROM (SELECT * FROM (SELECT log_position AS reached FROM intake ORDER BY position DESC "
        "LIMIT 1) last_of_intake UNION ALL SELECT * FROM (SELECT last_position AS reached FROM outbox ORDER BY id DESC "
        f"LIMIT {_NEWEST_ROWS}) last_of_outbox) newest"
    ).scalar()
    return [*found, Gap(end + 1, reached)] if reached is not None and reached > end else found


def known_gaps(work: UnitOfWork) -> list[Gap]:
    """The gaps that the runner has noted."""
    return [Gap(*row) for row in work.bulk.execute("SELECT first, last FROM log_gaps ORDER BY first")]


def note_gaps(work: UnitOfWork, gaps: Iterable[Gap]) -> None:
    """Note gaps that were found, beside those noted already; for writers of read models."""
    work.bulk.upsert(_GAPS, gaps)
