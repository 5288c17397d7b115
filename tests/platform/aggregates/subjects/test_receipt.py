"""Receipts of letter and sheet, reported and deemed."""

from __future__ import annotations

from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.state import State


def test_a_receipt_after_the_deemed_one_is_already_recorded(relationship, transfer):
    relationship.hear_all([transfer.apply(), transfer.letter(), transfer.letter_deemed()])
    assert relationship.of(transfer).state is State.ORIGIN_REVIEW
    assert relationship.hear(transfer.letter_received()) == Rejection("ALREADY_RECORDED")
    relationship.hear_all([transfer.review(), transfer.sheet(), transfer.sheet_deemed()])
    assert relationship.hear(transfer.sheet_received()) == Rejection("ALREADY_RECORDED")
    assert relationship.hear(transfer.sheet_deemed()) == Rejection("ALREADY_RECORDED")


def test_only_a_letter_or_sheet_that_was_sent_can_count_as_received(relationship, transfer):
    relationship.hear_all([transfer.apply(), transfer.letter()])
    assert relationship.hear(transfer.letter_deemed(2)) == Rejection("VERSION_OUT_OF_ORDER", "letter_version")
    relationship.hear_all([transfer.letter_received(), transfer.review()])
    assert relationship.hear(transfer.sheet_deemed()) == Rejection("VERSION_OUT_OF_ORDER", "sheet_version")
    relationship.hear_all([transfer.sheet()])
    assert not relationship.of(transfer).sheet_received
