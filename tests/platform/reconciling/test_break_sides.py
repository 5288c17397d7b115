"""Proposals beside the bank's entry: all that fit, in one order, and what tells them apart, or that nothing does."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
import pytest
from support.bank_messages import booked, entry, envelope, opened
from support.told_transfer import Transfer, instant

from jinbao.platform.projections.found_breaks import found_breaks
from jinbao.rules.working_days import load_working_days
from jinbao.schemas.messages.bank import BookedPayment
from jinbao.views.break_sides import break_with_sides

TOTAL = 3_309_425
NOW = instant("2025-05-06")


@pytest.fixture
def shown(platform):
    """The break of a credit of the whole amount that names no payment, after these transfers."""

    def run(*transfers):
        payer = UUID(int=44)
        paid_from = opened(
            "44", envelope=msgspec.structs.replace(envelope(2, "44"), account_id=payer.bytes), kind="out"
        )
        unnamed = [BookedPayment(payment_references=[], counterpart=payer.bytes)]
        credit = entry(1, TOTAL, payments=unnamed, booked_on=date(2025, 3, 5))
        said = [message for transfer in transfers for message in transfer.whole()]
        platform.take(paid_from, *said, opened(), booked(1, 500, credit, first_day=date(2025, 3, 1)), now=NOW)
        while platform.national.reconciler.step(NOW):
            platform.run()
        with platform.store.read() as work:
            (found,) = [one for one in found_breaks(work) if one.kind == "unmatched_bank"]
            return break_with_sides(work, found, date(2025, 5, 6), load_working_days())

    return run


def test_the_one_payment_that_fits_stands_beside_the_entry(shown, transfer):
    one = shown(transfer)
    (booked_entry,), (proposal,) = one["entries"], one["proposals"]
    assert (booked_entry["amount_fen"], booked_entry["other_province"], booked_entry["other_kind"]) == (
        TOTAL,
        "44",
        "out",
    )
    assert (proposal["payment_reference"], proposal["amount_fen"]) == (transfer.reference(1), TOTAL)
    assert (proposal["payer"], proposal["payee"], one["proposals_differ"]) == ("44", "41", [])


def test_of_two_equal_payments_both_are_shown_and_that_nothing_tells_them_apart(shown, transfer):
    one = shown(transfer, Transfer(person=2))
    assert len(one["proposals"]) == 2
    assert one["proposals_differ"] == []
    assert one["confirmed"] is None
