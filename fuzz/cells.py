"""Hostile and damaged values of a form's cells, by what the column holds."""

from __future__ import annotations

from random import Random

from jinbao.regional_adapter.files.import_layouts import FieldKind

_NEVER: dict[FieldKind, tuple[str, ...]] = {
    "amount": ("1_000", "1e5", "NaN", "inf", "٣", "0x10", "1.10105E+17", "1.12345678", "一千", "1,23", "--5", "1 000"),
    "rate": ("1e1", "NaN", "٨", "101", "8.123", "八"),
    "number": ("1_0", "1e1", "NaN", "٣", "99999999999999999999", "-1", "1.5"),
    "date": ("2025111", "20250230", "2025-02-30", "2025/2/30", "2025-W01-1", "٢٠٢٥٠١٠١", "2999-12-31", "0000-00-00"),
    "name": ("合成?", "合成？一", "合成\ufffd", "合成\ue7c7", "合成\U000f0000", "锟斤拷", "=1+1"),
    "province": ("99", "4", "Henan", "海外"),
}
"""No mapping allows them: a record with one of them is never accepted."""
_DOUBTFUL: dict[FieldKind, tuple[str, ...]] = {
    "amount": ("1,234.56", "(5.00)", "5.00-", "１２３", "-1", "0", "007", "1.005", "9" * 13, "9" * 40, "."),
    "rate": ("８", "100", "0", "8%"),
    "number": ("１２", "0", "012", "13"),
    "date": (
        "45000",
        "60",
        "2025/3/4",
        "2025.3.4",
        "2025年3月4日",
        "２０２５０３０４",
        "1900-01-01",
        "2025-03-04 00:00",
    ),
    "id": (
        "1.10105E+17",
        "440000198803150000",
        "440000880315001",
        "44000019880315001x",
        "４４００００１９８８０３１５００１Ｘ",
        "440000198803150011",
        "440000298803150011",
        "000000000000000000",
        "44000019880315001",
    ),
    "name": ("𠮷", "䶮·二", "e\u0301", "合\u202e成", "合成\u200b", "买买提·艾力"),
    "province": ("41", "410000", "河南省", "河南", "４１"),
    "choice": ("是", "否", "Y", "N", "2", "居民身份证", "其他", "录入错误", "maybe"),
}
_ANYWHERE = (
    "",
    " ",
    "\u3000",
    "\0",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "+1",
    "\ufeff",
    "\u2028",
    "\x85",
    "字" * 201,
    "&x;",
    "<a/>",
    "]]>",
    "合计",
    '"',
    "a\nb",
    "a\r\nb",
    "\t#",
    ";,|",
    "\x1a",
    "_x0000_",
    "\U0010ffff",
    "\x1b[31m",
    "null",
)


def changed_cell(random: Random, kind: FieldKind, cell: str) -> tuple[str, bool]:
    """Another value of a cell, and whether no mapping may accept it."""
    match random.randrange(8):
        case 0 | 1 | 2 if kind in _NEVER:
            return random.choice(_NEVER[kind]), True
        case 3 | 4 | 5 if kind in _DOUBTFUL:
            return random.choice(_DOUBTFUL[kind]), False
        case 6:
            return random.choice(_ANYWHERE), False
    return _edited(random, cell), False


def _edited(random: Random, cell: str) -> str:
    """The cell with one character doubled, dropped, replaced or put in."""
    at = random.randrange(len(cell) + 1)
    match random.randrange(5):
        case 0:
            return cell[:at] + cell[at + 1 :]
        case 1:
            return cell[:at] + cell[at : at + 1] + cell[at:]
        case 2:
            return cell[:at] + random.choice("0123456789X,.-/ 年一?") + cell[at + 1 :]
        case 3:
            return cell[:at] + chr(random.choice((0xA0, 0x7F, 0xE000, 0xFF10, 0x20BB7, 0x0301, 0xFFFD))) + cell[at:]
    return cell[:at]
