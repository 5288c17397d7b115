"""A projection: a read model's name, version and tables, each with the fold that makes its rows of the log's facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import MetaData, Table
from sqlalchemy.sql import quoted_name

from jinbao.platform.aggregates.stream_kind import StreamFact, StreamKind
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.projections.logged import Entry
from jinbao.platform.store.bulk import Bulk, Patches, Upsert

read_models = MetaData(naming_convention={"ix": "ix_%(column_0_label)s"})
"""Tables of the projections, in a file of their own on SQLite: no migration changes them, they are built anew."""
BUILDING_SUFFIX = "__building"
"""The tables of a projection that is built beside the one that is read have this after their names."""


@dataclass(frozen=True)
class Part:
    """One table of a projection: how its rows are written, and how they are folded from the log.

    A `Table` alone is only appended to.
    """

    target: Patches | Upsert | Table
    fold: Callable[[Sequence[Any]], Any]
    """Entries (`Logged` for relationships) in the order of the log → what `Bulk.patch`, `upsert` or `insert` writes."""

    @property
    def table(self) -> Table:
        """The table that it writes."""
        return self.target if isinstance(self.target, Table) else self.target.table

    def on(self, table: Table) -> Part:
        """The same fold into another table of the same columns."""
        return replace(self, target=table if isinstance(self.target, Table) else replace(self.target, table=table))

    def write(self, bulk: Bulk, log: Sequence[Entry]) -> None:
        """Fold entries into the table: one statement or a few."""
        folded = self.fold(log)
        if isinstance(self.target, Patches):
            bulk.patch(self.target, folded)
        elif isinstance(self.target, Upsert):
            bulk.upsert(self.target, folded)
        else:
            bulk.insert(self.target, list(folded))


@dataclass(frozen=True)
class Projection:
    """A read model that follows the streams of one kind in the log.

    `version` grows whenever its tables or folds change: then it is built anew.
    """

    name: str
    version: int
    parts: tuple[Part, ...]
    kind: StreamKind[StreamFact] | None = RELATIONSHIPS
    """Of the streams that it folds; None: of every kind, without their facts."""

    def generation(self, number: int, *, building: bool) -> tuple[Part, ...]:
        """The parts on the tables of one building of it; index names hold the number, so that two stand side by side.

        The number's tables lose their suffix when they become those that are read, their indexes keep their names.
        """
        return tuple(part.on(_named(part.table, number, building=building)) for part in self.parts)


def _named(table: Table, number: int, *, building: bool) -> Table:
    copy = table.to_metadata(MetaData(), name=f"{table.name}{BUILDING_SUFFIX if building else ''}")
    for index in copy.indexes:
        index.name = quoted_name(f"{index.name}_{number}", quote=None)
    return copy
