"""When each sender was last heard of, per partition: an adapter that has stopped is seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A new table, filled from the intake."""
    sender = sa.String(2).with_variant(sa.String(2, collation="C"), "postgresql")
    op.create_table(
        "last_heard",
        sa.Column("sender", sender, primary_key=True),
        sa.Column("partition", sa.Integer(), primary_key=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
    )
    op.execute(
        'INSERT INTO last_heard (sender, "partition", received_at) SELECT sender, "partition", MAX(received_at) '
        'FROM intake WHERE sender IS NOT NULL GROUP BY sender, "partition"'
    )
