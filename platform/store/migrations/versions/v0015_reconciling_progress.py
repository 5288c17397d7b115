"""What was not settled when the reconciler last had nothing left to say, so that a start reads only that and what came.

Empty at first: the next pass reads everything once and writes it down.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    text = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")
    subject = sa.Column("subject", text, primary_key=True)
    op.create_table("reconciling_unsettled", subject)
