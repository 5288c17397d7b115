"""Records of a province about its insured persons, as the small local system keeps them: typed values.

Amounts are integer fen, rates basis points (800 = 8 %), months YYYYMM. All of it is personal data in clear and stays
inside the province.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from jinbao.rules.hukou import ordinary_from
from jinbao.rules.money import NO_FEN, Fen


class LocalRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the local system's own records."""


class Person(LocalRecord, frozen=True, kw_only=True):
    """An insured person (参保人) as the province has registered them."""

    number: str
    """Social security number, normalized (18 digits for a resident identity card)."""
    name: str
    id_type: Literal["resident_id", "residence_permit", "other"] = "resident_id"
    sex: Literal["1", "2", "9"] = "9"
    """AAC004: 1 male, 2 female, 9 unstated."""
    birth: date | None = None
    hukou_province: str | None = None
    hukou_since: date | None = None
    """Day on which the hukou moved there (户籍迁入日期); None where nobody stated it."""
    address: str | None = None
    telephone: str | None = None
    employer_name: str | None = None
    employer_number: str | None = None
    """GB 32100 credit code."""
    bank_account: str | None = None
    synthetic: bool = False
    """True where the person is invented, for demonstrations and tests."""


class ContributionRow(LocalRecord, frozen=True, kw_only=True):
    """One year, or part of one, of contributions of a person, paid in one province."""

    number: str
    year: int
    first_month: int = 1
    """Month of the year, 1-12."""
    months: int
    contribution_base_total: Fen
    """Sum of the monthly bases, fen."""
    account_rate_bp: int = 800
    recorded_account: Fen | None = None
    """Principal in fact credited to the personal account that year, fen; None = base times rate."""
    province: str
    """The province paid in."""
    credited_year: int | None = None
    """Year in which the account was credited, where it is another than `year`; None = `year`."""
    credited_month: int | None = None
    """Month of `credited_year` in which all of it was credited; interest runs from it."""
    interest_rate_bp: int | None = None
    """Interest of the year in which the row was credited; None = the national rate."""

    @property
    def first_year_month(self) -> int:
        """The first month of the row, YYYYMM."""
        return self.year * 100 + self.first_month

    @property
    def last_year_month(self) -> int:
        """The last month of the row, YYYYMM."""
        return self.first_year_month + max(self.months, 1) - 1


class Account(LocalRecord, frozen=True, kw_only=True):
    """What the origin's books say of a person's personal account besides the yearly rows."""

    number: str
    account_before_1998: Fen = NO_FEN
    """Individual contributions before 1998-01-01, principal and interest, fen."""
    account_at_previous_year_end: Fen | None = None
    """Recorded balance at the last 31 December, 1998 onwards, with interest, fen; None = computed from the rows."""
    temporary: bool = False
    """It was opened as a temporary contribution account (临时缴费账户)."""
    hukou_since: date | None = None
    """Day on which the hukou moved to this province: a temporary account is an ordinary one from the month after."""
    employer_rate_bp: int = 1600
    months_total: int | None = None
    """Months that the whole history must add up to; None where nobody stated it."""
    contributions_stopped: bool = True
    """False while the person is still insured here: a ground for return."""

    def is_temporary(self, on: date) -> bool:
        """Whether it is a temporary account on a day."""
        return self.temporary and (self.hukou_since is None or on < ordinary_from(self.hukou_since))


class Application(LocalRecord, frozen=True, kw_only=True):
    """A transfer application (转移申请) at the destination's counter."""

    number: str
    """The province's own application number."""
    person: str
    """The applicant's social security number."""
    origin: str
    applied_on: date
    accepted_on: date
    """受理日: the complete application was accepted."""
    certificate_number: str | None = None
    insured_on: date | None = None
    """First day insured at the destination: the day on which the age limit is tested."""
    attempt: int = 1
    """One more each time the unchanged application is sent again on purpose, after a rejection."""
    job_transfer: bool = False
    """调动: transferred by an authority of county level or above."""
    revision: int = 1
    """Counts the versions of this record; kept by the local system."""
