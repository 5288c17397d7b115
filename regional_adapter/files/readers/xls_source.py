"""Reads XLS, the spreadsheets of before 2007: the sheet's rows, every cell as the text that a clerk sees."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jinbao.language.system_errors import system_reason
from jinbao.regional_adapter.files.form_rows import BadCellError, UnreadableFileError, UnusableFileError
from jinbao.regional_adapter.files.readers.source import Record, beyond_header, damaged, error_cell, header_names
from jinbao.regional_adapter.files.readers.xlsx_sheet import text_of

MAX_BYTES = 50_000_000
"""The whole file is in memory while it is read; the format itself ends at 65,536 rows."""


_SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")


class XlsSource:
    """One sheet, the first unless another is named, whose header stands after `title_rows` rows."""

    def __init__(self, file: Path, *, sheet: str | None = None, title_rows: int = 0) -> None:
        """Raises UnusableFileError where it cannot be read, KeyError where there is no such sheet."""
        self._file = file
        self._header_row = title_rows
        self._sheet = _sheet(file, sheet)
        self._epoch = self._sheet.book.datemode
        self.columns: Sequence[str] = ()
        if self._sheet.nrows > title_rows:
            self.columns = header_names([text_of(value) for value in self._sheet.row_values(title_rows)])

    def records(self) -> Iterator[Record]:
        """Every row after the header."""
        for index in range(self._header_row + 1, self._sheet.nrows):
            yield index + 1, self._cells(self._sheet.row(index))

    def _cells(self, cells: Sequence[Any]) -> list[str] | BadCellError:
        import xlrd

        width, texts = len(self.columns), []
        for index, cell in enumerate(cells):
            if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
                texts.append("")
                continue
            if index >= width:
                return beyond_header(index)
            column = self.columns[index]
            if cell.ctype == xlrd.XL_CELL_ERROR:
                return error_cell(column)
            if cell.ctype == xlrd.XL_CELL_DATE:
                try:
                    texts.append(text_of(xlrd.xldate_as_datetime(cell.value, self._epoch)))
                except (ValueError, OverflowError):
                    return BadCellError(column, "不是有效日期", "is no day", "DATE")
            else:
                texts.append(text_of(bool(cell.value) if cell.ctype == xlrd.XL_CELL_BOOLEAN else cell.value))
        return texts[:width] + [""] * (width - len(texts))


def is_xls(file: Path) -> bool:
    """Whether a file is of the older kind, whatever it is called. Raises UnusableFileError."""
    try:
        with file.open("rb") as stream:
            return stream.read(len(_SIGNATURE)) == _SIGNATURE
    except OSError as error:
        raise UnreadableFileError(file, *system_reason(error)) from None


def _sheet(file: Path, name: str | None) -> Any:
    import xlrd

    try:
        if file.stat().st_size > MAX_BYTES:
            raise UnusableFileError(file, "文件过大，请分成几个", "the file is too large: split it")
        book = xlrd.open_workbook(file, logfile=io.StringIO(), ragged_rows=True)
        if book.datemode:
            zh, en = "使用 1904 日期系统，请改用 1900 日期系统", "has the 1904 date system: use that of 1900"
            raise UnusableFileError(file, zh, en, "DATE")
        if name is not None and name not in book.sheet_names():
            raise KeyError(name)
        return book.sheet_by_index(0) if name is None else book.sheet_by_name(name)
    except OSError as error:
        raise UnreadableFileError(file, *system_reason(error)) from None
    except (KeyError, UnusableFileError):
        raise
    except Exception as error:  # whatever a damaged workbook makes the library raise
        raise damaged(file) from error
