"""The read models leave the migrated tables: each is built anew from the log, on SQLite in a file of its own."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the tables that followed the log inside ingest's own transaction."""
    for table in ("case_board", "clocks", "flows", "settlement_cases", "ledger_entries", "ledger_balances"):
        op.drop_table(table)
