"""Writes a table of cells in each of the seven formats, also cells that no good file has."""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape

from jinbao.regional_adapter.files.mapping.mapping_file import FormRule, Mapping

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class SampleTable:
    """A file of a form as cells: header, records and total row."""

    mapping: Mapping
    form: FormRule
    suffix: str
    columns: Sequence[str]
    rows: Rows

    def with_rows(self, rows: Rows) -> SampleTable:
        """The same with other records."""
        return replace(self, rows=rows)

    @property
    def records(self) -> int:
        """Records as a reader counts them, title rows among them."""
        return len(self.rows) + self.form.title_rows

    @property
    def bounds_are_sure(self) -> bool:
        """Whether no cell can be taken for the end of a record or of the file."""
        return all(cell.isprintable() for row in self.rows for cell in row)

    def encoded(self) -> bytes:
        """The file. Raises UnicodeEncodeError where the encoding lacks a character."""
        return _FORMATS[self.mapping.format](self)


def _csv(table: SampleTable) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=table.mapping.delimiter, lineterminator="\r\n")
    writer.writerows([["标题"]] * table.form.title_rows)
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return text.getvalue().encode(table.mapping.encoding)


def _json_lines(table: SampleTable) -> bytes:
    lines = (json.dumps(dict(zip(table.columns, row, strict=False)), ensure_ascii=False) for row in table.rows)
    return "".join(f"{line}\n" for line in lines).encode(table.mapping.encoding)


def _xml(table: SampleTable) -> bytes:
    record = table.form.record
    lines = ['<?xml version="1.0" encoding="gb2312"?>', "<DATA>"]
    for row in table.rows:
        cells = (f"<{name}>{escape(cell)}</{name}>" for name, cell in zip(table.columns, row, strict=False))
        lines.append(f"<{record}>{''.join(cells)}</{record}>")
    return "\n".join([*lines, "</DATA>", ""]).encode(table.mapping.encoding)


def _fixed_width(table: SampleTable) -> bytes:
    form, encoding = table.form, table.mapping.encoding
    places = [rule.at for rule in form.columns if rule.at is not None]
    lines = []
    for row in table.rows:
        line = bytearray(b" " * (form.length or 1))
        tag = (form.record or "").encode(encoding)
        line[: len(tag)] = tag
        for (first, last), cell in zip(places, row, strict=False):
            line[first - 1 : last] = cell.encode(encoding).ljust(last - first + 1)[: last - first + 1]
        lines.append(bytes(line) + b"\r\n")
    return b"".join(lines)


_MOST_BYTES = 254


def _dbf(table: SampleTable) -> bytes:
    encoding = table.mapping.encoding
    cells = [[cell.encode(encoding)[:_MOST_BYTES] for cell in row] for row in table.rows]
    widths = [max([8, *(len(row[at]) for row in cells if at < len(row))]) for at in range(len(table.columns))]
    head = struct.pack("<BBBBIHH20x", 3, 125, 1, 1, len(cells), 33 + 32 * len(widths), 1 + sum(widths))
    for name, width in zip(table.columns, widths, strict=True):
        head += struct.pack("<11sc4xBB14x", name.encode(encoding), b"C", width, 0)
    body = b""
    for row in cells:
        padded = [*row, *([b""] * len(widths))]
        body += b" " + b"".join(cell.ljust(width) for cell, width in zip(padded, widths, strict=False))
    return head + b"\r" + body + b"\x1a"


_OFFICE = "http://schemas.openxmlformats.org"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_OFFICE}/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override '
    'PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_OFFICE}/package/2006/relationships"><Relationship Id="r1" '
    f'Type="{_OFFICE}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_OFFICE}/spreadsheetml/2006/main" '
    f'xmlns:r="{_OFFICE}/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_OFFICE}/package/2006/relationships"><Relationship Id="r1" '
    f'Type="{_OFFICE}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def _xlsx(table: SampleTable) -> bytes:
    rows = [*([["标题"]] * table.form.title_rows), table.columns, *table.rows]
    lines = (f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
    head = f'<worksheet xmlns="{_OFFICE}/spreadsheetml/2006/main"><sheetData>'
    sheet = f"{head}{''.join(lines)}</sheetData></worksheet>"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {**_PARTS, "xl/worksheets/sheet1.xml": sheet}.items():
            archive.writestr(name, part)
    return made.getvalue()


_DIGITS_OF_A_NUMBER = 15


def _cell(text: str) -> str:
    """Short numbers as such, what begins with = as a formula, all else as text."""
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS_OF_A_NUMBER:
        return f"<c><v>{text}</v></c>"
    if text.startswith("="):
        return f"<c><f>{escape(text[1:])}</f></c>"
    return f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>' if text else "<c/>"


_FORMATS: dict[str, Callable[[SampleTable], bytes]] = {
    "csv": _csv,
    "json-lines": _json_lines,
    "xml": _xml,
    "fixed-width": _fixed_width,
    "dbf": _dbf,
    "xlsx": _xlsx,
}
