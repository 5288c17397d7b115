"""Reads XLSX: the sheet's rows with their own numbers, every cell as the text that a clerk sees.

The sheet's own claim of its size is not believed, rows that it does not have are none, and a formula is no data.
"""

from __future__ import annotations

import errno
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jinbao.language.system_errors import system_reason
from jinbao.regional_adapter.files.form_rows import BadCellError, UnreadableFileError, UnusableFileError
from jinbao.regional_adapter.files.readers.source import Record, beyond_header, damaged, error_cell, header_names
from jinbao.regional_adapter.files.readers.xlsx_package import DocumentType, XlsxPackage
from jinbao.regional_adapter.files.readers.xlsx_sheet import Cells, rows_of


class XlsxSource:
    """One sheet, the first unless another is named, whose header stands after `title_rows` rows."""

    def __init__(self, file: Path, *, sheet: str | None = None, title_rows: int = 0) -> None:
        """Raises UnusableFileError where it cannot be read, KeyError where there is no such sheet."""
        self._file = file
        self._sheet = sheet
        self._header_row = title_rows + 1
        self.columns: Sequence[str] = ()
        self._begun: Iterator[tuple[int, Cells]] | None = self._rows()
        """Read as far as the header: the first reading of the records goes on there, and opens nothing anew."""
        for number, cells in self._begun:
            if number == self._header_row:
                texts = [cells[at].text if at in cells else "" for at in range(max(cells, default=-1) + 1)]
                self.columns = header_names(texts)
                break
            if number > self._header_row:
                self._begun = None
                break

    def records(self) -> Iterator[Record]:
        """Every row after the header."""
        width = len(self.columns)
        rows, self._begun = self._begun or self._rows(), None
        for number, cells in rows:
            if number > self._header_row:
                yield number, self._cells(cells, width)

    def _cells(self, cells: Cells, width: int) -> list[str] | BadCellError:
        texts = [""] * width
        for index, cell in sorted(cells.items()):
            if index >= width:
                return beyond_header(index)
            if cell.kind == "formula":
                return BadCellError(self.columns[index], "是公式，不是数据", "is a formula and no data", "UNSAFE_FILE")
            if cell.kind == "error":
                return error_cell(self.columns[index])
            texts[index] = cell.text
        return texts

    def _rows(self) -> Iterator[tuple[int, Cells]]:
        """Rows with their numbers. Raises UnusableFileError, KeyError."""
        with _explained(self._file), zipfile.ZipFile(self._file) as archive:
            package = XlsxPackage(self._file, archive)
            try:
                stream = package.sheet(self._sheet)
            except KeyError as error:
                raise _NoSheet(error.args[0]) from None
            with stream:
                yield from rows_of(stream, package)


class _NoSheet(KeyError):
    """The workbook has no sheet of this name."""


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    try:
        yield
    except (_NoSheet, UnusableFileError):
        raise
    except DocumentType:
        zh, en = "含有文档类型声明（DOCTYPE），不予读取", "has a document type (DOCTYPE) and is not read"
        raise UnusableFileError(file, zh, en) from None
    except OSError as error:
        if error.errno in (None, errno.EINVAL):  # the archive names a place that no file has
            raise damaged(file) from None
        raise UnreadableFileError(file, *system_reason(error)) from None
    except Exception as error:  # whatever a damaged workbook makes the libraries raise
        raise damaged(file) from error
