"""Batched statements: one per table and batch, on the caller's connection, the same on either database.

An `Upsert` says for each column what happens to a row that is already there, so that a projection folds a batch to one
row per key without reading first. All SQL of the platform is written with `?` for parameters.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any, Literal

from sqlalchemy import Connection, CursorResult, Table

_ROWS_AT_ONCE = 100
"""Of a stream: ten times as fast as one by one, and few enough for the longest messages."""
Row = tuple[Any, ...]
Rule = Literal["set", "keep", "add", "first", "least", "greatest"]
"""`set`: the new value, NULL too; `keep`: the new value unless NULL; `add`: the sum; `first`: the old value, if any;
`least` and `greatest`: one of the two."""

Recovery = Literal["retry", "reconfigure", "none"]
"""What may help against an error of the database: to try again, another URL, or neither."""


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
    def on_conflict(self) -> str:
        """The clause that treats a row that is already there."""
        name = self.table.name
        changes = {
            "set": "{c} = excluded.{c}",
            "keep": "{c} = COALESCE(excluded.{c}, {t}.{c})",
            "add": "{c} = {t}.{c} + excluded.{c}",
            "first": "{c} = COALESCE({t}.{c}, excluded.{c})",
            "least": "{c} = CASE WHEN excluded.{c} < {t}.{c} THEN excluded.{c} ELSE {t}.{c} END",
            "greatest": "{c} = CASE WHEN excluded.{c} > {t}.{c} THEN excluded.{c} ELSE {t}.{c} END",
        }
        sets = ", ".join(changes[rule].format(c=column, t=name) for column, rule in self.rules.items())
        return f"ON CONFLICT ({', '.join(self.keys)}) DO UPDATE SET {sets}"

    def merge(self, rows: Iterable[Row]) -> list[Row]:
        """One row per key, later ones folded onto earlier; sorted by key, so that writers never deadlock."""
        width = len(self.keys)
        merged: dict[Row, Row] = {}
        for row in rows:
            key = row[:width]
            old = merged.get(key)
            merged[key] = row if old is None else (*key, *map(_merge, self.rules.values(), old[width:], row[width:]))
        return sorted(merged.values(), key=itemgetter(*range(width)))


@dataclass(frozen=True)
class Patches:
    """A table whose rows change column by column; `add` names those that add up, `clear` those that 0 sets to NULL.

    NULL itself changes nothing.
    """

    table: Table
    key: str
    add: frozenset[str] = frozenset()
    clear: frozenset[str] = frozenset()

    def on_conflict(self, columns: Iterable[str]) -> str:
        """The clause that changes these columns of a row that is already there, unless the new value is NULL."""
        name = self.table.name
        sets = ", ".join(f"{c} = {self._changed(c, f'{name}.{c}')}" for c in columns)
        return f"ON CONFLICT ({self.key}) DO UPDATE SET {sets}"

    def _changed(self, column: str, old: str) -> str:
        if column in self.add:
            return f"{old} + COALESCE(excluded.{column}, 0)"
        new = f"COALESCE(excluded.{column}, {old})"
        return f"NULLIF({new}, 0)" if column in self.clear else new


Changes = Mapping[int, Mapping[str, Any]]
"""Key → the columns that change, with their new values."""


def _merge(rule: Rule, old: Any, new: Any) -> Any:
    if rule == "add":
        return old + new
    if rule == "set" or (rule == "keep" and new is not None) or old is None:
        return new
    if rule == "least":
        return min(old, new)
    return max(old, new) if rule == "greatest" else old


class Bulk(ABC):
    """Batched reading and writing on one connection, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def execute(self, sql: str, *values: Any) -> CursorResult[*tuple[Any, ...]]:
        """Run one statement with `?` parameters."""
        return self.connection.exec_driver_sql(sql, values)

    def stream(self, sql: str, *values: Any) -> Iterator[Row]:
        """Rows of one statement, fetched as they are read: for results larger than memory."""
        result = self.connection.exec_driver_sql(sql, values, execution_options={"stream_results": True})
        for rows in result.partitions(_ROWS_AT_ONCE):
            yield from rows

    def upsert(self, spec: Upsert, rows: Iterable[Row]) -> None:
        """Merge the rows by key and write each key once."""
        merged = spec.merge(rows)
        if merged:
            self._upsert(spec, merged)

    @abstractmethod
    def patch(self, spec: Patches, changes: Changes) -> None:
        """Change the named columns of each key's row and leave the others; a row that is not there is made."""

    @abstractmethod
    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows whose values are in the order of the table's columns."""

    @abstractmethod
    def delete(self, table: Table, column: str, values: Sequence[Any]) -> None:
        """Delete the rows whose column has one of the values."""

    @abstractmethod
    def select_in(self, sql: str, values: Sequence[Any], tail: str = "") -> Iterator[Row]:
        """Rows of `sql`, which ends with a column, where it has one of the values, and `tail`.

        Read in chunks of values; each chunk is ordered by the tail.
        """

    @abstractmethod
    def lock_log(self) -> None:
        """Wait for the one lock under which the log is written, and keep it until the transaction ends."""

    @abstractmethod
    def lock_models(self) -> None:
        """Wait for the lock under which tables of read models are made, and keep it until the transaction ends."""

    @abstractmethod
    def _upsert(self, spec: Upsert, rows: Sequence[Row]) -> None: ...
