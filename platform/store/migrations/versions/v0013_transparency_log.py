"""The transparency log: its tiles, heads and statements; the digest of what an outbox row held before delivery."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _key(name: str) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def upgrade() -> None:
    """Make the tables; the rows that are there are taken into the tree afterwards, by the program."""
    op.add_column("outbox", sa.Column("digest", sa.LargeBinary(32)))
    op.create_table(
        "tree_tiles",
        sa.Column("level", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "tree_statements",
        _key("number"),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", _text(40), nullable=False),
        sa.Column("body", _text(40_000), nullable=False),
    )
    names = ("streams", "time_confirmations", "intake", "events", "outbox", "tree_statements")
    op.create_table(
        "tree_heads",
        _key("size"),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in names),
        sa.Column("note", _text(100_000)),
    )
