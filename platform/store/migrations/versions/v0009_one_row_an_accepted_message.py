"""An accepted message is one row of the log, with its bytes; the intake keeps the rows of the other outcomes.

Both tables are made anew from the old ones, some thousands of rows at a time. The counts of the intake follow from
both, and have no table of their own any more.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from jinbao.platform.store.store import StoreError

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 10_000


def upgrade() -> None:
    """Fill the new tables, and drop the old ones."""
    for table in ("events", "intake"):
        op.rename_table(table, f"old_{table}")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"ALTER INDEX {table}_pkey RENAME TO old_{table}_pkey")
    op.drop_index("events_stream_version", "old_events")
    _make_events()
    _make_intake()
    _fill_events()
    _fill_intake()
    op.drop_table("old_events")
    op.drop_table("old_intake")
    op.create_index("intake_stream_event_id", "intake", ["stream", "event_id"])
    op.create_index("intake_outcome", "intake", ["outcome", "position"])
    op.drop_table("ingest_counts")


def _make_events() -> None:
    op.create_table(
        "events",
        _key("position"),
        sa.Column("stream", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("topic", _text(64), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("submission", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sender", _text(2), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("bus_offset", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.BigInteger()),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
    )
    op.create_index("events_stream_version", "events", ["stream", "version"], unique=True)


def _make_intake() -> None:
    op.create_table(
        "intake",
        _key("position"),
        sa.Column("stream", sa.BigInteger()),
        sa.Column("event_id", sa.LargeBinary(length=16)),
        sa.Column("sender", _text(2)),
        sa.Column("type", _text(64)),
        sa.Column("digest", sa.LargeBinary(length=16)),
        sa.Column("outcome", sa.SmallInteger(), nullable=False),
        sa.Column("code", _text(40)),
        sa.Column("field", _text(200)),
        sa.Column("log_position", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.BigInteger()),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("bus_offset", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.LargeBinary()),
    )


def _fill_events() -> None:
    """Each fact with the row of the intake that brought it; the bytes of one that waited lie in its first row."""
    count = sa.text("SELECT COUNT(*) FROM old_events WHERE position BETWEEN :low AND :high")
    fill = sa.text(
        'INSERT INTO events (position, stream, version, topic, state, submission, sender, digest, "partition", '
        "bus_offset, first, received_at, recorded_at, bytes) "
        'SELECT e.position, e.stream, e.version, e.topic, e.state, e.submission, i.sender, i.digest, i."partition", '
        "i.bus_offset, i.first, e.received_at, e.recorded_at, COALESCE(i.bytes, f.bytes) FROM old_events e "
        "JOIN old_intake i ON i.stream = e.stream AND i.event_id = e.submission AND i.event = e.position "
        "LEFT JOIN old_intake f ON f.position = i.first WHERE e.position BETWEEN :low AND :high ORDER BY e.position"
    )
    connection = op.get_bind()
    for low, high in _spans("old_events"):
        expected = connection.execute(count, {"low": low, "high": high}).scalar_one()
        written = connection.execute(fill, {"low": low, "high": high}).rowcount
        if written != expected:
            missing = expected - written
            raise StoreError(
                f"事件 {low} 至 {high} 中有 {missing} 个没有收件登记：请恢复完整的备份，再升级",
                f"{missing} of the events {low} to {high} have no row in the intake: put a whole backup back, and "
                "upgrade that",
            )


def _fill_intake() -> None:
    """What brought no fact, or a fact that was lost, with the last event before it."""
    fill = sa.text(
        "INSERT INTO intake (position, stream, event_id, sender, type, digest, outcome, code, field, log_position, "
        'first, "partition", bus_offset, received_at, recorded_at, bytes) '
        "SELECT position, stream, event_id, sender, type, digest, outcome, code, field, log_position, first, "
        '"partition", bus_offset, received_at, recorded_at, bytes FROM (SELECT i.*, '
        "COALESCE(MAX(event) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING), :before) AS log_position "
        "FROM old_intake i WHERE position BETWEEN :low AND :high) numbered WHERE event IS NULL "
        "OR NOT EXISTS (SELECT 1 FROM events e WHERE e.position = event) ORDER BY position"
    )
    last = sa.text("SELECT MAX(event) FROM old_intake WHERE position BETWEEN :low AND :high")
    connection = op.get_bind()
    before = 0
    for low, high in _spans("old_intake"):
        connection.execute(fill, {"low": low, "high": high, "before": before})
        before = connection.execute(last, {"low": low, "high": high}).scalar() or before


def _spans(table: str) -> Iterator[tuple[int, int]]:
    """Spans of positions that cover the table."""
    end = op.get_bind().exec_driver_sql(f"SELECT MAX(position) FROM {table}").scalar() or 0
    for low in range(1, end + 1, ROWS_AT_ONCE):
        yield low, low + ROWS_AT_ONCE - 1


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False)


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")
