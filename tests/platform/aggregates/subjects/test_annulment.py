"""Annulment: a fact is taken back by its sender, while nobody has acted on it."""

from __future__ import annotations

from datetime import date

from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.state import State

TOTAL = 3_309_425
CANNOT = Rejection("CANNOT_ANNUL", "annulled_event_id")


def test_a_letter_is_taken_back_before_anybody_acted_on_it(relationship, transfer, at):
    letter = transfer.letter()
    relationship.hear_all([transfer.apply()], at("2025-03-03"))
    relationship.hear_all([letter], at("2025-03-04"))
    fact = relationship.hear(transfer.annul(letter), at("2025-03-05"))
    assert (relationship.of(transfer).state, relationship.of(transfer).letter_version) == (State.APPLICATION_REVIEW, 0)
    assert relationship.of(transfer).waiting_for == "41"
    [clock] = fact.then.started
    assert (clock.clock, clock.due) == ("application_review", date(2025, 3, 24)), "the due day it had before"
    relationship.hear_all([transfer.letter(), transfer.letter_received()], at("2025-03-06"))


def test_once_somebody_has_acted_on_it_nothing_can_be_taken_back(relationship, transfer):
    letter, review = transfer.letter(), transfer.review()
    relationship.hear_all([transfer.apply(), letter, transfer.letter_received()])
    assert relationship.hear(transfer.annul(letter)) == CANNOT
    relationship.hear_all([review, transfer.arrears()])
    assert relationship.hear(transfer.annul(review)) == CANNOT


def test_only_its_sender_takes_a_fact_back_and_only_once(relationship, transfer):
    letter = transfer.letter()
    relationship.hear_all([transfer.apply(), letter])
    assert relationship.hear(transfer.annul(letter, sender="44")) == Rejection("CANNOT_ANNUL", "envelope.sender")
    relationship.hear_all([transfer.annul(letter)])
    assert relationship.hear(transfer.annul(letter)) == CANNOT


def test_a_payment_taken_back_leaves_no_trace_in_the_books_and_its_clock_runs_again(relationship, transfer, at):
    relationship.hear_all([*transfer.until_transfer(), transfer.sheet()], at("2025-03-03"))
    payment = transfer.remit()
    relationship.hear_all([payment], at("2025-03-05"))
    assert not relationship.of(transfer).clocks
    fact = relationship.hear(transfer.annul(payment), at("2025-03-06"))
    assert relationship.accounts() == {}
    assert [(c.clock, c.due) for c in fact.then.started] == [("origin_transfer", date(2025, 3, 24))]
    relationship.hear_all([transfer.remit(), transfer.sheet_received(), transfer.receive(), transfer.complete()])


def test_a_receipt_of_money_taken_back_reopens_the_mismatch(relationship, transfer):
    relationship.hear_all([*transfer.until_mismatch(TOTAL - 500, "top_up"), transfer.remit(2, 500)])
    receipt = transfer.receive(2, 500)
    relationship.hear_all([receipt])
    assert relationship.of(transfer).state is State.CONFIRMATION
    relationship.hear_all([transfer.annul(receipt)])
    assert relationship.of(transfer).state is State.MISMATCH
    assert relationship.of(transfer).mismatch.request == "top_up"
    relationship.hear_all([transfer.receive(2, 500), transfer.complete()])


def test_a_warning_in_between_is_nobodys_act(relationship, transfer, at):
    relationship.hear_all(transfer.until_transfer(), at("2025-03-03"))
    sheet = transfer.sheet()
    relationship.hear_all([sheet], at("2025-03-04"))
    relationship.hear_all([transfer.warn("origin_transfer", "2025-03-24")], at("2025-03-20"))
    relationship.hear_all([transfer.annul(sheet)], at("2025-03-21"))
    assert relationship.of(transfer).sheet_version == 0
    assert relationship.of(transfer).clocks[0].warned, "what the platform said stays said"


def test_an_end_is_not_taken_back_beside_a_transfer_begun_since(relationship, transfer, transfer_of):
    refusal = transfer.refuse()
    relationship.hear_all([transfer.apply(), refusal, transfer_of(application="HA-2").apply()])
    assert relationship.hear(transfer.annul(refusal)) == CANNOT


def test_both_sides_are_told_of_an_annulment_once_the_origin_knows_the_case(platform, transfer):
    letter = transfer.letter()
    platform.take(transfer.apply(), letter, transfer.annul(letter))
    sheet = transfer.sheet()
    platform.take(transfer.letter(), transfer.letter_received(), transfer.review(), sheet, transfer.annul(sheet))
    assert [m.NAME for m in platform.inbox("41")][-2:] == ["InformationSheetSent", "FactAnnulled"]
    assert platform.inbox("44")[-1].NAME == "FactAnnulled"
    assert platform.rows("SELECT state, sheet_version, sheet_total FROM case_board") == [("transfer", 0, 0)]
