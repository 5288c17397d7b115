"""An XLSX workbook whose every cell is text (format @): no number is rounded, nothing is a formula.

Written here and not by openpyxl, which takes 25 ms a workbook for styles and properties that these files do not have.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FORMATS = "http://schemas.openxmlformats.org"
_MAIN = f"{_FORMATS}/spreadsheetml/2006/main"
_RELATIONS = f"{_FORMATS}/package/2006/relationships"
_OFFICE = f"{_FORMATS}/officeDocument/2006/relationships"
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_TEXT_STYLE = 1
"""Of the cells, in the list of styles; number format 49 is @."""

_PACKAGE = (
    f'<Relationships xmlns="{_RELATIONS}">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def text_workbook(sheets: Mapping[str, Iterable[Sequence[str]]]) -> bytes:
    """The workbook's bytes; rows by sheet. Every text must be one that XML can hold."""
    parts = _parts(list(sheets))
    for at, rows in enumerate(sheets.values(), 1):
        lines = (
            f'<row r="{number}">{"".join(_cell(f"{_letters(at)}{number}", text) for at, text in enumerate(row))}</row>'
            for number, row in enumerate(rows, 1)
        )
        table = f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
        parts[f"xl/worksheets/sheet{at}.xml"] = table
    made = io.BytesIO()
    with ZipFile(made, "w") as package:
        for name, part in parts.items():
            package.writestr(ZipInfo(name), _HEAD + part, ZIP_DEFLATED)
    return made.getvalue()


def _parts(sheets: Sequence[str]) -> dict[str, str]:
    """All but the sheets themselves; the first relations of a workbook are its sheets, the last is its styles."""
    numbered = list(enumerate(sheets, 1))
    named = "".join(f'<sheet name={quoteattr(name)} sheetId="{at}" r:id="rId{at}"/>' for at, name in numbered)
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="{_CONTENT}.worksheet+xml"/>'
        for at, _ in numbered
    )
    relations = "".join(
        f'<Relationship Id="rId{at}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at, _ in numbered
    )
    styles = f'<Relationship Id="rId{len(sheets) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    return {
        "[Content_Types].xml": (
            f'<Types xmlns="{_FORMATS}/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_CONTENT}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_CONTENT}.styles+xml"/>{types}</Types>'
        ),
        "_rels/.rels": _PACKAGE,
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{relations}{styles}</Relationships>',
        "xl/styles.xml": _STYLES,
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>',
    }


def _cell(place: str, text: str) -> str:
    """An empty cell is text too, for whoever writes a number into it."""
    if not text:
        return f'<c r="{place}" s="{_TEXT_STYLE}"/>'
    held = escape(text, {"\r": "&#13;"})
    return f'<c r="{place}" s="{_TEXT_STYLE}" t="inlineStr"><is><t xml:space="preserve">{held}</t></is></c>'


def _letters(at: int) -> str:
    """A column's letters: A, …, Z, AA, …"""
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
