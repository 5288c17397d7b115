"""A mark may have a value: the bus that the database belongs to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    value = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
    op.add_column("marks", sa.Column("value", value))
