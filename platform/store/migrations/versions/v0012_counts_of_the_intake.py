"""How many messages of each outcome the intake holds, kept with its rows: the overview no longer counts them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, from what the intake holds."""
    op.create_table(
        "intake_counts",
        sa.Column("outcome", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
    )
    op.execute("INSERT INTO intake_counts (outcome, number) SELECT outcome, COUNT(*) FROM intake GROUP BY outcome")
