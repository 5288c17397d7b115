"""Plain types with their limits, and the records that several messages share."""

from __future__ import annotations

from typing import Annotated

import msgspec

from jinbao.rules.money import Fen as Fen
from jinbao.rules.type_fault import Told

LONG = msgspec.Meta(ge=-(2**63), le=2**63 - 1)
Long = Annotated[int, LONG]
Int = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
MOST_FEN = 10**13
"""A hundred billion yuan: more than the country moves in a year, and 900,000 such amounts still fit a long."""
Amount = Annotated[
    Fen,
    msgspec.Meta(ge=0, le=MOST_FEN),
    Told(f"0 到 {MOST_FEN} 分的金额", f"an amount of 0 to {MOST_FEN} fen"),
]
"""A non-negative amount in fen."""
Version = Annotated[int, msgspec.Meta(ge=1, le=9999)]
Line = Annotated[int, msgspec.Meta(ge=1, le=99999)]
Instant = Annotated[int, msgspec.Meta(ge=-2_208_988_800_000_000, le=32_503_679_999_999_999)]
"""Microseconds since 1970 UTC, in the years 1900 to 2999, so that every instant has a date."""
Id = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Province = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{2}\Z"), Told("两位数字", "two digits")]
Postcode = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{6}\Z"), Told("六位数字", "six digits")]
YearMonth = Annotated[int, msgspec.Meta(ge=190001, le=299912)]
"""YYYYMM."""
Text = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=2000, pattern=r"\A[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+\Z"),
    Told("1 到 2000 个字的文字，不含控制字符", "text of 1 to 2000 characters without control characters"),
]
"""No control characters but tab and line ends: PostgreSQL stores no NUL, and a terminal obeys an escape sequence."""
Code = Annotated[
    str,
    msgspec.Meta(pattern=r"\A[A-Z0-9_]{2,40}\Z"),
    Told("2 到 40 个大写字母、数字或下划线", "2 to 40 of A-Z, 0-9 and underscore"),
]
Months = Annotated[int, msgspec.Meta(ge=0, le=1200)]
PaymentReference = Annotated[
    str,
    msgspec.Meta(pattern=r"\ARF[0-9]{2}[0-9A-Z]{1,21}\Z"),
    Told(
        "付款编号（RF、两位校验数字、1 到 21 位数字或大写字母）",
        "a payment reference (RF, two check digits, 1 to 21 of 0-9 and A-Z)",
    ),
]
"""A creditor reference in the form of ISO 11649; its check digits are verified by the platform's rules."""


class Record(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Base of every record on the bus."""


class Sealed(Record, frozen=True, gc=False, kw_only=True):
    """Personal fields, encrypted under the relationship's own key and bound to the message's event id."""

    key_id: Id
    ciphertext: Annotated[bytes, msgspec.Meta(min_length=16, max_length=65536)]


class Agency(Record, frozen=True, gc=False, kw_only=True):
    """An agency's contact and bank data, as the contact letter prints them (66号, letter form)."""

    name: Text
    telephone: Text
    address: Text
    postcode: Postcode
    bank_name: Text
    account_title: Text
    account_number: Text
    bank_line_number: Text | None = None
