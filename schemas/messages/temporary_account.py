"""临时基本养老保险缴费账户: a temporary account, the contributions in it, its seal."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Amount, Months, Sealed, Text, YearMonth


class TemporaryAccountOpened(Submission, frozen=True, gc=False, kw_only=True):
    """临时基本养老保险缴费账户: opened at a place where the age rule leaves the relationship with the origin."""

    NAME: ClassVar[str] = "TemporaryAccountOpened"
    account_number: Text
    opened_on: date
    personal: Sealed


class ContributionsRecorded(Submission, frozen=True, gc=False, kw_only=True):
    """Months and money (employer's and own) recorded in a temporary account."""

    NAME: ClassVar[str] = "ContributionsRecorded"
    account_number: Text
    first_month: YearMonth
    last_month: YearMonth
    months: Months
    individual: Amount
    employer: Amount


class TemporaryAccountSealed(Submission, frozen=True, gc=False, kw_only=True):
    """封存: the person moved on since 2016-11-28; the account rests until the benefit place collects it (5号)."""

    NAME: ClassVar[str] = "TemporaryAccountSealed"
    account_number: Text
    sealed_on: date
