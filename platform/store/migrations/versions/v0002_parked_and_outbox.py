"""A parked message keeps its headers; a simulated nation is marked; PostgreSQL no longer compresses the outbox.

The headers travel on once the message is accepted; for those that were parked before, they are made anew. To compress
what is emptied a moment later took longer than all other writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the table, and store the outbox as it is."""
    op.add_column("parked", sa.Column("headers", sa.LargeBinary()))
    name = sa.String(30).with_variant(sa.String(30, collation="C"), "postgresql")
    op.create_table("marks", sa.Column("name", name, primary_key=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE outbox ALTER COLUMN records SET STORAGE EXTERNAL")
