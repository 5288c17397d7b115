"""Reads XLSX: the sheet's rows with their own numbers, every cell as the text that a clerk sees.

The archive is looked at first: what would unpack to more than is sane, or has a document type, is refused unread. The
sheet's own claim of its size is not believed. A formula is no data.
"""

from __future__ import annotations

import errno
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jinbao.language.system_errors import system_reason
from jinbao.regional_adapter.files.form_rows import BadCellError, UnreadableFileError, UnusableFileError
from jinbao.regional_adapter.files.readers.source import Record, beyond_header, damaged, error_cell, header_names

MAX_UNPACKED_BYTES = 400_000_000
_HEAD_BYTES = 4_096
_SURE_DIGITS = 15
"""A spreadsheet keeps no more digits of a number."""


class XlsxSource:
    """One sheet, the first unless another is named, whose header stands after `title_rows` rows."""

    def __init__(self, file: Path, *, sheet: str | None = None, title_rows: int = 0) -> None:
        """Raises UnusableFileError where it cannot be read, KeyError where there is no such sheet."""
        self._file = file
        self._sheet = sheet
        self._header_row = title_rows + 1
        _look_at_archive(file)
        self.columns: Sequence[str] = ()
        for _, cells in self._rows(self._header_row, self._header_row):
            self.columns = header_names([text_of(cell.value) for cell in cells])

    def records(self) -> Iterator[Record]:
        """Every row after the header."""
        width = len(self.columns)
        for number, cells in self._rows(self._header_row + 1, None):
            yield number, self._cells(cells, width)

    def _cells(self, cells: Sequence[Any], width: int) -> list[str] | BadCellError:
        texts = []
        for index, cell in enumerate(cells):
            if cell.value is None:
                texts.append("")
                continue
            if index >= width:
                return beyond_header(index)
            column = self.columns[index]
            if cell.data_type == "f":
                return BadCellError(column, "是公式，不是数据", "is a formula and no data", "UNSAFE_FILE")
            if cell.data_type == "e":
                return error_cell(column)
            texts.append(text_of(cell.value))
        return texts[:width] + [""] * (width - len(texts))

    def _rows(self, first: int, last: int | None) -> Iterator[tuple[int, Sequence[Any]]]:
        """Rows with their numbers. Raises UnusableFileError, KeyError."""
        from openpyxl import load_workbook

        try:
            with self._file.open("rb") as stream:  # by its content, whatever its name ends with
                yield from self._rows_of(load_workbook(stream, read_only=True, keep_links=False), first, last)
        except OSError as error:
            raise UnreadableFileError(self._file, *system_reason(error)) from None
        except (KeyError, UnusableFileError):
            raise
        except Exception as error:  # whatever a damaged workbook makes the library raise
            raise damaged(self._file) from error

    def _rows_of(self, book: Any, first: int, last: int | None) -> Iterator[tuple[int, Sequence[Any]]]:
        with closing(book):
            if book.epoch.year != 1899:
                zh, en = "使用 1904 日期系统，请改用 1900 日期系统", "has the 1904 date system: use that of 1900"
                raise UnusableFileError(self._file, zh, en, "DATE")
            sheet = book.worksheets[0] if self._sheet is None else book[self._sheet]
            sheet.reset_dimensions()
            yield from enumerate(sheet.iter_rows(min_row=first, max_row=last), first)


def text_of(value: object) -> str:
    """A cell's value as the text that a clerk sees: a number with at most fifteen digits, a day as YYYY-MM-DD."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int() if abs(value) < 10**_SURE_DIGITS:
            return str(value)
        case int() | float():
            plain = f"{value:.{_SURE_DIGITS}g}"
            if "e" not in plain:
                return plain
            return plain.upper() if abs(value) >= 1 else f"{value:.20f}".rstrip("0")
        case datetime() if not (value.hour or value.minute or value.second or value.microsecond):
            return value.date().isoformat()
        case date():
            return value.isoformat()
    return str(value)


def _look_at_archive(file: Path) -> None:
    """Raises UnusableFileError where the archive is damaged or would be dangerous to read."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
                zh, en = "解压后过大，不予读取", "would unpack to too much and is not read"
                raise UnusableFileError(file, zh, en, "UNSAFE_FILE")
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")):
                    with archive.open(entry) as stream:
                        head = stream.read(_HEAD_BYTES)
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                        zh, en = (
                            "含有文档类型声明（DOCTYPE），不予读取",
                            "has a document type (DOCTYPE) and is not read",
                        )
                        raise UnusableFileError(file, zh, en, "UNSAFE_FILE")
    except OSError as error:
        if error.errno == errno.EINVAL:  # the archive names a place that no file has
            raise damaged(file) from None
        raise UnreadableFileError(file, *system_reason(error)) from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError):
        raise damaged(file) from None
