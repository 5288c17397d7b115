"""What operators said of messages whose time was in doubt: who, when, why, and how they count."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A new table; rows are only added."""
    op.create_table(
        "time_confirmations",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False
        ),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        sa.Column("operator", _text(200), nullable=False),
        sa.Column("reason", _text(2000), nullable=False),
        sa.Column("received_at", sa.BigInteger()),
        sa.Column("ends", sa.LargeBinary(), nullable=False),
    )


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")
