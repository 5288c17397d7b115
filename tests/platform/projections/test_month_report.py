"""A month's report from the log: as it was sealed, and what was reported since in the month after it, by name."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace
from support.bank_messages import booked, entry, envelope, opened

from jinbao.platform.month_seals import refused_seals, seal_to_sign
from jinbao.platform.national_platform import law_in_force
from jinbao.platform.projections.month_report import Month, month_report
from jinbao.rules.working_days import load_working_days
from jinbao.schemas.messages.bank import BookedPayment

TOTAL = 3_309_425
APRIL, MAY = Month(2025, 4), Month(2025, 5)


def account_in(platform, month):
    with platform.store.read() as work:
        (account,) = month_report(work, "41", month, load_working_days()).accounts
    return account


@pytest.fixture
def sealed(platform, transfer):
    """Henan's April: the bank has the payment, the payee has not reported it when the month is signed."""
    credit = entry(1, TOTAL, payments=[BookedPayment(payment_references=[transfer.reference(1)])])
    months = {"first_day": date(2025, 2, 1), "last_day": date(2025, 5, 30)}
    platform.take(opened(), *[message for message in transfer.whole() if message.NAME != "FundsReceived"])
    platform.take(booked(1, 500, credit, **months))
    for number, month in ((50, Month(2025, 2)), (51, Month(2025, 3)), (52, APRIL)):
        seal = seal_to_sign(account_in(platform, month), "director")
        with platform.store.read() as work:
            assert list(refused_seals(work, [seal], 1, law_in_force())) == []
        platform.take(replace(seal, envelope=replace(envelope(number), operator="director")))
    return account_in(platform, APRIL)


def test_what_is_reported_after_the_seal_leaves_it_and_comes_into_the_next_month_by_name(platform, transfer, sealed):
    assert sealed.seal.operator == "director"
    assert (sealed.book.closing_fen, sealed.sum_fen("receipt_not_in_book"), sealed.agrees) == (500, TOTAL, True)
    before = account_in(platform, MAY)
    assert (before.book.opening_fen, before.book.in_fen, before.corrections) == (500, 0, [])
    platform.take(*[message for message in transfer.whole() if message.NAME == "FundsReceived"])
    assert account_in(platform, APRIL) == sealed
    after = account_in(platform, MAY)
    assert (after.book.opening_fen, after.book.in_fen, after.book.closing_fen) == (500, TOTAL, 500 + TOTAL)
    assert [each.payment_reference for each in after.corrections] == [transfer.reference(1)]
    assert all(each.month <= APRIL.number for each in after.corrections)
    assert (after.items, after.agrees) == ([], True)


def test_a_month_that_is_not_sealed_is_told_as_it_is_known_now(platform, transfer, sealed):
    assert account_in(platform, MAY).seal is None
    assert account_in(platform, MAY).bank.opening_fen == 500 + TOTAL
