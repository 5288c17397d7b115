"""Messages about what two provinces owe each other for a year (按期结算), and the ids of that settlement.

A pair of provinces settles in a stream of its own: its relationship id is derived from the pair, its transfer id from
pair and year. No person is in it, so the derivation is open and anybody can make it again.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from jinbao.rules.provinces import pair_name
from jinbao.schemas.records import Amount, Line, PaymentReference, Province, Submission, Version

_SETTLEMENTS = uuid5(NAMESPACE_URL, "urn:jinbao:settlement")
Year = Annotated[int, msgspec.Meta(ge=2000, le=2999)]
Cases = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


def settlement_relationship(one: str, other: str) -> UUID:
    """Relationship id of the settlements of two provinces, whichever is named first.

    The name under the namespace is the two codes, the smaller first, with a hyphen between them: `50-51`.
    """
    return uuid5(_SETTLEMENTS, pair_name(one, other))


def settlement_id(one: str, other: str, year: int) -> UUID:
    """Id of their settlement for a year: the year's four digits under the relationship."""
    return uuid5(settlement_relationship(one, other), str(year))


class SettlementStated(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: what each of two provinces owes the other for a year of cases that were completed without a payment.

    `first` is the smaller code. A later version replaces an earlier one where another case of the year became known.
    """

    NAME: ClassVar[str] = "SettlementStated"
    year: Year
    first: Province
    second: Province
    first_owes_personal: Amount
    first_owes_pooling: Amount
    second_owes_personal: Amount
    second_owes_pooling: Amount
    cases: Cases
    statement_version: Version


class SettlementPaid(Submission, frozen=True, gc=False, kw_only=True):
    """The province that owes has ordered its bank to pay the difference, or a part of it."""

    NAME: ClassVar[str] = "SettlementPaid"
    year: Year
    counterpart: Province
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    paid_on: date


class SettlementReceived(Submission, frozen=True, gc=False, kw_only=True):
    """The bank of the province that is owed has credited the money."""

    NAME: ClassVar[str] = "SettlementReceived"
    year: Year
    counterpart: Province
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    received_on: date
