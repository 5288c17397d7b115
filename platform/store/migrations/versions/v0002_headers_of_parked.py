"""A parked message keeps the headers that it came with: they travel on once it is accepted.

Those that were parked before have none; headers are made for them anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("parked", sa.Column("headers", sa.LargeBinary()))
