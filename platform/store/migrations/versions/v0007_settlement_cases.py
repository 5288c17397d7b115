"""Cases that two provinces settle by period, one row each: a read model, empty until such a case is completed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""

    def text(length: int) -> sa.String:
        return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")

    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "settlement_cases",
        sa.Column("case_id", key, primary_key=True, autoincrement=False),
        sa.Column("pair", text(5), nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("day", text(10), nullable=False),
        sa.Column("origin", text(2), nullable=False),
        sa.Column("destination", text(2), nullable=False),
        sa.Column("personal", sa.BigInteger, nullable=False),
        sa.Column("pooling", sa.BigInteger, nullable=False),
    )
