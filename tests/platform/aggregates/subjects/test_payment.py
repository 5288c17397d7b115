"""Payments: notices, receipts, references, money that comes late."""

from __future__ import annotations

from jinbao.platform.aggregates.decision import Rejection, Waiting
from jinbao.platform.aggregates.state import State

TOTAL = 3_309_425
PERSONAL, POOLING = 1_365_425, 1_944_000


def test_money_before_its_notice_makes_in_transit_negative_until_the_notice_comes(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.receive()])
    assert relationship.accounts() == {"in_transit": -TOTAL, "suspense": TOTAL}
    relationship.hear_all([transfer.remit()])
    assert relationship.accounts() == {"origin_fund": -TOTAL, "suspense": TOTAL}


def test_money_is_unallocated_until_the_sheet_splits_it(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.remit()])
    assert relationship.parts("in_transit") == (0, 0, TOTAL)
    relationship.hear_all([transfer.sheet()])
    assert relationship.parts("in_transit") == (PERSONAL, POOLING, 0)
    assert relationship.parts("origin_fund") == (-PERSONAL, -POOLING, 0)


def test_money_that_came_proves_that_it_was_sent_and_ends_the_origins_clock(relationship, transfer, at):
    relationship.hear_all([*transfer.until_transfer(), transfer.sheet()], at("2025-03-03"))
    fact = relationship.hear(transfer.receive(), at("2025-03-04"))
    assert [(e.clock, e.outcome) for e in fact.then.ended] == [("origin_transfer", "met")]
    assert relationship.of(transfer).waiting_for == "41"
    relationship.hear_all([transfer.sheet_received(), transfer.complete()], at("2025-03-05"))
    assert not relationship.of(transfer).clocks


def test_a_late_notice_is_still_taken_after_completion(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.receive(), transfer.sheet(), transfer.sheet_received()])
    relationship.hear_all([transfer.complete()])
    assert relationship.accounts() == {"in_transit": -TOTAL, "destination_fund": TOTAL}
    assert relationship.hear(transfer.remit(amount=TOTAL - 1)) == Rejection("AMOUNT_DIFFERS", "amount")
    relationship.hear_all([transfer.remit()])
    assert relationship.accounts() == {"origin_fund": -TOTAL, "destination_fund": TOTAL}


def test_a_payment_needs_a_sound_reference_and_an_amount(relationship, transfer):
    relationship.hear_all(transfer.until_transfer())
    bad = transfer.remit(payment_reference="RF00123")
    assert relationship.hear(bad) == Rejection("PAYMENT_REFERENCE_INVALID", "payment_reference")
    assert relationship.hear(transfer.remit(amount=0)) == Rejection("AMOUNT_DIFFERS", "amount")
    relationship.hear_all([transfer.remit()])
    assert relationship.hear(transfer.receive(amount=TOTAL - 1)) == Rejection("AMOUNT_DIFFERS", "amount")


def test_money_that_came_for_a_returned_letter_can_be_paid_back(relationship, transfer):
    relationship.hear_all([*transfer.until_origin_review(), transfer.return_letter(), transfer.receive()])
    relationship.hear_all([transfer.give_back(TOTAL), transfer.close()])
    relationship.hear_all([transfer.got_back(TOTAL), transfer.remit()])
    assert relationship.accounts() == {"origin_fund": -TOTAL, "returned": TOTAL}


def test_money_that_comes_after_a_case_was_closed_is_booked_and_paid_back(relationship, transfer):
    relationship.hear_all([*transfer.until_origin_review(), transfer.return_letter(), transfer.close()])
    relationship.hear_all([transfer.receive(), transfer.give_back(TOTAL), transfer.got_back(TOTAL)])
    assert relationship.accounts() == {"in_transit": -TOTAL, "returned": TOTAL}
    assert relationship.of(transfer).state is State.CLOSED


def test_a_case_holds_a_bounded_number_of_payment_lines(relationship, transfer):
    relationship.hear_all(transfer.until_transfer())
    relationship.hear_all([transfer.remit(1, 10, payment_line=line) for line in range(1, 65)])
    assert relationship.hear(transfer.remit(1, 10, payment_line=65)) == Rejection("LIMIT_REACHED", "payment_line")
    relationship.hear_all([transfer.receive(1, 10, payment_line=line) for line in range(1, 65)])
    fact = relationship.hear(transfer.sheet())
    moved = relationship.hear(transfer.correct_identity(b"n" * 16))
    for said in (fact, moved):
        assert len(said.then.postings) <= 256, "the ledger numbers an event's entries in eight bits"


def test_a_payment_that_the_bank_gave_back_is_home_again_and_paid_again(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.sheet(), transfer.sheet_received(), transfer.remit()])
    fact = relationship.hear_all([transfer.bounce()])
    assert relationship.accounts() == {"origin_fund": -TOTAL, "returned": TOTAL}
    assert fact.then.waiting_for == "44"
    assert relationship.hear(transfer.receive()) == Rejection("PAYMENT_UNKNOWN", "payment_reference")
    relationship.hear_all([transfer.remit(2), transfer.receive(2), transfer.complete()])
    assert relationship.accounts() == {"origin_fund": -2 * TOTAL, "returned": TOTAL, "destination_fund": TOTAL}


def test_a_bounce_names_a_payment_that_is_on_its_way(relationship, transfer):
    relationship.hear_all(transfer.until_transfer())
    assert relationship.hear(transfer.bounce()) == Waiting(), "the payment was not reported yet"
    relationship.hear_all([transfer.remit()])
    assert relationship.hear(transfer.bounce(amount=TOTAL - 1)) == Rejection("AMOUNT_DIFFERS", "amount")
    relationship.hear_all([transfer.bounce()])
    assert relationship.hear(transfer.bounce()) == Rejection("ALREADY_RECORDED")
    relationship.hear_all([transfer.remit(2), transfer.receive(2)])
    assert relationship.hear(transfer.bounce(2)) == Rejection("PAYMENT_UNKNOWN", "payment_reference")


def test_a_bounced_top_up_leaves_the_mismatch_open(relationship, transfer):
    relationship.hear_all([*transfer.until_mismatch(TOTAL - 500, "top_up"), transfer.remit(2, 500)])
    assert relationship.of(transfer).waiting_for == "41"
    relationship.hear_all([transfer.bounce(2, 500)])
    assert (relationship.of(transfer).state, relationship.of(transfer).waiting_for) == (State.MISMATCH, "44")
    relationship.hear_all([transfer.remit(3, 500), transfer.receive(3, 500), transfer.complete()])


def test_money_for_a_completed_case_is_held_in_suspense_and_given_back(relationship, transfer):
    relationship.hear_all([*transfer.whole(), transfer.receive(2, 5_000)])
    assert relationship.accounts() == {
        "origin_fund": -TOTAL,
        "in_transit": -5_000,
        "destination_fund": TOTAL,
        "suspense": 5_000,
    }
    assert relationship.parts("destination_fund") == (PERSONAL, POOLING, 0), "the case's own books do not change"
    assert relationship.hear(transfer.give_back(5_001, of=2)) == Rejection("PAYMENT_EXCEEDS_EXCESS", "amount")
    relationship.hear_all([transfer.remit(2, 5_000), transfer.give_back(5_000, of=2), transfer.got_back(5_000)])
    assert relationship.accounts() == {"origin_fund": -TOTAL - 5_000, "destination_fund": TOTAL, "returned": 5_000}
    assert relationship.of(transfer).state is State.COMPLETED
