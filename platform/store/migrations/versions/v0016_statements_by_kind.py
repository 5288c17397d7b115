"""Statements of the log by kind: who asks for one kind reads that alone, however many of the others there are."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("tree_statements_kind", "tree_statements", ["kind", "number"])
