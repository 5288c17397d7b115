"""Turns that come to a case from outside: freezes, annulments, agencies, overlaps, informing, changes of the law."""

from __future__ import annotations

from datetime import date

import pytest

from jinbao.platform.aggregates.decision import Rejection, Waiting
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.state import State
from jinbao.platform.national_platform import law_in_force
from jinbao.rules.procedures import Assignment, Procedures

TOTAL = 3_309_425
CAUSES = ("death", "nationality_lost", "pension_started")
CANNOT = Rejection("CANNOT_ANNUL", "annulled_event_id")


# --- death, nationality, pension ---


@pytest.mark.parametrize("cause", CAUSES)
def test_what_befalls_the_person_stops_every_clock_and_everything_new(relationship, transfer, cause):
    relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum()])
    fact = relationship.hear_all([transfer.freeze(cause)])
    assert {(e.clock, e.outcome) for e in fact.then.ended} == {
        ("origin_transfer", "cancelled"),
        ("lump_sum_notice", "cancelled"),
    }
    assert (relationship.of(transfer).state, relationship.of(transfer).frozen) == (State.FROZEN, cause)
    for new in (transfer.sheet(), transfer.return_letter(), transfer.letter(2), transfer.withdraw()):
        assert relationship.hear(new) == Rejection("STATE_CONFLICT"), new.NAME
    assert relationship.hear(transfer.freeze("death")) == Rejection("ALREADY_RECORDED")


@pytest.mark.parametrize("cause", CAUSES)
def test_sheet_and_money_that_had_come_may_still_be_completed(relationship, transfer, cause):
    relationship.hear_all([*transfer.until_confirmation(), transfer.freeze(cause), transfer.complete()])
    assert relationship.accounts() == {"origin_fund": -TOTAL, "destination_fund": TOTAL}


@pytest.mark.parametrize("cause", CAUSES)
def test_or_the_money_goes_back_and_the_case_is_closed(relationship, transfer, cause):
    relationship.hear_all([*transfer.until_confirmation(), transfer.freeze(cause)])
    assert relationship.hear(transfer.close()) == Rejection("MONEY_STILL_HELD")
    relationship.hear_all([transfer.give_back(TOTAL), transfer.close(), transfer.got_back(TOTAL)])
    assert relationship.accounts() == {"origin_fund": -TOTAL, "returned": TOTAL}
    assert relationship.of(transfer).state is State.CLOSED


def test_money_on_its_way_arrives_or_bounces_before_a_frozen_case_can_close(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.sheet(), transfer.remit(), transfer.freeze()])
    assert relationship.hear(transfer.close()) == Rejection("MONEY_STILL_HELD")
    relationship.hear_all([transfer.bounce(), transfer.close()])
    assert relationship.accounts() == {"origin_fund": -TOTAL, "returned": TOTAL}


def test_a_frozen_case_still_takes_what_was_on_its_way_and_can_then_be_completed(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.sheet(), transfer.freeze(sender="44")])
    relationship.hear_all([transfer.sheet_received(), transfer.remit(), transfer.receive(), transfer.complete()])
    assert relationship.of(transfer).state is State.COMPLETED


def test_a_frozen_case_is_still_the_only_one_from_its_origin(relationship, transfer, transfer_of):
    relationship.hear_all([transfer.apply(), transfer.freeze("nationality_lost")])
    again = transfer_of(application="HA-2")
    assert relationship.hear(again.apply()) == Rejection("LIVE_TRANSFER_EXISTS", "origin")
    relationship.hear_all([transfer.close(), again.apply()])


def test_a_death_that_was_a_mistake_is_taken_back_by_who_reported_it_and_clocks_run_on(relationship, transfer, at):
    relationship.hear_all(transfer.until_transfer(), at("2025-03-03"))
    death = transfer.freeze()
    relationship.hear_all([death], at("2025-03-06"))
    assert relationship.hear(transfer.annul(death, sender="44")) == Rejection("CANNOT_ANNUL", "envelope.sender")
    fact = relationship.hear(transfer.annul(death), at("2025-03-07"))
    assert relationship.of(transfer).state is State.TRANSFER
    assert [(c.clock, c.run, c.due) for c in fact.then.started] == [("origin_transfer", 2, date(2025, 3, 24))]


# --- annulment ---


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


# --- agency, overlap, informing ---


def test_an_agency_may_change_while_it_holds_a_case(platform, transfer):
    platform.take(*transfer.until_transfer(), transfer.change_agency(), transfer.change_agency(sender="41"))
    assert platform.inbox("41")[-1].NAME == "AgencyChanged"
    assert platform.inbox("44")[-1].NAME == "AgencyChanged"
    platform.take(*transfer.both_in(), transfer.complete(), transfer.change_agency())
    assert platform.outcomes()[-1] == ("REJECTED", "CASE_CLOSED")


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


def test_person_and_employer_are_each_told_of_a_decision_once(relationship, transfer):
    relationship.hear_all([*transfer.whole(), transfer.tell_person(), transfer.tell_employer()])
    assert relationship.hear(transfer.tell_person()) == Rejection("ALREADY_RECORDED")
    assert relationship.hear(transfer.tell_employer()) == Rejection("ALREADY_RECORDED")
    assert relationship.hear(transfer.tell_person("SomethingElse")) == Rejection("INVALID_REQUEST", "about")
    relationship.hear_all([transfer.tell_person("ApplicationAccepted")])


# --- the law changes under way ---


def test_a_clock_keeps_its_procedure_and_the_next_one_takes_the_new(law, new_relationship, transfer, at):
    promise = Assignment("44", "provincial-8-7", date(2025, 3, 10), None)
    changed = Law(Procedures(list(law.procedures), [promise], "national-2009"), law.working_days)
    relationship = new_relationship(changed)
    relationship.hear_all(transfer.until_origin_review(), at("2025-03-07"))
    relationship.hear_all([transfer.return_letter(), transfer.letter(2)], at("2025-03-11"))
    relationship.hear_all([transfer.letter_received(2)], at("2025-03-12"))
    started = [(c.clock, c.run, c.procedure, c.limit_working_days) for f in relationship.facts for c in f.then.started]
    assert started[1:] == [
        ("origin_transfer", 1, "national-2009", 15),
        ("origin_transfer", 2, "provincial-8-7", 7),
    ]


@pytest.fixture
def information_only(new_relationship):
    return new_relationship(law_in_force("information-only"))


def test_where_only_information_moves_the_sheet_alone_is_enough(information_only, transfer):
    information_only.hear_all([*transfer.until_transfer(), transfer.sheet()])
    assert information_only.of(transfer).waiting_for == "41", "the origin has done everything"
    assert information_only.hear(transfer.remit()) == Rejection("INFORMATION_ONLY")
    fact = information_only.hear_all([transfer.sheet_received()])
    assert [c.clock for c in fact.then.started] == ["confirmation"]
    done = information_only.hear_all([transfer.complete()])
    assert (information_only.accounts(), done.amount) == ({}, 0)


def test_money_that_comes_all_the_same_is_a_mismatch_and_goes_back(information_only, transfer):
    information_only.hear_all([*transfer.until_transfer(), transfer.sheet(), transfer.sheet_received()])
    information_only.hear_all([transfer.receive()])
    assert information_only.hear(transfer.complete()) == Rejection("SHEET_FUNDS_MISMATCH")
    information_only.hear_all([transfer.mismatch(TOTAL, "take_back_excess", expected=0), transfer.give_back(TOTAL)])
    information_only.hear_all([transfer.complete(), transfer.got_back(TOTAL)])
    assert information_only.accounts() == {"in_transit": -TOTAL, "returned": TOTAL}


def test_the_switch_is_that_of_the_origin_on_the_day_of_the_application(law, new_relationship, transfer_of, at):
    switch = Assignment("44", "information-only", date(2025, 4, 1), None)
    switched = Law(Procedures(list(law.procedures), [switch], "national-2009"), law.working_days)
    for day, only in (("2025-03-31", False), ("2025-04-01", True)):
        relationship, transfer = new_relationship(switched), transfer_of()
        assert relationship.hear(transfer.apply(), at(day)).information_only is only
        other = transfer_of(origin="32", application="HA-2")
        assert not relationship.hear(other.apply(), at(day)).information_only


def test_after_a_death_the_heirs_are_told_and_neither_person_nor_employer(platform, transfer):
    platform.take(*transfer.until_origin_review())
    before = transfer.tell_person("ContactLetterIssued")
    platform.take(before, transfer.freeze("death"))
    person, employer = transfer.tell_person("TransferFrozen"), transfer.tell_employer("TransferFrozen")
    heirs = transfer.tell_person("TransferFrozen", reader="heirs")
    platform.take(person, employer, heirs)
    assert [outcome for outcome in platform.outcomes() if outcome[1] == "WRONG_READER"] == [
        ("REJECTED", "WRONG_READER")
    ] * 2
    assert platform.outcomes()[-1] == ("ACCEPTED", None)
