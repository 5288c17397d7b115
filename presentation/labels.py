"""Labels of messages, facts, documents and provinces: on paper, on the screen, in lists."""

from __future__ import annotations

from collections.abc import Mapping

from jinbao.language.words import Words
from jinbao.presentation.message_labels import MESSAGES
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import PLATFORM

DOCUMENT_TITLES: Mapping[str, str] = {
    **{name: zh for name, (zh, _) in MESSAGES.items()},
    "ContactLetterIssued": "联系函",
    "InformationSheetSent": "信息表",
}
"""Chinese title of a document by its kind; letter and sheet bear the names that the law gives them."""


def labelled(known: Mapping[str, Words], code: str) -> Words:
    """The words of a code, or the code itself where it has none."""
    return known.get(code, (code, code))


def message(name: str) -> Words:
    """Label of a message type, which is that of the fact that it becomes."""
    return labelled(MESSAGES, name)


def province(code: str) -> Words:
    """Short name of a party: one of the 32 provinces, or the platform itself."""
    if code == PLATFORM:
        return "全国平台", "platform"
    known = PROVINCES.get(code)
    return (known.short, known.name_en) if known else (code, code)


_MARKS: Mapping[str, Words] = {
    code: (zh, en)
    for code, zh, en in (
        ("11", "京", "BJ"), ("12", "津", "TJ"), ("13", "冀", "HE"), ("14", "晋", "SX"), ("15", "蒙", "NM"),
        ("21", "辽", "LN"), ("22", "吉", "JL"), ("23", "黑", "HL"), ("31", "沪", "SH"), ("32", "苏", "JS"),
        ("33", "浙", "ZJ"), ("34", "皖", "AH"), ("35", "闽", "FJ"), ("36", "赣", "JX"), ("37", "鲁", "SD"),
        ("41", "豫", "HA"), ("42", "鄂", "HB"), ("43", "湘", "HN"), ("44", "粤", "GD"), ("45", "桂", "GX"),
        ("46", "琼", "HI"), ("50", "渝", "CQ"), ("51", "川", "SC"), ("52", "黔", "GZ"), ("53", "滇", "YN"),
        ("54", "藏", "XZ"), ("61", "陕", "SN"), ("62", "甘", "GS"), ("63", "青", "QH"), ("64", "宁", "NX"),
        ("65", "新", "XJ"), ("66", "兵", "BT"),
    )
}  # fmt: skip
"""The sign of each province, as on number plates, and its letters (GB/T 2260)."""


def province_mark(code: str) -> Words:
    """The shortest name of a province, for maps and heads of narrow columns."""
    return labelled(_MARKS, code)


def _stored_name(message: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in message).lstrip("-")


FACTS: Mapping[str, Words] = {_stored_name(name): label for name, label in MESSAGES.items()}
"""By stored name of a fact, which is the name of its message in another form."""
