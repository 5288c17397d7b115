"""The rows of an XLSX sheet, cell by cell: only what stands in the file, however far from the other cells it lies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import IO, Any, NamedTuple

from jinbao.regional_adapter.files.readers.xlsx_package import XlsxPackage, forget, refuse_document_type, text_in

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_PLACE = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")
_MOST_COLUMNS, _MOST_ROWS = 16_384, 1_048_576
_SURE_DIGITS = 15
"""A spreadsheet keeps no more digits of a number."""


class XlsxCell(NamedTuple):
    """A cell that is not empty."""

    kind: str
    """`text`, `formula` or `error`."""
    text: str


Cells = dict[int, XlsxCell]
"""By their columns, the first being 0."""


def rows_of(stream: IO[bytes], package: XlsxPackage) -> Iterator[tuple[int, Cells]]:
    """Each row that the file has, with its number. Raises ValueError where numbers do not ascend, and as XML does."""
    from lxml import etree

    number, cells, column = 0, Cells(), -1
    events = etree.iterparse(stream, tag=("{*}row", "{*}c"), resolve_entities=False, no_network=True)
    for at, (_, element) in enumerate(events):
        if at == 0:
            refuse_document_type(element)
        if element.tag.endswith("}c"):
            place = element.get("r")
            column = column + 1 if place is None else _column(place)
            if column in cells or column >= _MOST_COLUMNS:
                raise ValueError(place)
            cell = _cell(element, package)
            if cell is not None:
                cells[column] = cell
        else:
            named = element.get("r")
            before, number = number, number + 1 if named is None else int(named)
            if not before < number <= _MOST_ROWS:
                raise ValueError(named)
            yield number, cells
            cells, column = {}, -1
        forget(element)


def _column(place: str) -> int:
    match = _PLACE.fullmatch(place)
    if match is None:
        raise ValueError(place)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return column - 1


def _cell(element: Any, package: XlsxPackage) -> XlsxCell | None:
    kind = element.get("t", "n")
    if element.find("{*}f") is not None:
        return XlsxCell("formula", "")
    if kind == "inlineStr":
        inline = element.find("{*}is")
        text = "" if inline is None else text_in(inline)
    else:
        text = element.findtext("{*}v") or ""
        if not text:
            return None
        match kind:
            case "e":
                return XlsxCell("error", "")
            case "s":
                text = package.texts[int(text)]
            case "b":
                text = text_of(text in ("1", "true"))
            case "n":
                return _number(text, int(element.get("s", 0)), package)
            case "d":
                text = text.removesuffix("T00:00:00")
    return XlsxCell("text", text) if text else None


def _number(text: str, style: int, package: XlsxPackage) -> XlsxCell:
    """A number as a clerk sees it; what is no number stays as it is written, to be refused by its column."""
    if _NUMBER.fullmatch(text) is None:
        return XlsxCell("text", text)
    value = int(text) if text.lstrip("-").isdigit() and len(text) <= _SURE_DIGITS else float(text)
    if style not in package.date_styles:
        return XlsxCell("text", text_of(value))
    from openpyxl.utils.datetime import from_excel

    try:
        return XlsxCell("text", text_of(from_excel(value)))
    except (ValueError, OverflowError):
        return XlsxCell("error", "")


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
