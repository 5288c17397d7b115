"""Tables of an export: name, typed columns, and where the rows come from.

Instants are text in ISO 8601 of Shanghai to the microsecond, so that the first seven characters are the month; days
ISO text; bytes of sixteen UUIDs, others hexadecimal; amounts whole fen. Nothing personal is among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Integer, LargeBinary, Table as StoredTable

from jinbao.platform.projections.catalogue import TABLES
from jinbao.platform.store.bulk import Bulk, Row
from jinbao.presentation.formatting import in_shanghai

Type = Literal["integer", "text"]
Value = int | str | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what its values are."""

    name: str
    type: Type = "text"


@dataclass(frozen=True, slots=True)
class ExportTable:
    """A table of an export."""

    name: str
    columns: tuple[Column, ...]
    rows: Callable[[Bulk], Iterable[tuple[Value, ...]]]


def columns(text: str) -> tuple[Column, ...]:
    """Columns by their names; behind `#` an integer."""
    return tuple(Column(name.lstrip("#"), "integer" if name[0] == "#" else "text") for name in text.split())


def instant(at_us: int | None) -> str | None:
    """An instant, microseconds since 1970 UTC, as it is exported."""
    return None if at_us is None else in_shanghai(at_us).isoformat(timespec="microseconds")


def identifier(data: bytes | None) -> str | None:
    """An identifier of sixteen bytes."""
    return None if data is None else str(UUID(bytes=bytes(data)))


def selected(sql: str, row: Callable[[Any], tuple[Value, ...]]) -> Callable[[Bulk], Iterator[tuple[Value, ...]]]:
    """The rows of a statement, each made what is exported, as they are read."""
    return lambda bulk: (row(found) for found in bulk.stream(sql))


def _of_read_model(table: StoredTable) -> ExportTable:
    made = [_column(str(column.name), column.type) for column in table.columns]
    names = ", ".join(column.name for column in table.columns)
    key = ", ".join(column.name for column in table.primary_key.columns)

    def row(found: Row) -> tuple[Value, ...]:
        return tuple(value if value is None else read(value) for value, (_, read) in zip(found, made, strict=True))

    sql = f"SELECT {names} FROM {table.name} ORDER BY {key}"
    return ExportTable(str(table.name), tuple(column for column, _ in made), selected(sql, row))


def _column(name: str, kind: object) -> tuple[Column, Callable[[Any], Value]]:
    if isinstance(kind, LargeBinary):
        if kind.length == 16:
            return Column(name), identifier
        return Column(name), _unpacked
    if name.endswith("_at") or name in ("since", "waiting_since"):
        return Column(name), lambda at: instant(at or None)
    return (Column(name, "integer"), int) if isinstance(kind, BigInteger | Integer) else (Column(name), str)


def _unpacked(data: bytes) -> str:
    """What read models keep packed (MessagePack) as JSON; what is none as hexadecimal."""
    try:
        return msgspec.json.encode(msgspec.msgpack.decode(bytes(data))).decode()
    except msgspec.DecodeError:
        return bytes(data).hex()


READ_MODELS: tuple[ExportTable, ...] = tuple(_of_read_model(table) for table in TABLES)
"""Every table of the read models, as it stands."""
