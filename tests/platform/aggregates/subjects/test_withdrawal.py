"""Withdrawal before and after the letter, and the closing of a returned case."""

from __future__ import annotations

import pytest

from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.state import State

TOTAL = 3_309_425


def test_the_destination_may_close_a_returned_case_instead(relationship, transfer):
    relationship.hear_all([*transfer.until_origin_review(), transfer.return_letter("PERSON_NOT_FOUND")])
    relationship.hear_all([transfer.close()])
    assert relationship.of(transfer).state is State.CLOSED


def test_the_applicant_withdraws_before_the_letter(relationship, transfer):
    relationship.hear(transfer.apply())
    fact = relationship.hear(transfer.withdraw())
    assert [(e.clock, e.outcome) for e in fact.then.ended] == [("application_review", "cancelled")]
    assert relationship.of(transfer).state is State.WITHDRAWN


def test_after_the_letter_withdrawal_needs_the_origins_agreement(relationship, transfer):
    relationship.hear_all(transfer.until_origin_review())
    assert relationship.hear(transfer.withdraw()) == Rejection("STATE_CONFLICT")
    agreed = "WITHDRAWAL_AGREED"
    assert relationship.hear(transfer.return_letter(agreed)) == Rejection("WITHDRAWAL_NOT_AGREED", "reason_code")
    relationship.hear_all([transfer.ask_withdrawal(), transfer.return_letter(agreed), transfer.withdraw()])
    assert relationship.of(transfer).state is State.WITHDRAWN


def test_a_letter_returned_for_another_reason_is_no_agreement(relationship, transfer):
    relationship.hear_all([*transfer.until_origin_review(), transfer.ask_withdrawal(), transfer.return_letter()])
    assert relationship.hear(transfer.withdraw()) == Rejection("WITHDRAWAL_NOT_AGREED")


def test_an_agreement_ends_with_the_letter_it_was_about(relationship, transfer):
    relationship.hear_all([*transfer.until_origin_review(), transfer.ask_withdrawal(), transfer.return_letter()])
    relationship.hear_all([transfer.letter(2), transfer.letter_received(2)])
    agreed = transfer.return_letter("WITHDRAWAL_AGREED", 2)
    assert relationship.hear(agreed) == Rejection("WITHDRAWAL_NOT_AGREED", "reason_code")
    relationship.hear_all([transfer.ask_withdrawal(2), agreed, transfer.withdraw()])


def test_once_money_was_sent_nobody_can_withdraw(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.remit()])
    assert relationship.hear(transfer.ask_withdrawal()) == Rejection("STATE_CONFLICT")


@pytest.mark.parametrize("end", ["close", "withdraw"])
def test_a_returned_case_that_holds_money_cannot_end(relationship, transfer, end):
    reason = {"close": "BANK_DATA_INVALID", "withdraw": "WITHDRAWAL_AGREED"}[end]
    relationship.hear_all([*transfer.until_origin_review(), transfer.ask_withdrawal(), transfer.return_letter(reason)])
    relationship.hear_all([transfer.receive()])
    assert relationship.hear(getattr(transfer, end)()) == Rejection("MONEY_STILL_HELD")
    relationship.hear_all([transfer.give_back(TOTAL - 1)])
    assert relationship.hear(getattr(transfer, end)()) == Rejection("MONEY_STILL_HELD"), "a fen is still here"
    relationship.hear_all([transfer.give_back(1, 8), getattr(transfer, end)()])
