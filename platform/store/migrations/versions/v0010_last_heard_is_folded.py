"""When a sender was last heard of is folded from the log, and found in the intake by an index."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the table with a row a partition; index the intake by sender."""
    op.drop_table("last_heard")
    op.create_index("intake_sender", "intake", ["sender", "position"])
