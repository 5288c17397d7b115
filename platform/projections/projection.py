"""A projection: a read model's name, version and tables, each with the fold that makes its rows of the log's facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, text
from sqlalchemy.sql import quoted_name

from jinbao.platform.aggregates.stream_kind import StreamFact, StreamKind
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.projections.logged import Entry
from jinbao.platform.store.bulk import Bulk, Changes, Patches, Row, Upsert

read_models = MetaData(naming_convention={"ix": "ix_%(column_0_label)s"})
"""Tables of the projections, in a file of their own on SQLite: no migration changes them, they are built anew."""
BUILDING_SUFFIX = "__building"
"""The tables of a projection that is built beside the one that is read have this after their names."""


@dataclass(frozen=True)
class Counts:
    """A small table of how many rows of another there are of each sort, so that no question counts the nation's rows.

    Sorts without rows are not in it.
    """

    table: Table
    """Made by `counts_table`."""
    sort: str
    """SQL of the other table's columns: the values of `table`'s key, in their order."""
    counted: str = "1 = 1"
    """SQL: which rows count."""

    def of(self, bulk: Bulk, patches: Patches, keys: Sequence[int]) -> Counter[Row]:
        """Sort → how many of these rows are of it now."""
        sql = f"SELECT {self.sort} FROM {patches.table.name} WHERE {self.counted} AND {patches.key}"
        return Counter(map(tuple, bulk.select_in(sql, keys)))

    def add(self, bulk: Bulk, changes: Counter[Row]) -> None:
        """Write how much more or fewer there are of each sort."""
        sums = Upsert(self.table, tuple(column.name for column in self.table.primary_key), {"number": "add"})
        rows = [(*sort, number) for sort, number in changes.items() if number]
        if rows:
            bulk.upsert(sums, rows)
            bulk.execute(f"DELETE FROM {self.table.name} WHERE number = 0")


def counts_table(name: str, *sort: Column[Any]) -> Table:
    """A table for `Counts`: the columns of a sort, its key, and the number of rows."""
    none = text("number = 0")
    columns = (Column(column.name, column.type, primary_key=True) for column in sort)
    zero = Index(f"{name}_zero", "number", sqlite_where=none, postgresql_where=none)
    return Table(name, read_models, *columns, Column("number", BigInteger, nullable=False), zero)


@dataclass(frozen=True)
class Part:
    """One table of a projection: how its rows are written, how they are folded from the log, and how they are counted.

    A `Table` alone is only appended to.
    """

    target: Patches | Upsert | Table
    fold: Callable[[Sequence[Any]], Any]
    """Entries (`Logged` for relationships) in the order of the log → what `Bulk.patch`, `upsert` or `insert` writes."""
    counts: Counts | None = None
    """Of `Patches` only: the rows that it changes are counted before and after."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that it writes."""
        own = self.target if isinstance(self.target, Table) else self.target.table
        return (own,) if self.counts is None else (own, self.counts.table)

    def on(self, other: Callable[[Table], Table]) -> Part:
        """The same fold into other tables of the same columns."""
        own = self.target
        target = other(own) if isinstance(own, Table) else replace(own, table=other(own.table))
        counts = None if self.counts is None else replace(self.counts, table=other(self.counts.table))
        return replace(self, target=target, counts=counts)

    def write(self, bulk: Bulk, log: Sequence[Entry]) -> None:
        """Fold entries into the table: one statement or a few."""
        folded = self.folded(bulk, log)
        if isinstance(self.target, Patches):
            self._patch(bulk, self.target, folded)
        elif isinstance(self.target, Upsert):
            bulk.upsert(self.target, folded)
        else:
            bulk.insert(self.target, list(folded))

    def folded(self, bulk: Bulk, log: Sequence[Entry]) -> Any:
        """What is written of these entries; a part that needs its present rows for that reads them here."""
        return self.fold(log)

    def _patch(self, bulk: Bulk, target: Patches, changes: Changes) -> None:
        if self.counts is None:
            bulk.patch(target, changes)
            return
        keys = list(changes)
        before = self.counts.of(bulk, target, keys)
        bulk.patch(target, changes)
        after = self.counts.of(bulk, target, keys)
        after.subtract(before)
        self.counts.add(bulk, after)


@dataclass(frozen=True, eq=False)
class Projection:
    """A read model that follows the streams of one kind in the log.

    `version` grows whenever its tables or folds change: then it is built anew.
    """

    name: str
    version: int
    parts: tuple[Part, ...]
    kind: StreamKind[StreamFact] | None = RELATIONSHIPS
    """Of the streams that it folds; None: of every kind, without their facts."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables of its parts."""
        return tuple(table for part in self.parts for table in part.tables)

    def generation(self, number: int, *, building: bool) -> tuple[Part, ...]:
        """The parts on the tables of one building of it; index names hold the number, so that two stand side by side.

        The number's tables lose their suffix when they become those that are read, their indexes keep their names.
        """
        return tuple(part.on(lambda table: _named(table, number, building=building)) for part in self.parts)


def _named(table: Table, number: int, *, building: bool) -> Table:
    copy = table.to_metadata(MetaData(), name=f"{table.name}{BUILDING_SUFFIX if building else ''}")
    for index in copy.indexes:
        index.name = quoted_name(f"{index.name}_{number}", quote=None)
    return copy
