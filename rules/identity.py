"""Identity numbers: whether one is well formed, and what GB 11643 and GB 32100 let one read from it.

Reasons never repeat the number. Where a person's hukou lies is never derived from a number: its first digits say only
where it was first issued.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from jinbao.rules.provinces import PROVINCES

IdentityType = Literal["resident_id", "residence_permit", "credit_code", "other"]
Sex = Literal["male", "female"]
FaultCode = Literal["form", "type", "area", "birth", "check_character"]
"""What is wrong with a number: how it is written, that it is of another type, or a part of it."""

AAC004: dict[Sex, str] = {"male": "1", "female": "2"}
"""Code of the sex in LD/T 92."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))
_PERMIT_AREAS = ("81", "82", "83")
_AREAS = frozenset(PROVINCES) - {"66"} | {"71"}
"""First two digits that GB/T 2260 knows; the corps' code is not used in identity numbers."""
_EARLIEST_BIRTH_YEAR, _LATEST_BIRTH_YEAR = 1850, 2099
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


@dataclass(frozen=True, slots=True)
class IdentityCheck:
    """The answer: `normalized` is the number in its one stored form, `fault` and `reason` why it is not valid."""

    valid: bool
    type: str
    normalized: str | None
    reason: str | None
    fault: FaultCode | None = None


_Fault = tuple[FaultCode, str]
_WRONG_CHECK_CHARACTER: _Fault = (
    "check_character",
    "校验码不符，请核对是否录错 / the check character is wrong: look for a typing error",
)


def check_identity(number: str, type: str = "resident_id", on: date | None = None) -> IdentityCheck:
    """Check a number of the given type; full-width and lower-case characters and outer blanks are put right.

    `on` is the day of the question: a birth after it is refused (without it, only years beyond 2099 are).
    Raises ValueError for an unknown type.
    """
    if type not in get_args(IdentityType):
        raise ValueError(f"未知证件类型 / unknown type; known are {', '.join(get_args(IdentityType))}")
    text = number.translate(_FULL_WIDTH).strip().upper()
    if type == "credit_code":
        fault = _credit_code_fault(text)
    elif type == "other":
        fault = _other_fault(text)
    else:
        if type == "resident_id" and re.fullmatch(r"[0-9]{15}", text):
            text = upgrade_15_digits(text)
        fault = _citizen_number_fault(text, type, on)
    if fault is None:
        return IdentityCheck(True, type, text, None)
    code, reason = fault
    return IdentityCheck(False, type, None, reason, code)


def check_digit(first17: str) -> str:
    """The 18th character for the first 17 digits (GB 11643, ISO 7064 MOD 11-2). Raises ValueError for others."""
    if not re.fullmatch(r"[0-9]{17}", first17):
        raise ValueError("17 digits are needed")
    return _CHECK_CHARACTERS[sum(int(d) * w for d, w in zip(first17, _WEIGHTS, strict=True)) % 11]


def upgrade_15_digits(number: str) -> str:
    """The 18-digit form of a first-generation number: 19 before the year of birth, check character at the end."""
    first17 = number[:6] + "19" + number[6:]
    return first17 + check_digit(first17)


def birth_date(number: str) -> date:
    """The day of birth in a valid 18-digit number. Raises ValueError where it holds no such day."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def sex(number: str) -> Sex:
    """The sex in a valid 18-digit number: an odd 17th digit is male."""
    return "male" if int(number[16]) % 2 else "female"


def _citizen_number_fault(text: str, type: str, on: date | None) -> _Fault | None:
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        return (
            "form",
            "应为 18 位数字，末位可为 X；居民身份证亦可为 15 位 / "
            "must be 18 digits, the last may be X; a resident ID may also have 15",
        )
    is_permit = text[:2] in _PERMIT_AREAS
    if type == "residence_permit" and not is_permit:
        return "type", "港澳台居民居住证号码以 81、82 或 83 开头 / a residence permit number begins with 81, 82 or 83"
    if type == "resident_id" and is_permit:
        return (
            "type",
            "这是港澳台居民居住证号码，请按居住证登记 / this is a residence permit number: give it as residence_permit",
        )
    if not is_permit and text[:2] not in _AREAS:
        return "area", "前两位不是行政区划代码 / the first two digits are no area code"
    try:
        born = birth_date(text)
    except ValueError:
        return "birth", "出生日期无效 / the date of birth does not exist"
    if not _EARLIEST_BIRTH_YEAR <= born.year <= _LATEST_BIRTH_YEAR or (on is not None and born > on):
        return "birth", "出生日期不合理 / the date of birth is not plausible"
    if text[17] != check_digit(text[:17]):
        return _WRONG_CHECK_CHARACTER
    return None


def _credit_code_fault(text: str) -> _Fault | None:
    if len(text) != 18 or any(character not in _CREDIT_ALPHABET for character in text):
        return (
            "form",
            "应为 18 位数字或大写字母（不含 I、O、S、V、Z）/ must be 18 digits or letters without I, O, S, V, Z",
        )
    total = sum(_CREDIT_ALPHABET.index(c) * w for c, w in zip(text[:17], _CREDIT_WEIGHTS, strict=True))
    if _CREDIT_ALPHABET[(31 - total % 31) % 31] != text[17]:
        return _WRONG_CHECK_CHARACTER
    return None


def _other_fault(text: str) -> _Fault | None:
    if not 1 <= len(text) <= 40 or not text.isprintable() or not any(c.isalnum() for c in text):
        return (
            "form",
            "应为 1 至 40 个字符，至少含一个字母或数字 / must be 1 to 40 characters with at least one letter or digit",
        )
    return None
