"""Tables as a workbook (XLSX): text is never a formula, long numbers stay text, the same tables are the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from decimal import Decimal

from jinbao.views.table import Table

_AMOUNT = re.compile(r"-?[0-9]{1,3}(,[0-9]{3}){0,3}\.[0-9]{2}")
"""Yuan as `formatting.yuan` writes them, of which a spreadsheet loses no fen."""
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_INSTANT = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z")
_FIXED = (1980, 1, 1, 0, 0, 0)
"""The time of every file within: the earliest that the format knows."""


def as_xlsx(head: Sequence[Sequence[str]], tables: Sequence[Table]) -> bytes:
    """A sheet that says what it is, then the tables one below the other; yuan are numbers, all else is text."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")

    def cell(value: object) -> object:
        text = "" if value is None else str(value)
        if _AMOUNT.fullmatch(text):
            made = WriteOnlyCell(sheet, Decimal(text.replace(",", "")))
            made.number_format = "#,##0.00"
            return made
        made = WriteOnlyCell(sheet, _NOT_IN_XML.sub("", text))
        made.data_type, made.number_format = "s", "@"
        return made

    for row in head:
        sheet.append([cell(value) for value in row])
    for table in tables:
        sheet.append([])
        if table.title:
            sheet.append([cell(table.title)])
        sheet.append([cell(column if isinstance(column, str) else column[0]) for column in table.columns])
        for values in table.rows:
            sheet.append([cell(value) for value in values])
    made = io.BytesIO()
    book.save(made)
    return _without_times(made)


def _without_times(book: io.BytesIO) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(book) as before, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after:
        for name in sorted(before.namelist()):
            content = before.read(name)
            if name == "docProps/core.xml":
                content = _INSTANT.sub(b"1980-01-01T00:00:00Z", content)
            after.writestr(zipfile.ZipInfo(name, _FIXED), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()
