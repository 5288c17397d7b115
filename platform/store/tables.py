"""The platform's tables. Streams, cases and clocks have small integers for keys: a random key indexed for the whole
nation would cost more with every million events.

Instants are integer microseconds since 1970 UTC, days ISO text, amounts fen.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, String, Table, text

metadata = MetaData()


def _key(name: str) -> Column[int]:
    """A 64-bit integer primary key whose values we choose (SQLite's rowid)."""
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)


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
    Column("topic", String(64), nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("submission", LargeBinary(16), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Index("events_stream_version", "stream", "version", unique=True),
)

intake = Table(
    "intake",
    metadata,
    _key("position"),
    Column("stream", BigInteger),
    Column("event_id", LargeBinary(16)),
    Column("sender", String(2)),
    Column("type", String(64)),
    Column("digest", LargeBinary(16)),
    Column("outcome", SmallInteger, nullable=False),
    Column("code", String(40)),
    Column("field", String(200)),
    Column("event", BigInteger),
    Column("first", BigInteger),
    Column("partition", Integer, nullable=False),
    Column("bus_offset", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("bytes", LargeBinary),
    Index("intake_stream_event_id", "stream", "event_id"),
)

parked = Table(
    "parked",
    metadata,
    _key("intake"),
    Column("stream", BigInteger, nullable=False, index=True),
    Column("transfer_id", LargeBinary(16), nullable=False),
    Column("sender", String(2), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("relationship_id", LargeBinary(16), nullable=False),
    Column("event_id", LargeBinary(16), nullable=False),
)

consumer_offsets = Table(
    "consumer_offsets",
    metadata,
    Column("topic", String(100), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
)

_waiting = text("delivered_at IS NULL")
outbox = Table(
    "outbox",
    metadata,
    _key("id"),
    Column("province", String(2), nullable=False),
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
    metadata,
    _key("case_id"),
    Column("transfer_id", LargeBinary(16), index=True),
    Column("origin", String(2)),
    Column("destination", String(2)),
    Column("application", String(2000)),
    Column("kind", String(24)),
    Column("state", String(24)),
    Column("waiting_for", String(2)),
    Column("waiting_since", BigInteger),
    Column("due", String(10)),
    Column("provisional", SmallInteger),
    Column("letter_version", Integer),
    Column("sheet_version", Integer),
    Column("sheet_total", BigInteger),
    Column("reason", String(40)),
    Column("awaiting", String(8)),
    Column("awaiting_position", BigInteger),
    Column("opened_at", BigInteger),
    Column("changed_at", BigInteger),
    Column("late_reports", Integer),
    Index("case_board_waiting", "waiting_for", "due", sqlite_where=_somebody, postgresql_where=_somebody),
    Index("case_board_unreceipted", "awaiting_position", sqlite_where=_unreceipted, postgresql_where=_unreceipted),
)

_running = text("ended_at IS NULL")
clocks = Table(
    "clocks",
    metadata,
    _key("clock_id"),
    Column("case_id", BigInteger),
    Column("clock", String(40)),
    Column("run", Integer),
    Column("responsible", String(2)),
    Column("limit_working_days", Integer),
    Column("procedure", String(60)),
    Column("procedure_version", Integer),
    Column("calendar", String(60)),
    Column("started_at", BigInteger),
    Column("counted_from", String(10)),
    Column("due", String(10)),
    Column("provisional", SmallInteger),
    Column("warned_at", BigInteger),
    Column("missed_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("outcome", String(10)),
    Index("clocks_running_due", "due", sqlite_where=_running, postgresql_where=_running),
)

flows = Table(
    "flows",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("origin", String(2), primary_key=True),
    Column("destination", String(2), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("applied", BigInteger, nullable=False),
    Column("completed", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("returned", BigInteger, nullable=False),
    Column("withdrawn", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    _key("entry"),
    Column("case_id", BigInteger, nullable=False),
    Column("account", String(20), nullable=False),
    Column("province", String(2), nullable=False),
    Column("reference", String(25), nullable=False),
    Column("line", Integer, nullable=False),
    Column("personal", BigInteger, nullable=False),
    Column("pooling", BigInteger, nullable=False),
    Column("unallocated", BigInteger, nullable=False),
)

ledger_balances = Table(
    "ledger_balances",
    metadata,
    Column("province", String(2), primary_key=True),
    Column("account", String(20), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("personal", BigInteger, nullable=False),
    Column("pooling", BigInteger, nullable=False),
    Column("unallocated", BigInteger, nullable=False),
)

ingest_counts = Table(
    "ingest_counts",
    metadata,
    Column("outcome", SmallInteger, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("messages", BigInteger, nullable=False),
)
