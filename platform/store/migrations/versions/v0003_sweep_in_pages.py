"""Indexes by which the sweep reads a page at a time: clocks not missed yet, running ones by calendar, parked by age."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A clock that was missed and runs on is no longer read at every sweep."""
    op.drop_index("clocks_running_due", "clocks")
    _partial("clocks_not_missed", ["due", "clock_id"], "ended_at IS NULL AND missed_at IS NULL")
    _partial("clocks_running", ["calendar", "clock_id"], "ended_at IS NULL")
    op.create_index("parked_received", "parked", ["received_at"])


def _partial(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "clocks", columns, sqlite_where=where, postgresql_where=where)
