"""Overlap: months in two relationships are cleared by a refund after the transfer."""

from __future__ import annotations

from jinbao.platform.aggregates.decision import Rejection, Waiting

TOTAL = 3_309_425


def test_overlapping_months_are_cleared_after_the_transfer_and_the_refund_is_in_the_books(relationship, transfer):
    relationship.hear_all(transfer.until_confirmation())
    assert relationship.hear(transfer.clear_overlap()) == Waiting(), "transfer first, then clear"
    relationship.hear_all([transfer.complete(), transfer.clear_overlap()])
    assert relationship.accounts() == {
        "origin_fund": -TOTAL,
        "destination_fund": TOTAL - 96_000,
        "refunded": 96_000,
    }
    assert relationship.parts("refunded") == (96_000, 0, 0), "pooling money stays"


def test_a_refund_counts_once_and_is_no_more_than_the_account(relationship, transfer):
    relationship.hear_all([*transfer.whole(), transfer.clear_overlap()])
    assert relationship.hear(transfer.clear_overlap()) == Rejection("ALREADY_RECORDED")
    assert relationship.hear(transfer.clear_overlap(1_365_425 - 95_999, 21)) == Rejection(
        "PAYMENT_EXCEEDS_EXCESS", "refund"
    )
    assert relationship.hear(transfer.clear_overlap(payment_reference="RF00123")) == Rejection(
        "PAYMENT_REFERENCE_INVALID", "payment_reference"
    )
    relationship.hear_all([transfer.clear_overlap(1_365_425 - 96_000, 21)])
    assert relationship.parts("destination_fund") == (0, 1_944_000, 0)


def test_overlapping_months_without_money_are_cleared_without_a_payment(relationship, transfer):
    relationship.hear_all([*transfer.whole()])
    assert relationship.hear(transfer.clear_overlap(0)).then.postings == ()
