"""Writes records as a file of a province's own form: columns, encoding and line ends as its mapping says.

Each record may bear remarks (`REJECT_COLUMNS`) behind its cells, which a reader of the form passes over. A character
that the encoding lacks is an error, never a question mark.
"""

from __future__ import annotations

import csv
import io
import json
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from jinbao.regional_adapter.files.mapping.mapping_file import FormRule, Mapping
from jinbao.regional_adapter.files.readers.fixed_width_source import COMMENT
from jinbao.regional_adapter.files.readers.source import REJECT_COLUMNS
from jinbao.rules.unprintable import printable
from jinbao.storage.sqlite_file import make_private

Rows = Sequence[Sequence[str]]
Writer = Callable[[Mapping, FormRule, Sequence[str], Rows], bytes]


def write_records(file: Path, mapping: Mapping, form: FormRule, columns: Sequence[str], rows: Rows) -> None:
    """Write rows of cells and remarks, whole or not at all; the file is its owner's alone."""
    data = _WRITERS[mapping.format](mapping, form, columns, rows)
    draft = file.with_name(file.name + ".part")
    make_private(draft)
    draft.write_bytes(data)
    draft.replace(file)


def _csv(mapping: Mapping, form: FormRule, columns: Sequence[str], rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=mapping.delimiter, lineterminator="\r\n")
    writer.writerows([""] * len(columns) for _ in range(form.title_rows))
    writer.writerow([*columns, *REJECT_COLUMNS])
    writer.writerows(rows)
    return text.getvalue().encode(mapping.encoding)


def _workbook(mapping: Mapping, form: FormRule, columns: Sequence[str], rows: Rows) -> bytes:
    """Every cell is text, so that no number is rounded and nothing is a formula."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(form.sheet or "退回")
    titles: Rows = [[""]] * form.title_rows
    for row in (*titles, [*columns, *REJECT_COLUMNS], *rows):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, printable(text, lines=True))
            cell.data_type, cell.number_format = "s", "@"
            cells.append(cell)
        sheet.append(cells)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _json_lines(mapping: Mapping, form: FormRule, columns: Sequence[str], rows: Rows) -> bytes:
    names = [*columns, *REJECT_COLUMNS]
    lines = (json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode(mapping.encoding)


def _xml(mapping: Mapping, form: FormRule, columns: Sequence[str], rows: Rows) -> bytes:
    names = [*columns, *REJECT_COLUMNS]
    lines = [f'<?xml version="1.0" encoding="{mapping.encoding}"?>', "<REJECTS>"]
    for row in rows:
        cells = (f"<{name}>{escape(printable(cell))}</{name}>" for name, cell in zip(names, row, strict=True))
        lines.append(f"<{form.record}>{''.join(cells)}</{form.record}>")
    return "\n".join([*lines, "</REJECTS>", ""]).encode(mapping.encoding)


def _fixed_width(mapping: Mapping, form: FormRule, columns: Sequence[str], rows: Rows) -> bytes:
    places = {rule.column: rule.at for rule in form.columns if rule.at is not None}
    written = b""
    for row in rows:
        line = bytearray(b" " * (form.length or 1))
        tag = (form.record or "").encode(mapping.encoding)
        line[: len(tag)] = tag
        for column, cell in zip(columns, row, strict=False):
            first, last = places[column]
            line[first - 1 : last] = cell.encode(mapping.encoding).ljust(last - first + 1)
        remarks = " ".join(row[len(columns) :])
        written += bytes(line) + COMMENT + remarks.encode(mapping.encoding) + b"\r\n"
    return written


def _dbf(mapping: Mapping, form: FormRule, columns: Sequence[str], rows: Rows) -> bytes:
    """All fields are text, as wide as their longest cell."""
    names = [*columns, *REJECT_COLUMNS]
    cells = [[_within(cell, mapping.encoding) for cell in row] for row in rows]
    widths = [max(1, *map(len, column)) for column in zip(*cells, strict=True)]
    head = struct.pack("<BBBBIHH20x", 3, 125, 1, 1, len(cells), 33 + 32 * len(names), 1 + sum(widths))
    for name, width in zip(names, widths, strict=True):
        head += struct.pack("<11sc4xBB14x", name.encode(mapping.encoding), b"C", width, 0)
    body = b"".join(
        b" " + b"".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells
    )
    return head + b"\r" + body + b"\x1a"


_DBF_BYTES = 254


def _within(cell: str, encoding: str) -> bytes:
    """A remark as far as a field of a table holds it; the cells come from such fields."""
    while len(data := cell.encode(encoding)) > _DBF_BYTES:
        cell = cell[:-1]
    return data


_WRITERS: dict[str, Writer] = {
    "csv": _csv,
    "xlsx": _workbook,
    "xls": _workbook,
    "json-lines": _json_lines,
    "xml": _xml,
    "fixed-width": _fixed_width,
    "dbf": _dbf,
}
