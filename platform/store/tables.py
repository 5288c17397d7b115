"""The platform's tables. Streams, cases and clocks have small integers for keys: a random key indexed for the whole
nation would cost more with every million events.

Instants are integer microseconds since 1970 UTC, days ISO text, amounts fen. An accepted message is one row of
`events`, with its bytes; `intake` has a row for every other outcome and for what brought no fact. `log_position` is the
last event before such a row, `first` the row of `intake` with which a message waited.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, String, Table, text
from sqlalchemy.types import TypeEngine

metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s", "ix": "ix_%(column_0_label)s"})
read_models = MetaData(naming_convention=metadata.naming_convention)
"""Tables of the projections, in a file of their own on SQLite: no migration changes them, they are built anew."""


def _key(name: str) -> Column[int]:
    """A 64-bit integer primary key whose values we choose (SQLite's rowid)."""
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)


def _text(length: int) -> TypeEngine[str]:
    """Text that either database compares by its bytes, whatever the server's locale."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


streams = Table(
    "streams",
    metadata,
    _key("stream"),
    Column("relationship_id", LargeBinary(16), nullable=False, unique=True),
    Column("partition", Integer, nullable=False),
)

events = Table(
    "events",
    metadata,
    _key("position"),
    Column("stream", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("topic", _text(64), nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("submission", LargeBinary(16), nullable=False),
    Column("sender", _text(2), nullable=False),
    Column("digest", LargeBinary(16), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("bus_offset", BigInteger, nullable=False),
    Column("first", BigInteger),
    Column("received_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    Index("events_stream_version", "stream", "version", unique=True),
)

intake = Table(
    "intake",
    metadata,
    _key("position"),
    Column("stream", BigInteger),
    Column("event_id", LargeBinary(16)),
    Column("sender", _text(2)),
    Column("type", _text(64)),
    Column("digest", LargeBinary(16)),
    Column("outcome", SmallInteger, nullable=False),
    Column("code", _text(40)),
    Column("field", _text(200)),
    Column("log_position", BigInteger, nullable=False),
    Column("first", BigInteger),
    Column("partition", Integer, nullable=False),
    Column("bus_offset", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("bytes", LargeBinary),
    Index("intake_stream_event_id", "stream", "event_id"),
    Index("intake_outcome", "outcome", "position"),
)

parked = Table(
    "parked",
    metadata,
    _key("intake"),
    Column("stream", BigInteger, nullable=False, index=True),
    Column("transfer_id", LargeBinary(16), nullable=False),
    Column("sender", _text(2), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("relationship_id", LargeBinary(16), nullable=False),
    Column("event_id", LargeBinary(16), nullable=False),
    Column("headers", LargeBinary),
    Index("parked_received", "received_at"),
)

marks = Table("marks", metadata, Column("name", _text(30), primary_key=True), Column("value", _text(64)))

time_confirmations = Table(
    "time_confirmations",
    metadata,
    _key("number"),
    Column("confirmed_at", BigInteger, nullable=False),
    Column("operator", _text(200), nullable=False),
    Column("reason", _text(2000), nullable=False),
    Column("received_at", BigInteger),
    Column("ends", LargeBinary, nullable=False),
)

consumer_offsets = Table(
    "consumer_offsets",
    metadata,
    Column("topic", _text(100), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
)

_waiting = text("delivered_at IS NULL")
outbox = Table(
    "outbox",
    metadata,
    _key("id"),
    Column("province", _text(2), nullable=False),
    Column("first_position", BigInteger, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Column("records", LargeBinary, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("delivered_at", BigInteger),
    Index("outbox_waiting", "id", sqlite_where=_waiting, postgresql_where=_waiting),
    Index("outbox_province_last", "province", "last_position"),
)

_somebody = text("waiting_for <> ''")
_unreceipted = text("awaiting <> ''")
case_board = Table(
    "case_board",
    read_models,
    _key("case_id"),
    Column("transfer_id", LargeBinary(16), index=True),
    Column("origin", _text(2)),
    Column("destination", _text(2)),
    Column("application", _text(2000)),
    Column("kind", _text(24)),
    Column("state", _text(24)),
    Column("waiting_for", _text(2)),
    Column("waiting_since", BigInteger),
    Column("due", _text(10)),
    Column("provisional", SmallInteger),
    Column("letter_version", Integer),
    Column("sheet_version", Integer),
    Column("sheet_total", BigInteger),
    Column("reason", _text(40)),
    Column("awaiting", _text(8)),
    Column("awaiting_position", BigInteger),
    Column("opened_at", BigInteger),
    Column("changed_at", BigInteger),
    Column("late_reports", Integer),
    Index("case_board_waiting", "waiting_for", "due", sqlite_where=_somebody, postgresql_where=_somebody),
    Index("case_board_unreceipted", "awaiting_position", sqlite_where=_unreceipted, postgresql_where=_unreceipted),
)

_running = text("ended_at IS NULL")
_not_missed = text("ended_at IS NULL AND missed_at IS NULL")
clocks = Table(
    "clocks",
    read_models,
    _key("clock_id"),
    Column("case_id", BigInteger),
    Column("clock", _text(40)),
    Column("run", Integer),
    Column("responsible", _text(2)),
    Column("limit_working_days", Integer),
    Column("procedure", _text(60)),
    Column("procedure_version", Integer),
    Column("calendar", _text(60)),
    Column("started_at", BigInteger),
    Column("counted_from", _text(10)),
    Column("due", _text(10)),
    Column("provisional", SmallInteger),
    Column("warned_at", BigInteger),
    Column("missed_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("outcome", _text(10)),
    Index("clocks_not_missed", "due", "clock_id", sqlite_where=_not_missed, postgresql_where=_not_missed),
    Index("clocks_running", "calendar", "clock_id", sqlite_where=_running, postgresql_where=_running),
)

flows = Table(
    "flows",
    read_models,
    Column("month", _text(7), primary_key=True),
    Column("origin", _text(2), primary_key=True),
    Column("destination", _text(2), primary_key=True),
    Column("applied", BigInteger, nullable=False),
    Column("completed", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("returned", BigInteger, nullable=False),
    Column("withdrawn", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
)

settlement_cases = Table(
    "settlement_cases",
    read_models,
    _key("case_id"),
    Column("pair", _text(5), nullable=False),
    Column("year", Integer, nullable=False),
    Column("day", _text(10), nullable=False),
    Column("origin", _text(2), nullable=False),
    Column("destination", _text(2), nullable=False),
    Column("personal", BigInteger, nullable=False),
    Column("pooling", BigInteger, nullable=False),
)

ledger_entries = Table(
    "ledger_entries",
    read_models,
    _key("entry"),
    Column("case_id", BigInteger, nullable=False),
    Column("account", _text(20), nullable=False),
    Column("province", _text(2), nullable=False),
    Column("reference", _text(25), nullable=False),
    Column("line", Integer, nullable=False),
    Column("personal", BigInteger, nullable=False),
    Column("pooling", BigInteger, nullable=False),
    Column("unallocated", BigInteger, nullable=False),
)

ledger_balances = Table(
    "ledger_balances",
    read_models,
    Column("province", _text(2), primary_key=True),
    Column("account", _text(20), primary_key=True),
    Column("personal", BigInteger, nullable=False),
    Column("pooling", BigInteger, nullable=False),
    Column("unallocated", BigInteger, nullable=False),
)

last_heard = Table(
    "last_heard",
    metadata,
    Column("sender", _text(2), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("received_at", BigInteger, nullable=False),
)
