"""A stream has a kind and a key of that kind; those that there are, are relationships.

What waits in the intake is found by its stream, and needs no relationship id of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of streams anew, every one of the kind 1, a relationship."""
    op.rename_table("streams", "old_streams")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX streams_pkey RENAME TO old_streams_pkey")
    op.create_table(
        "streams",
        sa.Column(
            "stream", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False
        ),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
    )
    op.execute(
        'INSERT INTO streams (stream, kind, key, "partition") '
        'SELECT stream, 1, relationship_id, "partition" FROM old_streams ORDER BY stream'
    )
    op.drop_table("old_streams")
    op.create_index("streams_kind_key", "streams", ["kind", "key"], unique=True)
    with op.batch_alter_table("parked") as parked:
        parked.drop_column("relationship_id")
