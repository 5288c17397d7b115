"""What a mapping file may say, by format: each key with the shape of its value."""

from __future__ import annotations

from jinbao.regional_adapter.files.import_layouts import LAYOUTS
from jinbao.regional_adapter.files.mapping.out_layouts import OUT_LAYOUTS
from jinbao.regional_adapter.files.mapping.shapes import (
    Found,
    Problem,
    Shape,
    day,
    flag,
    list_of,
    one_of,
    table,
    table_of,
    text,
    whole,
)

FORMATS = ("csv", "fixed-width", "json-lines", "xml", "xlsx", "xls", "dbf")
ENCODINGS = ("gb18030", "gbk", "gb2312", "utf-8")
DATES = ("YYYY-MM-DD", "YYYYMMDD", "YYYY/M/D", "YYYY.M.D", "YYYY年M月D日", "excel")
"""`excel`: the serial number of a day, or a cell that is formatted as a date."""
UNITS = ("yuan", "wan-yuan", "fen")
NUMBERS = ("full-width", "thousands", "parentheses", "trailing-minus")
"""How numbers may be written besides plain ASCII digits with a point."""
IDS = (15, 18)

_WRITING: dict[str, Shape] = {
    "dates": list_of(one_of(DATES), 1),
    "unit": one_of(UNITS),
    "numbers": list_of(one_of(NUMBERS)),
    "ids": list_of(one_of(IDS), 1),
}
_BYTES = list_of(whole(1, 100_000), 2, 2)
_BINARY = ("xlsx", "xls")
"""Formats that say themselves how characters are encoded."""
_HAS_TITLE = ("csv", "xlsx", "xls")
_READ_ONLY = ("ignored", "constants", "total")
"""Of forms that are read; those that are written have columns alone."""


def of_format(format: object) -> Shape:
    """The shape of a mapping file of a format; of an unknown one, that of any."""
    known = format if isinstance(format, str) and format in FORMATS else None
    form_optional: dict[str, Shape] = {
        "ignored": list_of(text),
        "constants": table_of(text),
        "total": table({"column": text, "text": text}, {"sums": list_of(text), "count": text}),
    }
    column: dict[str, Shape] = {**_WRITING, "codes": table_of(text), "optional": flag, "line_breaks": _LINE_BREAKS}
    form_required: dict[str, Shape] = {}
    if known in _HAS_TITLE or known is None:
        form_optional["title_rows"] = whole(0, 100)
    if known in _BINARY or known is None:
        form_optional["sheet"] = text
    if known in ("xml", "fixed-width") or known is None:
        (form_required if known is not None else form_optional)["record"] = text
    if known == "fixed-width" or known is None:
        (form_required if known is not None else form_optional)["length"] = whole(1, 100_000)
        column["at"] = _BYTES
    out_optional = {key: shape for key, shape in form_optional.items() if key not in _READ_ONLY}
    out_column = {key: shape for key, shape in column.items() if key != "optional"}
    if known == "fixed-width" or known is None:
        out_column["zeros"] = flag
    if known == "dbf" or known is None:
        out_column["width"] = whole(1, 254)
    out_columns = table_of(column_shape(table({"field": text}, out_column)))
    out_form = table({**form_required, "columns": out_columns}, out_optional)
    form_required["columns"] = table_of(column_shape(table({"field": text}, column)))
    required: dict[str, Shape] = {
        "name": text,
        "version": whole(1, 1_000_000),
        "valid_from": day,
        "format": one_of(FORMATS),
        "forms": table_of(table(form_required, form_optional), [layout.name for layout in LAYOUTS]),
    }
    optional: dict[str, Shape] = {
        "values": table({}, {**_WRITING, "line_breaks": _LINE_BREAKS, "names": one_of(("strict", "any"))}),
        "same_key": one_of(("both", "second")),
        "out": table_of(out_form, [layout.name for layout in OUT_LAYOUTS]),
    }
    if known not in _BINARY:
        (required if known is not None else optional)["encoding"] = encoding
    if known in ("csv", None):
        optional["delimiter"] = delimiter
        optional["bom"] = flag
    if known not in (*_BINARY, "dbf"):
        optional["mixed"] = flag
    if known in ("csv", "json-lines", "fixed-width", None):
        optional["last_line"] = one_of(("ended", "open"))
    return table(required, optional)


_LINE_BREAKS = one_of(("refuse", "blank"))


def column_shape(full: Shape) -> Shape:
    """A field's name, or a table that says more."""

    def check(value: object, path: str, found: Found) -> None:
        if isinstance(value, str):
            text(value, path, found)
        else:
            full(value, path, found)

    return check


def encoding(value: object, path: str, found: Found) -> None:
    """An encoding that is known, in any of its spellings."""
    one_of(ENCODINGS)(value.lower().replace("utf8", "utf-8") if isinstance(value, str) else value, path, found)


def delimiter(value: object, path: str, found: Found) -> None:
    """One ASCII character between cells."""
    if not isinstance(value, str) or len(value) != 1 or value in '"\r\n\0' or not value.isascii():
        problem = (
            "应为一个 ASCII 字符，不能是引号或换行符",
            "must be one ASCII character, no quotation mark or line end",
        )
        found.append(Problem(path, problem))
