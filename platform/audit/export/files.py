"""Files of an export: a table as CSV, XLSX or Parquet, written as its rows are read, so that memory stays bounded."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

from jinbao.platform.audit.export.tables import Column, Value
from jinbao.presentation.spreadsheet_cell import BOM, cell

Format = Literal["parquet", "csv", "xlsx"]
Rows = Iterable[tuple[Value, ...]]

XLSX_ROWS = 1_048_576
"""Rows of a sheet, its heading among them."""
LONGEST_XLSX_CELL = 32_767
"""Characters; a longer text ends with …, and stands whole in the other formats."""
_LONGEST_INTEGER = 10**15
"""A spreadsheet keeps fifteen digits."""
_ROW_GROUP = 50_000


@dataclass(frozen=True, slots=True)
class Written:
    """A file of an export."""

    file: str
    rows: int
    sha256: str


def write_table(folder: Path, name: str, columns: Sequence[Column], rows: Rows, form: Format) -> Iterator[Written]:
    """Write a table; several files where a sheet of XLSX is full. Raises OSError."""
    if form == "xlsx":
        yield from _write_sheets(folder, name, columns, rows)
        return
    path = folder / f"{name}.{form}"
    written = _write_csv(path, columns, rows) if form == "csv" else _write_parquet(path, columns, rows)
    yield Written(path.name, written, digest_of(path))


def digest_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    found = sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            found.update(part)
    return found.hexdigest()


def _spreadsheet(value: Value) -> int | str:
    """An integer that a spreadsheet keeps, else text that it takes for text."""
    if isinstance(value, int) and abs(value) < _LONGEST_INTEGER:
        return value
    return cell(value)


def _write_csv(path: Path, columns: Sequence[Column], rows: Rows) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(BOM)
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([column.name for column in columns])
        for row in rows:
            writer.writerow([_spreadsheet(value) for value in row])
            count += 1
    return count


def _write_sheets(folder: Path, name: str, columns: Sequence[Column], rows: Rows) -> Iterator[Written]:
    """A workbook for each `XLSX_ROWS`; one at least."""
    left = iter(rows)
    number, first = 1, next(left, None)
    while number == 1 or first is not None:
        some = islice(chain([] if first is None else [first], left), XLSX_ROWS - 1)
        path = folder / (f"{name}.xlsx" if number == 1 else f"{name}-{number}.xlsx")
        yield Written(path.name, _write_xlsx(path, columns, some), digest_of(path))
        number, first = number + 1, next(left, None)


def _write_xlsx(path: Path, columns: Sequence[Column], rows: Rows) -> int:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet("table")
    sheet.append([column.name for column in columns])
    count = 0

    def made(value: Value) -> Any:
        if value is None or (isinstance(value, int) and abs(value) < _LONGEST_INTEGER):
            return value
        told = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", str(value))
        text = WriteOnlyCell(
            sheet, value=told if len(told) <= LONGEST_XLSX_CELL else told[: LONGEST_XLSX_CELL - 1] + "…"
        )
        text.data_type = "s"  # openpyxl would take what begins with = for a formula
        text.number_format = "@"
        return text

    for row in rows:
        sheet.append([made(value) for value in row])
        count += 1
    book.save(path)
    return count


def _write_parquet(path: Path, columns: Sequence[Column], rows: Rows) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"integer": pa.int64(), "text": pa.string()}
    schema = pa.schema([(column.name, types[column.type]) for column in columns])
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        left = iter(rows)
        while some := list(islice(left, _ROW_GROUP)):
            arrays = [
                pa.array(values, field.type) for values, field in zip(zip(*some, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(some)
    return count
