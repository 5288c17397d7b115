"""What banks have booked and nothing explains yet, and the days of which no statement tells."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from jinbao.platform.projections.bank_accounts import COUNTS
from jinbao.platform.projections.bank_findings import decode_about
from jinbao.platform.projections.logged import ENTRY_BITS
from jinbao.platform.store.store import UnitOfWork

_BOOKED = f"FROM bank_entries e WHERE {COUNTS.format('e')}"


class MissingDays(NamedTuple):
    """Working days of which no statement of a province tells."""

    number: int
    first: date


def unread_fen(work: UnitOfWork, position: int) -> int:
    """What was booked after a position of the log, up to which everything is explained; in or out, as a sum in fen."""
    sql = f"SELECT SUM(ABS(e.amount_fen)) {_BOOKED} AND e.number >= ?"
    return int(work.bulk.execute(sql, position + 1 << ENTRY_BITS).scalar() or 0)


class Unexplained(NamedTuple):
    """Booked entries that nothing explains."""

    entries: int
    fen: int
    """In or out, as a sum."""
    since_us: int
    """When the first of them was recorded."""


def unexplained(work: UnitOfWork) -> Unexplained | None:
    """What no match, class or break explains; None: nothing. Reads all entries."""
    sql = (
        f"SELECT e.entry, e.amount_fen, e.number {_BOOKED} AND e.entry_class NOT IN ('own', 'charge', 'interest')"
        " AND NOT EXISTS (SELECT 1 FROM bank_matches m WHERE m.entry = e.entry AND m.rule <> '')"
    )
    left = {bytes(entry): (int(fen), int(number)) for entry, fen, number in work.bulk.execute(sql)}
    if left:
        told = "SELECT about FROM bank_breaks WHERE opened_at > 0 AND (opened_at > resolved_at OR cleared <> ?)"
        for (about,) in work.bulk.execute(told, b""):
            for entry in decode_about(bytes(about)).entries:
                left.pop(entry, None)
    if not left:
        return None
    position = min(number for _, number in left.values()) >> ENTRY_BITS
    since = work.bulk.execute("SELECT recorded_at FROM events WHERE position = ?", position).scalar_one()
    return Unexplained(len(left), sum(abs(fen) for fen, _ in left.values()), int(since))


def missing_statements(work: UnitOfWork) -> dict[str, MissingDays]:
    """Province → the working days of which no statement of it tells, as far as that is an open break."""
    sql = (
        "SELECT a.province, COUNT(*), MIN(b.day) FROM bank_breaks b JOIN bank_accounts a ON a.stream = b.stream "
        "WHERE b.opened_at > b.resolved_at AND b.kind = 'missing_statement' GROUP BY a.province ORDER BY a.province"
    )
    return {of: MissingDays(int(number), date.fromisoformat(day)) for of, number, day in work.bulk.execute(sql)}
