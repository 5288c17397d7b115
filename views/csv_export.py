"""A table as CSV for spreadsheets: nothing becomes a formula, no long number is rounded, who made it stands on top."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from io import StringIO

from jinbao.views.table import Table

_FORMULA = re.compile(r"[=+\-@\t\r\n]|\s*[=+\-@]")
_AMOUNT = re.compile(r"-?[0-9]{1,3}(,?[0-9]{3}){0,4}(\.[0-9]{1,2})?")
_LONG_NUMBER = re.compile(r"[0-9]{12,}|0[0-9]+|[0-9]+[eE][0-9]+")
"""What a spreadsheet would round, strip of its zeros or read as a power of ten."""
BOM = "\ufeff"
"""By it spreadsheets know UTF-8."""


def as_csv(head: Sequence[Sequence[str]], table: Table) -> bytes:
    """A table under rows that say what it is and an empty one."""
    names = [column if isinstance(column, str) else column[0] for column in table.columns]
    return rows_as_csv([*head, [], names, *table.rows])


def rows_as_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows for a spreadsheet: UTF-8, lines end in CR LF."""
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([cell(value) for value in row] for row in rows)
    return (BOM + text.getvalue()).encode()


def cell(value: object) -> str:
    """A cell's text; behind an apostrophe, the sign of text, where a spreadsheet would read a formula or round it."""
    text = "" if value is None else str(value)
    if _AMOUNT.fullmatch(text) and not _LONG_NUMBER.fullmatch(text):
        return text
    return f"'{text}" if _FORMULA.match(text) or _LONG_NUMBER.fullmatch(text) else text
