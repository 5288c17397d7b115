"""The signature of each message, as it came, at the end of its row; those that there are have none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column to the log and to the intake."""
    for table in ("events", "intake"):
        op.add_column(table, sa.Column("signature", sa.LargeBinary()))
