"""Reading side: work lists, a case and its history, ledger, flows, counts. Nothing here decides or writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from jinbao.platform.aggregates.fact import Fact, RelationshipFact
from jinbao.platform.aggregates.pension_relationship import CaseEvent
from jinbao.platform.ingest.case_cache import Outcome
from jinbao.platform.projections.logged import case_number, case_parts, clock_number
from jinbao.platform.projections.positions import Positions
from jinbao.platform.store.mapper import decode_fact, stored_topics
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import WorkingDays

_ABOUT_NO_CASE = tuple(kind.TOPIC for kind in RelationshipFact.__subclasses__())
"""Facts about the relationship itself, which have no row on the board."""
LIST_LIMIT = 1_000


class BoardRow(NamedTuple):
    """One transfer as the case board shows it."""

    case_id: int
    transfer_id: UUID
    origin: str
    destination: str
    application: str
    kind: str
    """`application`, `supplement`, `reversal`, `temporary_move`, `temporary_collection` or `unassigned`."""
    state: str
    waiting_for: str
    waiting_since: int
    """Microseconds since 1970 UTC."""
    due: str
    """ISO day, or empty where no clock runs."""
    provisional: bool
    letter_version: int | None
    sheet_version: int | None
    sheet_total: int | None
    """Fen."""
    reason: str | None
    """Why the application was refused or the latest letter returned."""
    opened_at: int
    changed_at: int
    late_reports: int


class ClockRow(NamedTuple):
    """One clock of a transfer."""

    clock: str
    run: int
    responsible: str
    limit_working_days: int
    procedure: str
    procedure_version: int
    calendar: str
    started_at: int
    due: str
    provisional: bool
    warned_at: int | None
    missed_at: int | None
    ended_at: int | None
    outcome: str | None


class Step(NamedTuple):
    """One fact in a case's timeline."""

    position: int
    fact: Fact
    sender: str
    submission: UUID
    received_at: int
    recorded_at: int
    relationship: UUID
    """Under which it was recorded: an identity may be corrected on the way."""


class LedgerRow(NamedTuple):
    """What stands on one account of one province, in fen."""

    province: str
    account: str
    personal: int
    pooling: int
    unallocated: int

    @property
    def total(self) -> int:
        """All three parts."""
        return self.personal + self.pooling + self.unallocated


class FlowRow(NamedTuple):
    """Transfers of one month from one province to another."""

    month: str
    origin: str
    destination: str
    applied: int
    completed: int
    refused: int
    returned: int
    withdrawn: int
    amount: int
    """Fen completed."""


class RecentRow(NamedTuple):
    """One event as the latest news tell it."""

    position: int
    received_at: int
    origin: str
    destination: str
    fact: Fact


class Money(NamedTuple):
    """Where the nation's money stands, in fen: out = in_transit + in_ + returned + suspense + settlement."""

    out: int
    in_transit: int
    in_: int
    returned: int
    suspense: int
    settlement: int
    """On the accounts between two provinces; not 0 only while a settlement's payment is on its way."""
    sum: int
    """Sum of all ledger entries: always 0."""


_BOARD = (
    "SELECT case_id, transfer_id, origin, destination, application, kind, state, waiting_for, waiting_since, due, "
    "provisional, letter_version, sheet_version, sheet_total, NULLIF(reason, ''), opened_at, changed_at, late_reports "
    "FROM case_board "
)


def _board_row(row: Sequence[object]) -> BoardRow:
    case_id, transfer_id, *rest = row
    return BoardRow(case_id, UUID(bytes=transfer_id), *rest)  # type: ignore[arg-type]


def case_list(
    work: UnitOfWork, *, province: str | None = None, waiting: bool = False, limit: int = LIST_LIMIT
) -> list[BoardRow]:
    """Transfers on the board: a province's, or with `waiting` only those that wait for it.

    What waits comes first, soonest due on top; then what has ended, the last change on top.
    """
    conditions, values = [], []
    if waiting:
        conditions.append("waiting_for <> ''")
        if province is not None:
            conditions.append("waiting_for = ?")
            values.append(province)
    elif province is not None:
        conditions.append("(origin = ? OR destination = ?)")
        values += [province, province]
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    sql = (
        f"{_BOARD}{where}ORDER BY CASE WHEN waiting_for = '' THEN 'ended' WHEN due = '' THEN '9' ELSE due END, "
        "CASE waiting_for WHEN '' THEN -changed_at ELSE 0 END, case_id LIMIT ?"
    )
    return [_board_row(r) for r in work.bulk.connection.exec_driver_sql(sql, (*values, limit))]


def case_of(work: UnitOfWork, transfer_id: UUID) -> BoardRow | None:
    """The board's row of one transfer; where an identity was corrected, the one under which it goes on."""
    live_first = "ORDER BY CASE state WHEN 'moved' THEN 2 WHEN 'moving' THEN 1 ELSE 0 END, case_id"
    sql = f"{_BOARD}WHERE transfer_id = ? {live_first}"
    row = work.bulk.connection.exec_driver_sql(sql, (transfer_id.bytes,)).first()
    return None if row is None else _board_row(row)


def transfers_like(work: UnitOfWork, prefix: str, limit: int = 2) -> list[UUID]:
    """Transfers whose id begins with the given hexadecimal digits, or whose application has the given number."""
    digits = prefix.replace("-", "").lower()
    if digits and len(digits) <= 32 and all(c in "0123456789abcdef" for c in digits):
        low, high = bytes.fromhex(digits.ljust(32, "0")), bytes.fromhex(digits.ljust(32, "f"))
        sql = (
            "SELECT DISTINCT transfer_id FROM case_board WHERE transfer_id BETWEEN ? AND ? ORDER BY transfer_id LIMIT ?"
        )
        found = work.bulk.connection.exec_driver_sql(sql, (low, high, limit)).fetchall()
        if found:
            return [UUID(bytes=r[0]) for r in found]
    sql = "SELECT transfer_id FROM case_board WHERE application = ? GROUP BY transfer_id ORDER BY MIN(case_id) LIMIT ?"
    return [UUID(bytes=r[0]) for r in work.bulk.connection.exec_driver_sql(sql, (prefix, limit))]


def clocks_of(work: UnitOfWork, case_id: int) -> list[ClockRow]:
    """All clocks of a transfer, in the order they started."""
    sql = (
        "SELECT clock, run, responsible, limit_working_days, procedure, procedure_version, calendar, started_at, due, "
        "provisional, warned_at, missed_at, ended_at, outcome FROM clocks "
        "WHERE clock_id BETWEEN ? AND ? ORDER BY clock_id"
    )
    span = (clock_number(case_id, 0), clock_number(case_id + 1, 0) - 1)
    return [ClockRow(*r) for r in work.bulk.connection.exec_driver_sql(sql, span)]


def timeline(work: UnitOfWork, case_id: int) -> list[Step]:
    """Everything that was recorded of a transfer under one relationship, folded from its stream on reading."""
    stream, transfer = case_parts(case_id)
    relationship = work.events.relationship_of(stream)
    return [
        Step(e.position, e.fact, e.sender, UUID(bytes=e.submission), e.received_at, e.recorded_at, relationship)
        for e in work.history.get(relationship)
        if isinstance(e, CaseEvent) and e.fact.transfer == transfer
    ]


def first_missing_version(work: UnitOfWork, case_id: int) -> int | None:
    """The first version that the stream of a transfer lacks; None for a whole one.

    Platform: messages of such a case are dead letters `CASE_DAMAGED` until it is restored.
    """
    stream, _ = case_parts(case_id)
    versions = work.bulk.execute("SELECT version FROM events WHERE stream = ? ORDER BY version", stream).scalars()
    next_version = 1
    for version in versions:
        if version != next_version:
            return next_version
        next_version += 1
    return None


def ledger(work: UnitOfWork, province: str | None = None) -> list[LedgerRow]:
    """Balances by province and account."""
    sql = (
        "SELECT province, account, personal, pooling, unallocated FROM ledger_balances "
        f"{'WHERE province = ? ' if province else ''}ORDER BY province, account"
    )
    return [LedgerRow(*r) for r in work.bulk.connection.exec_driver_sql(sql, (province,) if province else ())]


def money(work: UnitOfWork) -> Money:
    """Where the nation's money stands; `sum` is taken from the entries themselves."""
    totals: dict[str, int] = {}
    for row in ledger(work):
        totals[row.account] = totals.get(row.account, 0) + row.total
    sql = "SELECT COALESCE(SUM(personal + pooling + unallocated), 0) FROM ledger_entries"
    return Money(
        out=-totals.get("origin_fund", 0),
        in_transit=totals.get("in_transit", 0),
        in_=totals.get("destination_fund", 0) + totals.get("refunded", 0),
        returned=totals.get("returned", 0),
        suspense=totals.get("suspense", 0),
        settlement=totals.get("settlement_owed", 0) + totals.get("settlement_due", 0),
        sum=work.bulk.connection.exec_driver_sql(sql).scalar_one(),
    )


def flows(work: UnitOfWork, month: str | None = None) -> list[FlowRow]:
    """Flows by month, origin and destination; of one month (YYYY-MM) where it is given."""
    sql = (
        "SELECT month, origin, destination, applied, completed, refused, returned, withdrawn, amount "
        f"FROM flows {'WHERE month = ? ' if month else ''}ORDER BY month, origin, destination"
    )
    return [FlowRow(*r) for r in work.bulk.connection.exec_driver_sql(sql, (month,) if month else ())]


def last_heard(work: UnitOfWork) -> dict[str, int]:
    """Sender → when the bus took its newest message, microseconds since 1970 UTC; without those never heard of."""
    rows = work.bulk.execute("SELECT sender, MAX(received_at) FROM last_heard GROUP BY sender ORDER BY sender")
    return {sender: int(received_at) for sender, received_at in rows}


def ingest_counts(work: UnitOfWork) -> dict[str, int]:
    """Number of bus messages by present outcome, a fold of log and intake; the five add up to `received`."""
    rows = work.bulk.execute("SELECT outcome, COUNT(*) FROM intake GROUP BY outcome")
    counts = Counter({row[0]: row[1] for row in rows})
    counts[Outcome.ACCEPTED] += number_of_events(work)
    counts[Outcome.PARKED] = work.bulk.execute("SELECT COUNT(*) FROM parked").scalar_one()
    present = {outcome.name.lower(): counts[outcome] for outcome in Outcome if outcome is not Outcome.FORWARDED}
    return {"received": sum(present.values()), **present}


def deadline_counts(work: UnitOfWork) -> dict[str, int]:
    """Ended clocks that were met and missed; running and cancelled ones are in neither."""
    sql = "SELECT outcome, COUNT(*) FROM clocks WHERE outcome IN ('met', 'missed') GROUP BY outcome"
    found = {r[0]: r[1] for r in work.bulk.connection.exec_driver_sql(sql)}
    return {"met": found.get("met", 0), "missed": found.get("missed", 0)}


def state_counts(work: UnitOfWork) -> dict[str, int]:
    """Number of transfers by state."""
    sql = "SELECT state, COUNT(*) FROM case_board GROUP BY state ORDER BY state"
    return {r[0]: r[1] for r in work.bulk.connection.exec_driver_sql(sql)}


def transfers_without_application(work: UnitOfWork) -> int:
    """Number of transfers that no application began, and of cases that went on under another number."""
    sql = "SELECT COUNT(*) FROM case_board WHERE kind <> 'application' OR state = 'moved'"
    found: int = work.bulk.connection.exec_driver_sql(sql).scalar_one()
    return found


def running_clocks(work: UnitOfWork, today: date, days: WorkingDays) -> dict[str, int]:
    """Running clocks: in all, due soon, and past due on `today`."""
    sql = (
        "SELECT COUNT(*), COUNT(*) FILTER (WHERE due >= ? AND due <= ?), COUNT(*) FILTER (WHERE due < ?) FROM clocks "
        "WHERE ended_at IS NULL"
    )
    first, soon = today.isoformat(), days.due_soon_until(today).isoformat()
    row = work.bulk.connection.exec_driver_sql(sql, (first, soon, first)).one()
    return {"running": row[0], "due_soon": row[1], "overdue": row[2]}


def recent(work: UnitOfWork, limit: int, *, without: Sequence[type[Fact]] = ()) -> list[RecentRow]:
    """The newest events of cases on the board, newest first; `without` are facts that are passed over."""
    passed_over = (*_ABOUT_NO_CASE, *(topic for kind in without for topic in stored_topics(kind)))
    followed = Positions(work).max_tracking_id("case_board") or 0
    skipped = f"WHERE position <= ? AND topic NOT IN ({', '.join('?' * len(passed_over))}) "
    sql = f"SELECT position, stream, topic, state, received_at FROM events {skipped}ORDER BY position DESC LIMIT ?"
    found = []
    for position, stream, topic, state, received_at in work.bulk.execute(sql, followed, *passed_over, limit):
        fact = decode_fact(topic, state)
        parties = "SELECT origin, destination FROM case_board WHERE case_id = ?"
        case = work.bulk.connection.exec_driver_sql(parties, (case_number(stream, fact.transfer),)).one()
        found.append(RecentRow(position, received_at, case[0], case[1], fact))
    return found


def number_of_events(work: UnitOfWork) -> int:
    """Length of the log."""
    return work.events.max_notification_id() or 0


def all_streams(work: UnitOfWork) -> Iterator[tuple[UUID, int, Fact]]:
    """(relationship id, version, fact) of every event, streams sorted by id: the order of the nation's digest."""
    sql = (
        "SELECT s.relationship_id, e.version, e.topic, e.state FROM streams s JOIN events e ON e.stream = s.stream "
        "ORDER BY s.relationship_id, e.version"
    )
    for relationship_id, version, topic, state in work.bulk.stream(sql):
        yield UUID(bytes=relationship_id), version, decode_fact(topic, state)


def case_cash(work: UnitOfWork, province: str) -> dict[tuple[UUID, str, int], int]:
    """What the ledger says one province's bank accounts gained: (transfer, reference, line) → fen."""
    sql = (
        "SELECT b.transfer_id, l.reference, l.line, SUM(l.personal + l.pooling + l.unallocated) FROM ledger_entries l "
        "JOIN case_board b ON b.case_id = l.case_id "
        "WHERE l.province = ? AND l.account NOT IN ('in_transit', 'refunded') "
        "GROUP BY b.transfer_id, l.reference, l.line"
    )
    rows = work.bulk.connection.exec_driver_sql(sql, (province,))
    return {(UUID(bytes=r[0]), r[1], r[2]): r[3] for r in rows}


def payments_in_several_cases(work: UnitOfWork) -> set[tuple[str, int]]:
    """(reference, line) of payments that moved money in more than one transfer, in whatever province."""
    sql = (
        "SELECT reference, line FROM (SELECT b.transfer_id, l.reference, l.line FROM ledger_entries l "
        "JOIN case_board b ON b.case_id = l.case_id WHERE l.account <> 'in_transit' "
        "GROUP BY b.transfer_id, l.province, l.reference, l.line "
        "HAVING SUM(l.personal + l.pooling + l.unallocated) <> 0) moved "
        "GROUP BY reference, line HAVING COUNT(DISTINCT transfer_id) > 1"
    )
    return {(r[0], r[1]) for r in work.bulk.connection.exec_driver_sql(sql)}
