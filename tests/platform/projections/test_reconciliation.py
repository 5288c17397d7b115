"""Bank books against the ledger: each difference is an open item with its side and cause."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from jinbao.platform.projections.reconciliation import BankEntry, open_items

TOTAL = 3_309_425


def entry(province, transfer, amount, payment=1):
    return BankEntry(province, UUID(bytes=transfer.transfer_id), transfer.reference(payment), 1, amount)


def test_a_finished_case_has_no_open_item_on_either_side(platform, transfer):
    platform.take(*transfer.whole())
    with platform.store.read() as work:
        assert open_items(work, "41", [entry("41", transfer, TOTAL)]) == []
        assert open_items(work, "44", [entry("44", transfer, -TOTAL)]) == []


def test_a_payment_back_reconciles_on_both_sides(platform, transfer):
    platform.take(*transfer.until_mismatch(TOTAL + 700, "take_back_excess"), transfer.give_back(700))
    platform.take(transfer.complete(), transfer.got_back(700))
    ours = [entry("41", transfer, TOTAL + 700), entry("41", transfer, -700, 9)]
    theirs = [entry("44", transfer, -TOTAL - 700), entry("44", transfer, 700, 9)]
    with platform.store.read() as work:
        assert open_items(work, "41", ours) == open_items(work, "44", theirs) == []


def test_a_receipt_that_was_never_reported_is_found_by_name(platform, transfer):
    """The destination's `FundsReceived` is lost; its bank has the money all the same."""
    platform.take(*[message for message in transfer.whole() if message.NAME != "FundsReceived"])
    with platform.store.read() as work:
        [item] = open_items(work, "41", [entry("41", transfer, TOTAL)])
        assert open_items(work, "44", [entry("44", transfer, -TOTAL)]) == []
    assert (item.province, item.transfer_id.bytes, item.reference, item.line) == (
        "41",
        transfer.transfer_id,
        transfer.reference(1),
        1,
    )
    assert (item.missing, item.cause, item.difference) == ("ledger", "receipt_not_reported", TOTAL)


@pytest.mark.parametrize(
    ("province", "booked", "cause"),
    [
        ("44", {1: -TOTAL, 2: -50}, ("ledger", "remittance_not_reported", -50)),
        ("44", {}, ("bank", "debit_not_in_bank", TOTAL)),
        ("41", {}, ("bank", "credit_not_in_bank", -TOTAL)),
        ("41", {1: TOTAL - 3}, ("amount", "amounts_differ", -3)),
    ],
)
def test_every_other_difference_names_its_missing_side_and_cause(platform, transfer, province, booked, cause):
    platform.take(*transfer.whole())
    entries = [entry(province, transfer, amount, payment) for payment, amount in booked.items()]
    with platform.store.read() as work:
        [item] = open_items(work, province, entries)
    assert (item.missing, item.cause, item.difference) == cause


def test_a_payment_that_two_cases_claim_is_named_in_both_though_their_provinces_differ(platform, transfer_of):
    """A payment's reference and line are unique for good; no single case, and no single province, can see it."""
    paid, claimed = transfer_of(1), transfer_of(2, "32", "50", "CQ-1")
    same = {"payment_reference": paid.reference(1)}
    platform.take(*paid.whole(), *claimed.until_transfer(), claimed.remit(**same), claimed.receive(**same))
    books = {"41": [entry("41", paid, TOTAL)], "44": [entry("44", paid, -TOTAL)], "50": [], "32": []}
    books["32"] = [replace(entry("32", claimed, -TOTAL), reference=paid.reference(1))]
    with platform.store.read() as work:
        items = {province: open_items(work, province, entries) for province, entries in books.items()}
    told = {p: [(i.transfer_id.bytes, i.missing, i.cause, i.difference) for i in found] for p, found in items.items()}
    cause = "payment_in_two_cases"
    assert told == {
        "41": [(paid.transfer_id, "nothing", cause, 0)],
        "44": [(paid.transfer_id, "nothing", cause, 0)],
        "50": [(claimed.transfer_id, "bank", cause, -TOTAL)],
        "32": [(claimed.transfer_id, "nothing", cause, 0)],
    }


def test_two_lines_of_one_payment_order_are_two_payments(platform, transfer_of):
    first, second = transfer_of(1), transfer_of(2, application="HA-2")
    line = {"payment_reference": first.reference(1), "payment_line": 2}
    platform.take(
        *first.whole(), *second.until_transfer(), second.sheet(), second.remit(**line), second.receive(**line)
    )
    ours = [entry("41", first, TOTAL), replace(entry("41", second, TOTAL), reference=first.reference(1), line=2)]
    with platform.store.read() as work:
        assert open_items(work, "41", ours) == []
