"""Values as a province writes them, turned into the writing of the platform's own forms by exact rules.

Nothing is guessed: what the mapping does not name is refused. A refusal never repeats the cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

from jinbao.regional_adapter.files.form_rows import BadCellError
from jinbao.regional_adapter.files.mapping.mapping_file import ColumnRule, Writing
from jinbao.rules.identity import check_identity

Reader = Callable[[str], str]
"""Makes of a cell that is not blank what the form has. Raises BadCellError."""

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_DECIMALS = {"fen": 0, "yuan": 2, "wan-yuan": 6}
_NUMBER = re.compile(r"0*([0-9]{1,14})(?:\.([0-9]{1,12}))?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_DAMAGED_NAME = re.compile("[?\uff1f\ufffd\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]|锟斤拷")
"""The last is what becomes of two replacement characters that are read in another encoding."""
_FORMULA = ("=", "@")
"""What a spreadsheet takes for the beginning of a formula, and no text of a form begins with."""
_LINE_BREAK = re.compile(r"\s*(?:\r\n|\r|\n)\s*")
_DAYS = {
    "YYYY-MM-DD": re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})"),
    "YYYYMMDD": re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"),
    "YYYY/M/D": re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})"),
    "YYYY.M.D": re.compile(r"([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})"),
    "YYYY年M月D日": re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日"),
}
_SERIAL = re.compile(r"[0-9]{2,5}")
_SERIAL_EPOCH = date(1899, 12, 30)
_FIRST_SURE_SERIAL = 61
"""1900-03-01: Excel's calendar has a 29th of February 1900, so smaller serial numbers are off by one."""


def reader_of(rule: ColumnRule) -> Reader | None:
    """How a column's cells are read; None where the form itself reads them as they are."""
    if rule.codes is not None:
        return _coded(rule)
    writing, field = rule.writing, rule.field
    match rule.kind:
        case "date":
            return _day(field, writing)
        case "amount":
            return _amount(field, writing)
        case "rate" | "number":
            return None if "full-width" in writing.numbers else lambda cell: _plain_number(field, cell)
        case "id":
            return _id(field, writing)
        case "name":
            return None if writing.names == "any" else lambda cell: _name(field, cell)
        case "text" if writing.names != "any":
            return lambda cell: _text(field, cell, writing.line_breaks == "blank")
    return None


def is_plain_number(rule: ColumnRule) -> bool:
    """Whether the form itself reads a column's cells as long as they are ASCII without a comma."""
    if rule.codes is not None or rule.writing.numbers:
        return False
    return rule.kind in ("rate", "number") or (rule.kind == "amount" and rule.writing.unit == "yuan")


def amount_fen(cell: str, writing: Writing) -> int:
    """The amount of a cell in fen, less than nothing too. Raises ValueError where it is none or has parts of a fen."""
    text, is_negative = unsigned(cell.strip(), writing.numbers)
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError
    whole, part = match[1], (match[2] or "").rstrip("0")
    decimals = _DECIMALS[writing.unit]
    if len(part) > decimals:
        raise ValueError
    scale: int = 10**decimals
    fen = int(whole) * scale + int(part.ljust(decimals, "0") or "0")
    return -fen if is_negative else fen


def unsigned(text: str, numbers: tuple[str, ...]) -> tuple[str, bool]:
    """The number without separators and sign, and whether it is negative, as far as the mapping allows."""
    if "full-width" in numbers:
        text = text.translate(_FULL_WIDTH)
    is_negative = False
    if "parentheses" in numbers and text.startswith("(") and text.endswith(")"):
        text, is_negative = text[1:-1], True
    elif "trailing-minus" in numbers and text.endswith("-"):
        text, is_negative = text[:-1], True
    if "thousands" in numbers and _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    return text, is_negative


def _amount(field: str, writing: Writing) -> Reader | None:
    if writing.unit == "yuan" and set(writing.numbers) == {"full-width", "thousands"}:
        return None
    is_plain = writing.unit == "yuan" and not writing.numbers

    def read(cell: str) -> str:
        if is_plain and cell.isascii() and "," not in cell:
            return cell
        try:
            fen = amount_fen(cell, writing)
        except ValueError:
            zh = "不是对照文件所写的金额，或含不足一分的零头"
            en = "is no amount as the mapping says, or has parts of a fen"
            raise BadCellError(field, zh, en, "AMOUNT") from None
        return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"

    return read


def _plain_number(field: str, cell: str) -> str:
    if not cell.isascii() or "," in cell:
        raise BadCellError(field, "应为半角数字", "must be plain ASCII digits", "AMOUNT")
    return cell


def _day(field: str, writing: Writing) -> Reader | None:
    if set(writing.dates) >= set(_DAYS):
        return None
    known = "、".join(writing.dates)

    def read(cell: str) -> str:
        try:
            return day_text(cell.strip(), writing)
        except ValueError:
            raise BadCellError(field, f"日期应写作 {known}", f"a day must be written as {known}", "DATE") from None

    return read


def day_text(text: str, writing: Writing) -> str:
    """The day of a text as YYYY-MM-DD, which need not exist. Raises ValueError where it is written otherwise."""
    if "full-width" in writing.numbers:
        text = text.translate(_FULL_WIDTH)
    has_serials = "excel" in writing.dates
    for name, pattern in _DAYS.items():
        # a cell that is formatted as a date comes as YYYY-MM-DD
        if name in writing.dates or (has_serials and name == "YYYY-MM-DD"):
            match = pattern.fullmatch(text)
            if match is not None:
                year, month, day = match.groups()
                return f"{year}-{month:0>2}-{day:0>2}"
    if has_serials and _SERIAL.fullmatch(text) and int(text) >= _FIRST_SURE_SERIAL:
        return (_SERIAL_EPOCH + timedelta(days=int(text))).isoformat()
    raise ValueError


_REMEMBERED_IDS = 256
"""The rows of a history repeat their person."""


def _id(field: str, writing: Writing) -> Reader | None:
    if "full-width" in writing.numbers and len(writing.ids) == 2:
        return None
    is_full_width = "full-width" in writing.numbers
    lengths = "或".join(map(str, writing.ids))

    def read(cell: str) -> str:
        text = cell.strip()
        if is_full_width:
            text = text.translate(_FULL_WIDTH)
        if not text.isascii():
            raise BadCellError(field, "应为半角字符", "must be ASCII characters", "ID_DAMAGED")
        if len(text) in (15, 18) and len(text) not in writing.ids and text[:-1].isdigit():
            zh, en = f"应为 {lengths} 位", f"must have {lengths.replace('或', ' or ')} digits"
            raise BadCellError(field, zh, en, "ID_DAMAGED")
        if "E+" in text.upper() or (text.endswith("000") and not check_identity(text).valid):
            zh = "号码被电子表格改成了数值，后几位已丢失，请从原系统以文本格式重新导出"
            en = "a spreadsheet made a number of it and its last digits are lost: export it anew as text"
            raise BadCellError(field, zh, en, "ID_DAMAGED")
        return text

    return lru_cache(_REMEMBERED_IDS)(read)


def _text(field: str, cell: str, without_line_breaks: bool) -> str:
    if cell.startswith(_FORMULA):
        raise _formula(field)
    if without_line_breaks and ("\n" in cell or "\r" in cell):
        return _LINE_BREAK.sub(" ", cell)
    return cell


def _formula(field: str) -> BadCellError:
    return BadCellError(field, "以公式的符号开头", "begins like a formula", "UNSAFE_FILE")


def _name(field: str, cell: str) -> str:
    if cell.startswith(_FORMULA):
        raise _formula(field)
    if _DAMAGED_NAME.search(cell):
        zh = "含有问号、替换符或自造字，原字已丢失或无法识别"
        en = "holds a question mark, a replacement or a private-use character: the character is lost or not known"
        raise BadCellError(field, zh, en, "NAME")
    return cell


def _coded(rule: ColumnRule) -> Reader:
    codes = rule.codes or {}

    def read(cell: str) -> str:
        try:
            return codes[cell.strip()]
        except KeyError:
            known = "、".join(codes)
            raise BadCellError(
                rule.field, f"应为代码 {known} 之一", f"must be one of the codes {known}", "CODE"
            ) from None

    return read
