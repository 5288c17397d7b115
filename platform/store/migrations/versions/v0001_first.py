"""The first schema: streams, events, intake, outbox, offsets, and the read models."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    _log()
    _door()
    _cases()
    _sums()


def _log() -> None:
    """The event log."""
    op.create_table(
        "streams",
        _key("stream"),
        sa.Column("relationship_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.UniqueConstraint("relationship_id", name="uq_streams_relationship_id"),
    )
    op.create_table(
        "events",
        _key("position"),
        sa.Column("stream", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("topic", _text(64), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("submission", sa.LargeBinary(length=16), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("events_stream_version", "events", ["stream", "version"], unique=True)


def _door() -> None:
    """What came in, what waits, what goes out."""
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
        sa.Column("event", sa.BigInteger()),
        sa.Column("first", sa.BigInteger()),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("bus_offset", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.LargeBinary()),
    )
    op.create_index("intake_stream_event_id", "intake", ["stream", "event_id"])
    op.create_table(
        "parked",
        _key("intake"),
        sa.Column("stream", sa.BigInteger(), nullable=False),
        sa.Column("transfer_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sender", _text(2), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("relationship_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=False),
    )
    op.create_index("ix_parked_stream", "parked", ["stream"])
    op.create_table(
        "consumer_offsets",
        sa.Column("topic", _text(100), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition"),
    )
    op.create_table(
        "outbox",
        _key("id"),
        sa.Column("province", _text(2), nullable=False),
        sa.Column("first_position", sa.BigInteger(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger()),
    )
    op.create_index("outbox_province_last", "outbox", ["province", "last_position"])
    op.create_index("outbox_waiting", "outbox", ["id"], **_where("delivered_at IS NULL"))


def _cases() -> None:
    """Read models with a row a case, clock or entry."""
    op.create_table(
        "case_board",
        _key("case_id"),
        sa.Column("transfer_id", sa.LargeBinary(length=16)),
        sa.Column("origin", _text(2)),
        sa.Column("destination", _text(2)),
        sa.Column("application", _text(2000)),
        sa.Column("kind", _text(24)),
        sa.Column("state", _text(24)),
        sa.Column("waiting_for", _text(2)),
        sa.Column("waiting_since", sa.BigInteger()),
        sa.Column("due", _text(10)),
        sa.Column("provisional", sa.SmallInteger()),
        sa.Column("letter_version", sa.Integer()),
        sa.Column("sheet_version", sa.Integer()),
        sa.Column("sheet_total", sa.BigInteger()),
        sa.Column("reason", _text(40)),
        sa.Column("awaiting", _text(8)),
        sa.Column("awaiting_position", sa.BigInteger()),
        sa.Column("opened_at", sa.BigInteger()),
        sa.Column("changed_at", sa.BigInteger()),
        sa.Column("late_reports", sa.Integer()),
    )
    op.create_index("case_board_unreceipted", "case_board", ["awaiting_position"], **_where("awaiting <> ''"))
    op.create_index("case_board_waiting", "case_board", ["waiting_for", "due"], **_where("waiting_for <> ''"))
    op.create_index("ix_case_board_transfer_id", "case_board", ["transfer_id"])
    op.create_table(
        "clocks",
        _key("clock_id"),
        sa.Column("case_id", sa.BigInteger()),
        sa.Column("clock", _text(40)),
        sa.Column("run", sa.Integer()),
        sa.Column("responsible", _text(2)),
        sa.Column("limit_working_days", sa.Integer()),
        sa.Column("procedure", _text(60)),
        sa.Column("procedure_version", sa.Integer()),
        sa.Column("calendar", _text(60)),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("counted_from", _text(10)),
        sa.Column("due", _text(10)),
        sa.Column("provisional", sa.SmallInteger()),
        sa.Column("warned_at", sa.BigInteger()),
        sa.Column("missed_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("outcome", _text(10)),
    )
    op.create_index("clocks_running_due", "clocks", ["due"], **_where("ended_at IS NULL"))
    op.create_table(
        "ledger_entries",
        _key("entry"),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("account", _text(20), nullable=False),
        sa.Column("province", _text(2), nullable=False),
        sa.Column("reference", _text(25), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("personal", sa.BigInteger(), nullable=False),
        sa.Column("pooling", sa.BigInteger(), nullable=False),
        sa.Column("unallocated", sa.BigInteger(), nullable=False),
    )


def _sums() -> None:
    """Read models that add up, kept per partition."""
    op.create_table(
        "flows",
        sa.Column("month", _text(7), nullable=False),
        sa.Column("origin", _text(2), nullable=False),
        sa.Column("destination", _text(2), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("applied", sa.BigInteger(), nullable=False),
        sa.Column("completed", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("month", "origin", "destination", "partition"),
    )
    op.create_table(
        "ledger_balances",
        sa.Column("province", _text(2), nullable=False),
        sa.Column("account", _text(20), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("personal", sa.BigInteger(), nullable=False),
        sa.Column("pooling", sa.BigInteger(), nullable=False),
        sa.Column("unallocated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("province", "account", "partition"),
    )
    op.create_table(
        "ingest_counts",
        sa.Column("outcome", sa.SmallInteger(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("outcome", "partition"),
    )


def _key(name: str) -> sa.Column[int]:
    """A 64-bit key whose values the platform chooses."""
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False)


def _text(length: int) -> Any:
    """Text compared by its bytes."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _where(condition: str) -> dict[str, Any]:
    """A partial index, on either database."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
