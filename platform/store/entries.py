"""Entries of the transparency log: what each stored row is in it, to the byte (docs/audit.md).

An entry is a JSON array in UTF-8 without spaces: the table's name, then the row's columns in the table's order, bytes
as base64. The bytes of a message, and a state longer than `LONGEST_STATE`, stand as their SHA-256. What delivery
changes is left out. NULLs at the end are left out, so that a column that a table gets later leaves old entries as they
are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Table

from jinbao.platform.store.bulk import Row
from jinbao.platform.store.tables import events, intake, outbox, streams, time_confirmations, tree_statements

LONGEST_STATE = 32_768
"""Bytes of a fact's state that an entry holds itself: with them no entry is longer than tlog-tiles allow."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Source:
    """A table whose rows are entries, in the order of its key, which grows by one from row to row."""

    table: Table
    entry: Callable[[Row], bytes]
    """An entry's bytes, from a row that has the columns in order."""

    @property
    def name(self) -> str:
        """The table's name, which the entries begin with and the tree's heads have a column for."""
        return self.table.name

    @property
    def key(self) -> str:
        """The column that orders the rows."""
        return next(iter(self.table.columns)).name


def _array(values: Sequence[Any]) -> bytes:
    end = len(values)
    while values[end - 1] is None:
        end -= 1
    return _encode(values[:end])


def _whole(name: str) -> Callable[[Row], bytes]:
    return lambda row: _array((name, *row))


def _event(row: Row) -> bytes:
    state = row[4]
    if len(state) > LONGEST_STATE:
        row = (*row[:4], ("sha256", sha256(state).digest()), *row[5:])
    return _encode(("events", *row[:13], sha256(row[13]).digest(), *_added(row, 14)))


def _intake(row: Row) -> bytes:
    data = row[15]
    return _array(("intake", *row[:15], None if data is None else sha256(data).digest(), *_added(row, 16)))


def _added(row: Row, known: int) -> Row:
    """Columns that the table got after the tree began, as long as one of them has a value."""
    end = len(row)
    while end > known and row[end - 1] is None:
        end -= 1
    return row[known:end]


def _outbox(row: Row) -> bytes:
    number, address, first, last, _records, recorded_at, _delivered_at, digest = row
    return _array(("outbox", number, address, first, last, recorded_at, digest))


def _confirmation(row: Row) -> bytes:
    return _array(("time_confirmations", *row[:5], sha256(row[5]).digest()))


SOURCES = (
    Source(streams, _whole("streams")),
    Source(time_confirmations, _confirmation),
    Source(intake, _intake),
    Source(events, _event),
    Source(outbox, _outbox),
    Source(tree_statements, _whole("tree_statements")),
)
"""In the order in which the rows of one transaction become entries."""
