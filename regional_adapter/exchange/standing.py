"""Reads, from a province's local system, how its documents stand and what its desk leaves to a clerk; writes nothing.

For whoever looks from outside while the adapter works. Personal fields are left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinbao.regional_adapter.exchange.set_aside import SetAside
from jinbao.regional_adapter.local.document_rows import OUT_COLUMNS, outgoing_from_row
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.storage.sqlite_file import open_for_reading

_WITHOUT_CONTENT = OUT_COLUMNS.replace(" fields,", " '{}',")


@dataclass(frozen=True, slots=True)
class Stuck:
    """What one province's own system says about why a case does not go on."""

    province: str
    reasons: tuple[str, ...]
    """Why the desk leaves the case to a clerk, in Chinese and English."""
    documents: tuple[LocalDocument, ...]
    """Documents of the case that the platform has not seen: not sent, or no valid message."""
    set_aside: tuple[SetAside, ...] = ()
    """Messages and documents of the case that its adapter could not work."""


def newest_documents(
    local: sqlite3.Connection, *, case: str | None = None, state: DocumentState | None = None, limit: int
) -> list[LocalDocument]:
    """A local system's documents, newest first, without their content: of one case and state where these are given."""
    wanted = [("case_id = ?", case), ("state = ?", state)]
    where = " AND ".join(sql for sql, value in wanted if value is not None)
    rows = local.execute(
        f"SELECT {_WITHOUT_CONTENT} FROM documents_out{' WHERE ' + where if where else ''}"
        " ORDER BY sequence DESC LIMIT ?",
        (*(value for _, value in wanted if value is not None), limit),
    )
    return [outgoing_from_row(row) for row in rows]


def stuck_at(folder: Path, province: str, cases: Sequence[str]) -> Stuck | None:
    """What the province's local system under `folder` says of a case, by any of its names; None where it is not there.

    A file of an earlier version that nobody has opened since says nothing. Raises sqlite3.Error.
    """
    file = folder / f"{province}.sqlite"
    if not file.is_file():
        return None
    names = ", ".join("?" * len(cases))
    local = open_for_reading(file)
    try:
        if not local.execute("SELECT 1 FROM sqlite_master WHERE name = 'desk_waiting'").fetchone():
            return None
        reasons = local.execute(f"SELECT reason FROM desk_waiting WHERE case_id IN ({names}) ORDER BY rowid", cases)
        unseen = local.execute(
            f"SELECT {_WITHOUT_CONTENT} FROM documents_out WHERE case_id IN ({names})"
            " AND (state = ? OR (state = ? AND code = 'INVALID_FIELD')) ORDER BY sequence",
            (*cases, DocumentState.WRITTEN, DocumentState.REJECTED),
        )
        found = tuple(reason for (reason,) in reasons), tuple(outgoing_from_row(row) for row in unseen)
    finally:
        local.close()
    return Stuck(province, *found)
