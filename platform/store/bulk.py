"""Batched statements: one per table and batch, over the driver's own executemany, on the caller's connection.

An `Upsert` says for each column what happens to a row that is already there, so that a projection folds a batch to one
row per key without reading first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any, Literal

from sqlalchemy import Connection, Table

Row = tuple[Any, ...]
Rule = Literal["set", "keep", "add", "first"]
"""`set`: the new value, NULL too; `keep`: the new value unless NULL; `add`: the sum; `first`: the old value, if any."""

SELECT_IN_CHUNK = 1_000


@dataclass(frozen=True)
class Upsert:
    """A table, its key columns, and a rule for every other column, in the order of the rows' values."""

    table: Table
    keys: tuple[str, ...]
    rules: dict[str, Rule] = field(default_factory=dict)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the row's values, in order."""
        return (*self.keys, *self.rules)

    @cached_property
    def sql(self) -> str:
        """The statement, with `qmark` parameters."""
        name = self.table.name
        changes = {
            "set": "{c} = excluded.{c}",
            "keep": "{c} = COALESCE(excluded.{c}, {t}.{c})",
            "add": "{c} = {t}.{c} + excluded.{c}",
            "first": "{c} = COALESCE({t}.{c}, excluded.{c})",
        }
        sets = ", ".join(changes[rule].format(c=column, t=name) for column, rule in self.rules.items())
        return (
            f"INSERT INTO {name} ({', '.join(self.columns)}) VALUES ({', '.join('?' * len(self.columns))}) "
            f"ON CONFLICT ({', '.join(self.keys)}) DO UPDATE SET {sets}"
        )

    def merge(self, rows: Iterable[Row]) -> list[Row]:
        """One row per key, later ones folded onto earlier; sorted by key, so that writers never deadlock."""
        width = len(self.keys)
        merged: dict[Row, Row] = {}
        for row in rows:
            key = row[:width]
            old = merged.get(key)
            merged[key] = row if old is None else (*key, *map(_merge, self.rules.values(), old[width:], row[width:]))
        return sorted(merged.values(), key=itemgetter(*range(width)))


def _merge(rule: Rule, old: Any, new: Any) -> Any:
    if rule == "add":
        return old + new
    if rule == "set" or (rule == "keep" and new is not None) or old is None:
        return new
    return old


@lru_cache(maxsize=64)
def _insert(table: Table) -> str:
    columns = [c.name for c in table.columns]
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


class Bulk:
    """Batched reading and writing on one SQLite connection, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows whose values are in the order of the table's columns."""
        if rows:
            self.connection.exec_driver_sql(_insert(table), list(rows))

    def upsert(self, spec: Upsert, rows: Iterable[Row]) -> None:
        """Merge the rows by key and write each key once."""
        merged = spec.merge(rows)
        if merged:
            self.connection.exec_driver_sql(spec.sql, merged)

    def delete(self, table: Table, column: str, values: Sequence[Any]) -> None:
        """Delete the rows whose column has one of the values."""
        if values:
            self.connection.exec_driver_sql(f"DELETE FROM {table.name} WHERE {column} = ?", [(v,) for v in values])

    def select_in(self, sql: str, values: Sequence[Any], tail: str = "") -> Iterator[Row]:
        """Rows of `sql` + ` IN (…)` + `tail`, in chunks of values; each chunk is ordered by the tail."""
        for start in range(0, len(values), SELECT_IN_CHUNK):
            chunk = tuple(values[start : start + SELECT_IN_CHUNK])
            marks = ", ".join("?" * len(chunk))
            for row in self.connection.exec_driver_sql(f"{sql} IN ({marks}) {tail}", chunk):
                yield tuple(row)
