"""The platform's tables. Streams, cases and clocks have small integers for keys: a random key indexed for the whole
nation would cost more with every million events.

A stream is of one kind (`platform/aggregates/stream_kinds.py`) and has a key of that kind, a relationship id for one.
Instants are integer microseconds since 1970 UTC, days ISO text, amounts fen. An accepted message is one row of
`events`, with its bytes; `intake` has a row for every other outcome and for what brought no fact. `log_position` is the
last event before such a row, `first` the row of `intake` with which a message waited. `intake_counts` counts its rows.
The outbox's `digest` is the SHA-256 of `records`, which delivery empties. `tree_` tables: the transparency log.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, text

from jinbao.platform.store.columns import key as _key, text_column as _text

metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s", "ix": "ix_%(column_0_label)s"})

streams = Table(
    "streams",
    metadata,
    _key("stream"),
    Column("kind", SmallInteger, nullable=False),
    Column("key", LargeBinary(16), nullable=False),
    Column("partition", Integer, nullable=False),
    Index("streams_kind_key", "kind", "key", unique=True),
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
    Column("signature", LargeBinary),
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
    Column("signature", LargeBinary),
    Index("intake_stream_event_id", "stream", "event_id"),
    Index("intake_outcome", "outcome", "position"),
    Index("intake_sender", "sender", "position"),
)

intake_counts = Table(
    "intake_counts",
    metadata,
    Column("outcome", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
)

parked = Table(
    "parked",
    metadata,
    _key("intake"),
    Column("stream", BigInteger, nullable=False, index=True),
    Column("transfer_id", LargeBinary(16), nullable=False),
    Column("sender", _text(2), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("event_id", LargeBinary(16), nullable=False),
    Column("headers", LargeBinary),
    Index("parked_received", "received_at"),
)

marks = Table("marks", metadata, Column("name", _text(30), primary_key=True), Column("value", _text(64)))

reconciling_unsettled = Table("reconciling_unsettled", metadata, Column("subject", _text(32), primary_key=True))
"""Payments by reference, and bank entries by id in hex, that were not settled when the reconciler was last done."""

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
    Column("digest", LargeBinary(32)),
    Index("outbox_waiting", "id", sqlite_where=_waiting, postgresql_where=_waiting),
    Index("outbox_province_last", "province", "last_position"),
)

tree_tiles = Table(
    "tree_tiles",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)

tree_statements = Table(
    "tree_statements",
    metadata,
    _key("number"),
    Column("recorded_at", BigInteger, nullable=False),
    Column("kind", _text(40), nullable=False),
    Column("body", _text(40_000), nullable=False),
    Index("tree_statements_kind", "kind", "number"),
)

tree_heads = Table(
    "tree_heads",
    metadata,
    _key("size"),
    Column("root", LargeBinary(32), nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    *(
        Column(name, BigInteger, nullable=False)
        for name in ("streams", "time_confirmations", "intake", "events", "outbox", "tree_statements")
    ),
    Column("note", _text(100_000)),
)
