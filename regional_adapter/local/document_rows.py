"""How a local system's file stores documents: its tables, and a row as a typed document and back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument

OUT_COLUMNS = (
    "sequence, kind, key, attempt, case_id, operator, written_at, answers, fields, relationship, person, scheme,"
    " corrected, state, code, field, decided_at,"
    " (SELECT transfer_id FROM transfers t WHERE t.case_id = documents_out.case_id), follows, released"
)
IN_COLUMNS = (
    "event_id, kind, transfer_id, relationship_id, sender, local_document, occurred_at, arrived_at, fields, answers,"
    " position"
)


_DIGITS = 32
"""Hexadecimal digits of an id."""


def conditions(**columns: str | bytes | None) -> tuple[str, tuple[str | bytes, ...]]:
    """A WHERE clause of the columns that are given, empty where none is, and its values."""
    given = {name: value for name, value in columns.items() if value is not None}
    where = " AND ".join(f"{name} = ?" for name in given)
    return (f" WHERE {where}" if where else "", tuple(given.values()))


def transfer_of(case: str) -> UUID | None:
    """The transfer id that a case's number is, where it is one."""
    if len(case) < _DIGITS:
        return None
    try:
        return UUID(hex=case)
    except ValueError:
        return None


def raw(id_: UUID | None) -> bytes | None:
    """An id as it is stored."""
    return None if id_ is None else id_.bytes


def uuid_of(stored: bytes | None) -> UUID | None:
    """A stored id."""
    return None if stored is None else _uuid(stored)


@lru_cache(maxsize=4_096)
def _uuid(stored: bytes) -> UUID:
    """The id of 16 bytes: all documents of a case have the same few."""
    return UUID(bytes=stored)


def outgoing_from_row(row: Sequence[Any]) -> LocalDocument:
    """The document in a row of OUT_COLUMNS."""
    sequence, kind, key, attempt, case, operator, written_at, answers, fields, *whose = row
    relationship, person, scheme, corrected, state, code, field, decided_at, transfer, follows, released = whose
    return LocalDocument(
        sequence,
        kind,
        key,
        attempt,
        case,
        operator,
        written_at,
        uuid_of(answers),
        msgspec.json.decode(fields),
        uuid_of(relationship),
        person,
        scheme,
        corrected,
        DocumentState(state),
        code,
        field,
        decided_at,
        uuid_of(transfer),
        follows,
        bool(released),
    )


def incoming_from_row(row: Sequence[Any]) -> IncomingDocument:
    """The document in a row of IN_COLUMNS."""
    event_id, kind, transfer, relationship, sender, document, occurred_at, arrived_at, fields, answers, position = row
    return IncomingDocument(
        UUID(bytes=event_id),
        kind,
        _uuid(transfer),
        _uuid(relationship),
        sender,
        document,
        occurred_at,
        arrived_at,
        msgspec.json.decode(fields),
        uuid_of(answers),
        position,
    )
