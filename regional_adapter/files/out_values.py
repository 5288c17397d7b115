"""Values as a province writes them: the platform's writing turned into the province's, and what does not fit there.

Nothing is cut, replaced or guessed. A misfit names the column and what is too long or unknown, never the value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from jinbao.language.words import Words
from jinbao.regional_adapter.files.form_rows import BadCellError
from jinbao.regional_adapter.files.mapping.mapping_file import ColumnRule, Mapping
from jinbao.regional_adapter.files.mapping.values import reader_of

MAX_XLSX_CHARACTERS = 32_767
"""Of a cell of a workbook, counted as UTF-16 does."""
_LINE_BREAK = re.compile(r"\s*(?:\r\n|\r|\n)\s*")
_LEADING_ZEROS = re.compile(r"^0+(?=[0-9])")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPE_IN_XLSX = re.compile("_x[0-9A-Fa-f]{4}_")
"""A spreadsheet reads this as one character."""
_FIRST_OF_GB2312, _LAST_ROW_OF_GB2312 = 0xA1, 0xF7
_DAYS = {
    "YYYY-MM-DD": "{0.year:04}-{0.month:02}-{0.day:02}",
    "YYYYMMDD": "{0.year:04}{0.month:02}{0.day:02}",
    "YYYY/M/D": "{0.year:04}/{0.month}/{0.day}",
    "YYYY.M.D": "{0.year:04}.{0.month}.{0.day}",
    "YYYY年M月D日": "{0.year:04}年{0.month}月{0.day}日",
    "excel": "{0.year:04}-{0.month:02}-{0.day:02}",
}
DECIMALS = {"fen": 0, "yuan": 2, "wan-yuan": 6}
"""Of an amount in each unit."""
_AS_IT_STANDS = ("id", "name", "text", "province", "choice")


class MisfitError(Exception):
    """A value that cannot be written as the mapping says."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.words: Words = (zh, en)


def plain(value: str, rule: ColumnRule) -> str:
    """A value as it is delivered: without blanks around it, line breaks as blanks where the mapping says so."""
    value = value.strip()
    is_text = rule.kind == "text" and rule.codes is None
    return _LINE_BREAK.sub(" ", value) if is_text and rule.writing.line_breaks == "blank" else value


def cell_of(value: str, rule: ColumnRule, mapping: Mapping) -> str:
    """The province's writing of a value. Raises MisfitError."""
    value = plain(value, rule)
    if not value:
        return ""
    cell = _written(value, rule)
    if rule.zeros and rule.at is not None:
        cell = cell.zfill(rule.at[1] - rule.at[0] + 1)
    if value_of(cell, rule) != value:
        raise MisfitError("按对照文件写出后读不回原值", "written as the mapping says it would not be read as it was")
    _check_characters(cell, mapping)
    _check_width(cell, rule, mapping)
    return cell


def value_of(cell: str, rule: ColumnRule) -> str:
    """The platform's writing of a cell of a delivered form. Raises MisfitError."""
    cell = cell.strip()
    if rule.zeros and cell:
        cell = _LEADING_ZEROS.sub("", cell)
    read = None if rule.codes is None and rule.kind in _AS_IT_STANDS else reader_of(rule)
    if read is None or not cell:
        return cell
    try:
        return read(cell)
    except BadCellError as error:
        raise MisfitError(error.zh, error.en) from None


def _written(value: str, rule: ColumnRule) -> str:
    if rule.codes is not None:
        for code, word in rule.codes.items():
            if word == value:
                return code
        raise MisfitError("对照文件没有这个值的代码", "the mapping has no code for the value")
    writing = rule.writing
    match rule.kind:
        case "date":
            try:
                return _DAYS[writing.dates[0]].format(date.fromisoformat(value))
            except ValueError:
                raise MisfitError("不是日期", "is no day") from None
        case "amount":
            return _amount(value, writing.unit, writing.numbers)
        case "id" if len(value) in (15, 18) and value[:-1].isdigit() and len(value) not in writing.ids:
            zh, en = f"对照文件不允许 {len(value)} 位号码", f"the mapping allows no number of {len(value)} digits"
            raise MisfitError(zh, en)
    return value


def _amount(value: str, unit: str, numbers: Sequence[str]) -> str:
    """An amount in yuan with two decimals, in the province's unit with all its decimals."""
    digits = value.lstrip("-")
    fen, decimals = digits.replace(".", ""), DECIMALS[unit]
    if decimals:
        fen = fen.rjust(decimals + 1, "0")
        fen = f"{fen[:-decimals].lstrip('0') or '0'}.{fen[-decimals:]}"
    else:
        fen = fen.lstrip("0") or "0"
    if digits == value:
        return fen
    return f"({fen})" if "parentheses" in numbers else f"{fen}-" if "trailing-minus" in numbers else f"-{fen}"


def _check_characters(cell: str, mapping: Mapping) -> None:
    """Raises MisfitError for the first character that the file cannot hold as it is."""
    is_plain = cell.isascii() or (mapping.characters != "gb2312" and _is_encoded(cell, mapping.characters))
    if is_plain and cell.isprintable():  # as nearly every cell is
        return
    in_xml = mapping.format in ("xml", "xlsx", "xls")
    for at, character in enumerate(cell, 1):
        name = f"U+{ord(character):04X}"
        if not _is_encoded(character, mapping.characters):
            known = mapping.characters.upper()
            raise MisfitError(f"第 {at} 个字符 {name} 不在 {known} 中", f"character {at}, {name}, is not in {known}")
        if in_xml and _NOT_IN_XML.match(character):
            zh, en = f"第 {at} 个字符 {name} 不能写入此格式", f"character {at}, {name}, cannot be in this format"
            raise MisfitError(zh, en)
        if mapping.format == "fixed-width" and character in "\r\n":
            raise MisfitError(f"第 {at} 个字符是换行", f"character {at} is a line break")


def _is_encoded(character: str, characters: str) -> bool:
    """Whether a character (but for GB2312 a text too) is of an encoding; GBK and GB2312 are parts of GB18030."""
    try:
        data = character.encode(characters if characters in ("utf-8", "gbk") else "gb18030")
    except UnicodeEncodeError:
        return False
    if characters == "gb2312":
        return len(data) == 1 or (len(data) == 2 and data[0] <= _LAST_ROW_OF_GB2312 and min(data) >= _FIRST_OF_GB2312)
    return True


def _check_width(cell: str, rule: ColumnRule, mapping: Mapping) -> None:
    if mapping.format in ("xlsx", "xls"):
        if len(cell.encode("utf-16-le")) > 2 * MAX_XLSX_CHARACTERS:
            limit = MAX_XLSX_CHARACTERS
            raise MisfitError(f"超过 {limit} 个字符", f"longer than {limit} characters")
        if _ESCAPE_IN_XLSX.search(cell):
            raise MisfitError("含有电子表格会改读的 _xNNNN_", "holds _xNNNN_, which a spreadsheet reads otherwise")
        return
    width = rule.width if mapping.format == "dbf" else None
    if mapping.format == "fixed-width" and rule.at is not None:
        width = rule.at[1] - rule.at[0] + 1
    if width is not None and (needed := len(cell.encode(mapping.encoding))) > width:
        raise MisfitError(f"需 {needed} 字节，只有 {width} 字节", f"needs {needed} bytes, and there are {width}")
