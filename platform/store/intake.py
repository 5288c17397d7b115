"""Writing to the intake: rows of messages that brought no fact, and how many there are of each outcome."""

from __future__ import annotations

from collections.abc import Sequence

from jinbao.platform.store.bulk import Bulk, Row, Upsert
from jinbao.platform.store.tables import intake, intake_counts

_COUNTS = Upsert(intake_counts, ("outcome",), {"number": "add"})
_OUTCOME = [column.name for column in intake.columns].index("outcome")


def add_to_intake(bulk: Bulk, rows: Sequence[Row]) -> None:
    """Insert rows, their values in the order of the table's columns, and count them."""
    bulk.insert(intake, rows)
    bulk.upsert(_COUNTS, [(row[_OUTCOME], 1) for row in rows])
