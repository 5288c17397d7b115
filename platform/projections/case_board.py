"""The case board: one row a transfer, what waits for which agency, since when and due when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, Table, text

from jinbao.platform.aggregates.fact import Consequences, Fact
from jinbao.platform.aggregates.state import FINAL, State
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.aggregates.subjects.annulment import FactAnnulled
from jinbao.platform.aggregates.subjects.application import ApplicationAccepted, ApplicationRefused
from jinbao.platform.aggregates.subjects.contact_letter import ContactLetterIssued
from jinbao.platform.aggregates.subjects.identity_correction import CaseContinued
from jinbao.platform.aggregates.subjects.information_sheet import InformationSheetSent
from jinbao.platform.aggregates.subjects.origin_review import TransferReturned
from jinbao.platform.aggregates.subjects.receipt import (
    ContactLetterDeemedReceived,
    ContactLetterReceived,
    InformationSheetDeemedReceived,
    InformationSheetReceived,
)
from jinbao.platform.aggregates.subjects.suspension import TransferFrozen
from jinbao.platform.aggregates.subjects.transfer_offer import TransferOffered
from jinbao.platform.aggregates.subjects.unassigned_funds import UnassignedFundsReceived
from jinbao.platform.limits import LIST_LIMIT
from jinbao.platform.projections.board_counts import COUNTED
from jinbao.platform.projections.logged import Logged, case_number
from jinbao.platform.projections.positions import Positions
from jinbao.platform.projections.projection import Part, Projection, read_models
from jinbao.platform.store.bulk import Patches
from jinbao.platform.store.columns import key, text_column
from jinbao.platform.store.event_log import decode_fact, stored_topics
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import PLATFORM

_PLACE = (
    "CASE WHEN waiting_for = '' THEN 'e' || CAST(9999999999999999 - changed_at AS TEXT) "
    "WHEN due = '' THEN '9' ELSE due END"
)
"""A transfer's place in every list: those that wait first, by due day, then the ended ones, the last change on top."""
_IN_PLACE = f"{_PLACE}, case_id"
APPLICATION_INDEXED = 60
"""Characters of an application number by which it is found; an index takes no longer ones."""
_application = f"substr(application, 1, {APPLICATION_INDEXED})"
_somebody = text("waiting_for <> ''")
_unreceipted = text("awaiting <> ''")
case_board = Table(
    "case_board",
    read_models,
    key("case_id"),
    Column("transfer_id", LargeBinary(16), index=True),
    Column("origin", text_column(2)),
    Column("destination", text_column(2)),
    Column("application", text_column(2000)),
    Column("kind", text_column(24)),
    Column("state", text_column(24)),
    Column("waiting_for", text_column(2)),
    Column("waiting_since", BigInteger),
    Column("due", text_column(10)),
    Column("provisional", SmallInteger),
    Column("letter_version", Integer),
    Column("sheet_version", Integer),
    Column("sheet_total", BigInteger),
    Column("reason", text_column(40)),
    Column("awaiting", text_column(8)),
    Column("awaiting_position", BigInteger),
    Column("opened_at", BigInteger),
    Column("changed_at", BigInteger),
    Column("late_reports", Integer),
    Column("position", BigInteger),
    Index("case_board_origin", "origin", text(f"({_PLACE})"), "case_id"),
    Index("case_board_destination", "destination", text(f"({_PLACE})"), "case_id"),
    Index("case_board_state", "state", text(f"({_PLACE})"), "case_id"),
    Index(
        "case_board_waiting",
        "waiting_for",
        text(f"({_PLACE})"),
        "case_id",
        sqlite_where=_somebody,
        postgresql_where=_somebody,
    ),
    Index("case_board_flow", "origin", "destination", "opened_at", "case_id"),
    Index("case_board_application", text(f"({_application})")),
    Index("case_board_unreceipted", "awaiting_position", sqlite_where=_unreceipted, postgresql_where=_unreceipted),
)

BOARD = Patches(case_board, "case_id", add=frozenset({"late_reports"}))

_WHOLE_LOG = 2**31 - 1
_due = attrgetter("due")


def fold(log: Iterable[Logged]) -> dict[int, dict[str, Any]]:
    """What the events change on the board: case → column → value."""
    board: dict[int, dict[str, Any]] = {}
    for entry in log:
        fact, then = entry.fact, entry.fact.then
        if fact.transfer == 0:
            continue
        row = board.get(entry.case_id)
        if row is None:
            row = board[entry.case_id] = {}
        own = _OWN.get(type(fact))
        if own is not None:
            own(row, fact, entry)
        if then.state is not None:
            row["state"], row["waiting_since"] = then.state.value, entry.received_at
        if then.waiting_for is not None:
            row["waiting_for"], row["waiting_since"] = then.waiting_for, entry.received_at
        if then.started or then.ended or then.due is not None:
            row["due"], row["provisional"] = _first_due(then)
        if then.state in FINAL:
            row["awaiting"] = ""
        if then.late:
            row["late_reports"] = row.get("late_reports", 0) + 1
        row["changed_at"], row["position"] = entry.received_at, entry.position
    return board


def _first_due(then: Consequences) -> tuple[str, int]:
    """The due day shown; facts of the first release name only the clocks that they start."""
    if then.due is not None:
        return then.due.isoformat(), int(then.due_provisional)
    first = min(then.started, key=_due, default=None)
    return ("", 0) if first is None else (first.due.isoformat(), int(first.provisional))


def _begin(row: dict[str, Any], fact: ApplicationAccepted, entry: Logged) -> None:
    row["transfer_id"], row["origin"], row["destination"] = fact.transfer_id, fact.origin, fact.destination
    row["application"], row["kind"] = fact.application, "application"
    row["opened_at"], row["late_reports"] = entry.received_at, 0
    row["due"], row["provisional"] = "", 0  # some procedures have no clock before the letter


_Beginning = TransferOffered | UnassignedFundsReceived | CaseContinued


def _begin_otherwise(row: dict[str, Any], fact: _Beginning, entry: Logged) -> None:
    begun = fact.begin()
    row["transfer_id"], row["origin"], row["destination"] = begun.transfer_id, begun.origin, begun.destination
    row["application"], row["kind"] = begun.application, begun.kind
    row["opened_at"], row["late_reports"] = entry.received_at, 0
    row["letter_version"], row["sheet_version"] = begun.letter_version, begun.sheet_version
    row["sheet_total"] = begun.sheet_total
    row["awaiting"], row["awaiting_position"] = begun.awaiting, entry.position
    row["reason"] = begun.frozen or begun.return_reason
    row["due"], row["provisional"] = "", 0


def _go_back(row: dict[str, Any], fact: FactAnnulled, entry: Logged) -> None:
    row["letter_version"], row["sheet_version"] = fact.letter_version, fact.sheet_version
    row["sheet_total"], row["reason"], row["awaiting"] = fact.sheet_total, fact.reason, fact.awaiting


def _freeze(row: dict[str, Any], fact: TransferFrozen, entry: Logged) -> None:
    row["reason"], row["awaiting"] = fact.cause, fact.awaiting


def _await_letter(row: dict[str, Any], fact: ContactLetterIssued, entry: Logged) -> None:
    row["letter_version"], row["awaiting"], row["awaiting_position"] = fact.letter_version, "letter", entry.position
    row["reason"] = ""  # why the former letter came back no longer counts


def _await_sheet(row: dict[str, Any], fact: InformationSheetSent, entry: Logged) -> None:
    row["sheet_version"], row["sheet_total"] = fact.sheet_version, fact.individual_total + fact.pooling_total
    row["awaiting"], row["awaiting_position"] = "sheet", entry.position


def _receipt(row: dict[str, Any], fact: Fact, entry: Logged) -> None:
    row["awaiting"] = ""


def _reason(row: dict[str, Any], fact: ApplicationRefused | TransferReturned, entry: Logged) -> None:
    row["reason"] = fact.reason_code


_BEGINNINGS = (ApplicationAccepted, TransferOffered, UnassignedFundsReceived, CaseContinued)


def cases_begun(work: UnitOfWork, transfer_id: bytes) -> list[int]:
    """The cases under which a transfer was ever begun, in order: from the board, and from the log where it goes on."""
    on_board = work.bulk.execute("SELECT case_id FROM case_board WHERE transfer_id = ?", transfer_id).scalars()
    found = set(on_board)
    after = Positions(work).max_tracking_id("case_board") or 0
    topics = [topic for kind in _BEGINNINGS for topic in stored_topics(kind)]
    for event in work.events.select_notifications(after, _WHOLE_LOG, topics=topics, inclusive_of_start=False):
        if event.kind != RELATIONSHIPS.number:
            continue
        fact = decode_fact(event.topic, event.state)
        assert isinstance(fact, _BEGINNINGS)
        begun = fact.transfer_id if isinstance(fact, ApplicationAccepted) else fact.begin().transfer_id
        if begun == transfer_id:
            found.add(case_number(event.stream, fact.transfer))
    return sorted(found)


_OWN: dict[type[Fact], Callable[[dict[str, Any], Any, Logged], None]] = {
    ApplicationAccepted: _begin,
    ApplicationRefused: _reason,
    ContactLetterIssued: _await_letter,
    ContactLetterReceived: _receipt,
    ContactLetterDeemedReceived: _receipt,
    TransferReturned: _reason,
    InformationSheetSent: _await_sheet,
    InformationSheetReceived: _receipt,
    InformationSheetDeemedReceived: _receipt,
    TransferOffered: _begin_otherwise,
    UnassignedFundsReceived: _begin_otherwise,
    CaseContinued: _begin_otherwise,
    FactAnnulled: _go_back,
    TransferFrozen: _freeze,
}
"""What a fact says of the board by itself."""


PROJECTION = Projection("case_board", 5, (Part(BOARD, fold, COUNTED),))


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
    position: int
    """Of its last fact in the log."""


_BOARD = (
    "SELECT case_id, transfer_id, origin, destination, application, kind, state, waiting_for, waiting_since, due, "
    "provisional, letter_version, sheet_version, sheet_total, NULLIF(reason, ''), opened_at, changed_at, late_reports, "
    "position FROM case_board "
)


def _board_row(row: Sequence[object]) -> BoardRow:
    case_id, transfer_id, *rest = row
    return BoardRow(case_id, UUID(bytes=transfer_id), *rest)  # type: ignore[arg-type]


Place = tuple[str, int]
"""Where a transfer stands in every list: the key that lists are ordered by, and the case."""
_Selection = tuple[str, str]
"""Column and value by which an index selects."""


def place_of(row: BoardRow) -> Place:
    """A transfer's place; a list goes on after that of its last row."""
    if not row.waiting_for:
        return f"e{9_999_999_999_999_999 - row.changed_at}", row.case_id
    return row.due or "9", row.case_id


def case_list(
    work: UnitOfWork,
    *,
    province: str | None = None,
    state: State | None = None,
    waiting: bool = False,
    after: Place | None = None,
    limit: int = LIST_LIMIT,
) -> list[BoardRow]:
    """Transfers on the board: a province's, or with `waiting` only those that wait for it; of one state.

    What waits comes first, soonest due on top; then what has ended, the last change on top. `after` goes on behind the
    place of a former page's last row. Each part is read in this order from an index, and no more of it than `limit`.
    """
    found: dict[int, BoardRow] = {}
    for selection in _selections(province, state, waiting=waiting):
        for row in _listed(work, selection, state, after, limit):
            found[row.case_id] = row
    return sorted(found.values(), key=place_of)[:limit]


def _selections(province: str | None, state: State | None, *, waiting: bool) -> list[_Selection]:
    if waiting:
        return [("waiting_for", p) for p in ([*sorted(PROVINCES), PLATFORM] if province is None else [province])]
    if province is not None:
        return [("origin", province), ("destination", province)]
    return [("state", s) for s in (State if state is None else [state])]


def _listed(
    work: UnitOfWork, selection: _Selection, state: State | None, after: Place | None, limit: int
) -> Iterator[BoardRow]:
    """The first rows of one selection behind a place, in the order of an index."""
    column, value = selection
    conditions = [f"{column} = ?"]
    values: list[str | int] = [value]
    if column == "waiting_for":
        conditions.append("waiting_for <> ''")
    if state is not None and column != "state":
        conditions.append("state = ?")
        values.append(state)
    if after is None:
        return _rows_where(work, conditions, values, limit)
    place, case_id = after  # two ranges of the index: a day on which thousands are due is not read from its beginning
    same = list(
        _rows_where(work, [*conditions, f"{_PLACE} = ? AND case_id > ?"], [*values, place, case_id], limit, "case_id")
    )
    if len(same) < limit:
        same += _rows_where(work, [*conditions, f"{_PLACE} > ?"], [*values, place], limit - len(same))
    return iter(same)


def _rows_where(
    work: UnitOfWork, conditions: Sequence[str], values: Sequence[str | int], limit: int, order: str = _IN_PLACE
) -> Iterator[BoardRow]:
    sql = f"{_BOARD}WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT ?"
    return map(_board_row, work.bulk.execute(sql, *values, limit))


def flow_list(
    work: UnitOfWork,
    origin: str,
    destination: str,
    opened: tuple[int, int],
    *,
    after: UUID | None = None,
    limit: int = LIST_LIMIT,
) -> list[BoardRow]:
    """Transfers between two provinces that were applied for from one instant to before another, oldest first.

    `after` goes on behind that transfer. Instants: microseconds since 1970 UTC.
    """
    flow = "origin = ? AND destination = ? AND kind = 'application'"
    place = (opened[0], 0)
    if after is not None:
        sql = f"SELECT opened_at, case_id FROM case_board WHERE transfer_id = ? AND {flow}"
        found = work.bulk.execute(sql, after.bytes, origin, destination).first()
        place = (found[0], found[1]) if found else place
    sql = (
        f"{_BOARD}WHERE {flow} AND opened_at >= ? AND opened_at < ? AND (opened_at, case_id) > (?, ?) "
        "ORDER BY opened_at, case_id LIMIT ?"
    )
    rows = work.bulk.execute(sql, origin, destination, place[0], opened[1], *place, limit)
    return [_board_row(row) for row in rows]


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
    sql = f"SELECT case_id, transfer_id, application FROM case_board WHERE {_application} = ?"
    rows = work.bulk.execute(sql, prefix[:APPLICATION_INDEXED])
    cases = sorted((case_id, bytes(transfer)) for case_id, transfer, application in rows if application == prefix)
    return [UUID(bytes=transfer) for transfer in dict.fromkeys(transfer for _, transfer in cases)][:limit]
