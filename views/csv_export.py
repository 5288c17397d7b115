"""A table as CSV for spreadsheets: nothing becomes a formula, no long number is rounded, who made it stands on top."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from jinbao.presentation.spreadsheet_cell import BOM, cell
from jinbao.views.table import Table


def as_csv(head: Sequence[Sequence[str]], table: Table) -> bytes:
    """A table under rows that say what it is and an empty one."""
    names = [column if isinstance(column, str) else column[0] for column in table.columns]
    return rows_as_csv([*head, [], names, *table.rows])


def tables_as_csv(head: Sequence[Sequence[object]], tables: Sequence[Table]) -> bytes:
    """Tables one below the other, each under its title, below rows that say what they are."""
    rows = [*head]
    for table in tables:
        names = [column if isinstance(column, str) else column[0] for column in table.columns]
        rows += [[], *([[table.title]] if table.title else []), names, *table.rows]
    return rows_as_csv(rows)


def rows_as_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows for a spreadsheet: UTF-8, lines end in CR LF."""
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([cell(value) for value in row] for row in rows)
    return (BOM + text.getvalue()).encode()
