"""Writes records as a file of a province's own form: columns, encoding and line ends as its mapping says.

A file of rejects bears remarks (`readers.source.REJECT_COLUMNS`) behind each record's cells, which a reader skips. A
character that the encoding lacks is an error, never a question mark.
"""

from __future__ import annotations

import csv
import io
import json
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from xml.sax.saxutils import escape

from jinbao.regional_adapter.files.mapping.mapping_file import ColumnRule, FormRule, Mapping
from jinbao.regional_adapter.files.out_values import DECIMALS
from jinbao.regional_adapter.files.readers.fixed_width_source import COMMENT
from jinbao.regional_adapter.files.readers.source import column_name
from jinbao.regional_adapter.files.text_workbook import text_workbook
from jinbao.rules.unprintable import printable
from jinbao.storage.sqlite_file import make_private

Rows = Sequence[Sequence[str]]
Rules = Sequence[ColumnRule]
"""Of the columns of a delivered form, in order; none where every cell is text as it stands."""
Writer = Callable[[Mapping, FormRule, Sequence[str], Rows, Rules], bytes]


@dataclass(frozen=True, slots=True)
class Written:
    """Rows of cells of one form, remarks behind them."""

    form: FormRule
    names: Sequence[str]
    rows: Rows


def write_rejects_as(file: Path, mapping: Mapping, parts: Sequence[Written]) -> None:
    """Write the rejects of a file's forms, whole or not at all; the file is its owner's alone."""
    draft = file.with_name(file.name + ".part")
    make_private(draft)
    if mapping.format in ("xlsx", "xls"):
        data = _workbook_of(
            [(_sheet(one, parts), [*_titles(one.form, one.names), one.names, *one.rows]) for one in parts]
        )
    elif mapping.format == "xml":
        data = _document(
            mapping, "REJECTS", [line for one in parts for line in _elements(one.form, one.names, one.rows)]
        )
    else:
        data = b"".join(encoded(mapping, one.form, one.names, one.rows) for one in parts)
    draft.write_bytes(data)
    draft.replace(file)


def _sheet(one: Written, parts: Sequence[Written]) -> str:
    return one.form.sheet or ("退回" if len(parts) == 1 else one.form.layout.name)


def _workbook_of(sheets: Sequence[tuple[str, Rows]]) -> bytes:
    return text_workbook({name: [[printable(t, lines=True) for t in row] for row in rows] for name, rows in sheets})


def encoded(mapping: Mapping, form: FormRule, names: Sequence[str], rows: Rows, rules: Rules = ()) -> bytes:
    """The file's bytes. `rules`: where given, numbers and days have the format's own types."""
    return _WRITERS[mapping.format](mapping, form, names, rows, rules)


def with_total(form: FormRule, names: Sequence[str], rows: Rows) -> tuple[Sequence[str], Rows]:
    """As a province's system writes it: running numbers, and behind the rows the total row, where the form has one."""
    total = form.total
    if total is None:
        return names, rows
    if total.column not in map(column_name, names):
        names, rows = [total.column, *names], [[str(number), *row] for number, row in enumerate(rows, 1)]
    last = []
    for at, name in enumerate(map(column_name, names)):
        if name == total.column:
            last.append(total.text)
        elif name in total.sums:
            last.append(str(sum(Decimal(row[at] or 0) for row in rows)))
        else:
            last.append(str(len(rows)) if name == total.count else "")
    return names, [*rows, last]


def _titles(form: FormRule, names: Sequence[str]) -> Rows:
    """The rows above the header; the first says which form it is."""
    return [[form.layout.name if at == 0 else "", *[""] * (len(names) - 1)] for at in range(form.title_rows)]


def _csv(mapping: Mapping, form: FormRule, names: Sequence[str], rows: Rows, rules: Rules) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=mapping.delimiter, lineterminator="\r\n")
    writer.writerows([*_titles(form, names), names, *rows])
    mark = "\ufeff" if mapping.bom else ""
    return (mark + text.getvalue()).encode(mapping.encoding)


def _workbook(mapping: Mapping, form: FormRule, names: Sequence[str], rows: Rows, rules: Rules) -> bytes:
    """Every cell is text, so that no number is rounded and nothing is a formula."""
    written = (*_titles(form, names), names, *rows)
    sheet = form.sheet or form.layout.name
    return text_workbook({sheet: written}) if rules else _workbook_of([(sheet, written)])


def _json_lines(mapping: Mapping, form: FormRule, names: Sequence[str], rows: Rows, rules: Rules) -> bytes:
    lines = (
        json.dumps(
            {name: json_value(cell, rule) for name, cell, rule in zip_longest(names, row, rules)}, ensure_ascii=False
        )
        for row in rows
    )
    return "".join(f"{line}\n" for line in lines).encode(mapping.encoding)


_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
"""A whole number that every reader of JSON keeps; what has decimals is text, since many make a float of it."""


def json_value(cell: str, rule: ColumnRule | None) -> object:
    """A cell as JSON has it: whole numbers, true and false where the column says so, else text."""
    if rule is None:
        return cell
    if rule.codes is not None and cell in ("true", "false"):
        return cell == "true"
    is_number = rule.kind in ("amount", "number", "rate") and rule.codes is None
    return int(cell) if is_number and _JSON_NUMBER.fullmatch(cell) else cell


def _xml(mapping: Mapping, form: FormRule, names: Sequence[str], rows: Rows, rules: Rules) -> bytes:
    root = "DATA" if form.record != "DATA" else "RECORDS"
    return _document(mapping, root, _elements(form, names, rows, rules))


def _document(mapping: Mapping, root: str, elements: Iterable[str]) -> bytes:
    head = f'<?xml version="1.0" encoding="{mapping.encoding}"?>'
    return "\n".join([head, f"<{root}>", *elements, f"</{root}>", ""]).encode(mapping.encoding)


def _elements(form: FormRule, names: Sequence[str], rows: Rows, rules: Rules = ()) -> Iterator[str]:
    for row in rows:
        cells = (f"<{name}>{_xml_text(cell, rules)}</{name}>" for name, cell in zip(names, row, strict=True))
        yield f"<{form.record}>{''.join(cells)}</{form.record}>"


def _xml_text(cell: str, rules: Rules) -> str:
    return escape(cell, {"\r": "&#13;"}) if rules else escape(printable(cell))


def _fixed_width(mapping: Mapping, form: FormRule, names: Sequence[str], rows: Rows, rules: Rules) -> bytes:
    places = [rule.at for rule in rules] if rules else [form.by_column[n].at for n in names if n in form.by_column]
    written = b""
    for row in rows:
        line = bytearray(b" " * (form.length or 1))
        tag = (form.record or "").encode(mapping.encoding)
        line[: len(tag)] = tag
        for at, cell in zip(places, row, strict=False):
            assert at is not None, "every column of such a form has its place"
            first, last = at
            line[first - 1 : last] = cell.encode(mapping.encoding).ljust(last - first + 1)
        remarks = row[len(places) :]
        written += bytes(line) + (COMMENT + " ".join(remarks).encode(mapping.encoding) if remarks else b"") + b"\r\n"
    return written


def _dbf(mapping: Mapping, form: FormRule, names: Sequence[str], rows: Rows, rules: Rules) -> bytes:
    """Fields of a delivered form as its columns say; of rejects all are text, as wide as their longest cell."""
    cells = [[_within(cell, mapping.encoding) for cell in row] for row in rows]
    if rules:
        fields = [(_dbf_kind(rule), rule.width or 1, _dbf_decimals(rule)) for rule in rules]
    else:
        fields = [(b"C", max(1, *map(len, column)), 0) for column in zip(*cells, strict=True)]
    length = 1 + sum(width for _, width, _ in fields)
    head = struct.pack("<BBBBIHH20x", 3, 125, 1, 1, len(cells), 33 + 32 * len(names), length)
    for name, (kind, width, decimals) in zip(names, fields, strict=True):
        head += struct.pack("<11sc4xBB14x", name.encode(mapping.encoding), kind, width, decimals)
    body = b""
    for row in cells:
        body += b" "
        for cell, (kind, width, _) in zip(row, fields, strict=True):
            body += cell.rjust(width) if kind == b"N" else cell.ljust(width)
    return head + b"\r" + body + b"\x1a"


_DBF_BYTES = 254
_DBF_DAY_BYTES = 8


def _dbf_kind(rule: ColumnRule) -> bytes:
    """D for a day as the format writes it, N for a number with its decimals, else C."""
    if rule.codes is None and rule.kind == "date" and rule.writing.dates[0] == "YYYYMMDD":
        return b"D" if rule.width == _DBF_DAY_BYTES else b"C"
    return b"N" if rule.codes is None and rule.kind in ("amount", "number", "rate") else b"C"


def _dbf_decimals(rule: ColumnRule) -> int:
    return DECIMALS[rule.writing.unit] if rule.kind == "amount" else 2 if rule.kind == "rate" else 0


def _within(cell: str, encoding: str) -> bytes:
    """A remark as far as a field of a table holds it; the cells come from such fields, or were found to fit."""
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
