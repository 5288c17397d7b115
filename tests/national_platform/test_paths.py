"""Every path of a transfer through the aggregate, as the law and the brief name them; no input or output."""

from __future__ import annotations

import pytest

from jinbao.platform.aggregates.catalogue import FACTS
from jinbao.platform.aggregates.decision import Rejection, Waiting
from jinbao.platform.aggregates.state import State

TOTAL = 3_309_425
PERSONAL, POOLING = 1_365_425, 1_944_000


def test_a_normal_transfer_runs_from_application_to_completion(relationship, transfer):
    states = []
    for message in transfer.whole():
        relationship.hear_all([message])
        states.append(relationship.of(transfer).state)
    assert states == [
        State.APPLICATION_REVIEW,
        State.LETTER_ISSUED,
        State.ORIGIN_REVIEW,
        State.TRANSFER,
        State.TRANSFER,
        State.TRANSFER,
        State.TRANSFER,
        State.CONFIRMATION,
        State.COMPLETED,
    ]
    assert relationship.accounts() == {"origin_fund": -TOTAL, "destination_fund": TOTAL}
    assert relationship.parts("destination_fund") == (PERSONAL, POOLING, 0)
    assert not relationship.aggregate.live


def test_it_is_always_known_whose_turn_it_is(relationship, transfer):
    turns = []
    for message in transfer.whole():
        relationship.hear_all([message])
        turns.append(relationship.of(transfer).waiting_for)
    assert turns == ["41", "44", "44", "44", "44", "41", "41", "41", ""]


def test_the_destination_refuses_with_a_reason_of_the_list(relationship, transfer):
    relationship.hear(transfer.apply())
    assert relationship.hear(transfer.refuse("NO_SUCH_REASON")) == Rejection("UNKNOWN_REASON_CODE", "reason_code")
    assert relationship.hear(transfer.refuse("BANK_DATA_INVALID")) == Rejection("UNKNOWN_REASON_CODE", "reason_code")
    fact = relationship.hear(transfer.refuse("NOT_INSURED_HERE"))
    assert fact.reason == "NOT_INSURED_HERE"
    assert relationship.of(transfer).state is State.REFUSED
    assert relationship.hear(transfer.letter()) == Rejection("CASE_CLOSED")
    assert relationship.hear(transfer.refuse()) == Rejection("ALREADY_RECORDED")


def test_a_returned_letter_is_sent_again_and_the_origins_clock_starts_afresh(relationship, transfer, at):
    relationship.hear_all(transfer.until_origin_review(), at("2025-03-03"))
    returned = relationship.hear(transfer.return_letter(), at("2025-03-10"))
    assert [(e.clock, e.run, e.outcome) for e in returned.then.ended] == [("origin_transfer", 1, "met")]
    assert relationship.of(transfer).waiting_for == "41"
    relationship.hear_all([transfer.letter(2)], at("2025-03-11"))
    fact = relationship.hear(transfer.letter_received(2), at("2025-03-12"))
    [clock] = fact.then.started
    assert (clock.clock, clock.run, clock.due.isoformat()) == ("origin_transfer", 2, "2025-04-02")
    relationship.hear_all([transfer.review(2), transfer.sheet(letter=2), transfer.remit()], at("2025-03-13"))
    relationship.hear_all([transfer.sheet_received(), transfer.receive(), transfer.complete()], at("2025-03-14"))
    assert relationship.of(transfer).state is State.COMPLETED


def test_a_sheet_for_the_former_letter_is_out_of_order(relationship, transfer):
    relationship.hear_all([*transfer.until_origin_review(), transfer.return_letter(), transfer.letter(2)])
    relationship.hear_all([transfer.letter_received(2), transfer.review(2)])
    assert relationship.hear(transfer.sheet(letter=1)) == Rejection("VERSION_OUT_OF_ORDER", "letter_version")


def test_the_destination_may_close_a_returned_case_instead(relationship, transfer):
    relationship.hear_all([*transfer.until_origin_review(), transfer.return_letter("PERSON_NOT_FOUND")])
    relationship.hear_all([transfer.close()])
    assert relationship.of(transfer).state is State.CLOSED


def test_what_was_paid_or_split_can_no_longer_be_returned(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.sheet()])
    assert relationship.hear(transfer.return_letter()) == Rejection("STATE_CONFLICT")


@pytest.mark.parametrize("order", ["sheet first", "money first", "money before its notice"])
def test_sheet_and_money_may_arrive_in_either_order(relationship, transfer, order):
    relationship.hear_all(transfer.until_transfer())
    orders = {
        "sheet first": [transfer.sheet(), transfer.sheet_received(), transfer.remit(), transfer.receive()],
        "money first": [transfer.remit(), transfer.receive(), transfer.sheet(), transfer.sheet_received()],
        "money before its notice": [transfer.receive(), transfer.remit(), transfer.sheet(), transfer.sheet_received()],
    }
    last = relationship.hear_all(orders[order])
    assert [c.clock for c in last.then.started] == ["confirmation"]
    assert relationship.of(transfer).state is State.CONFIRMATION
    assert relationship.accounts() == {"origin_fund": -TOTAL, "suspense": TOTAL}
    assert relationship.parts("suspense") == (PERSONAL, POOLING, 0)


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


def test_completion_is_refused_while_sheet_and_money_differ(relationship, transfer):
    relationship.hear_all(transfer.until_confirmation(TOTAL - 500))
    assert relationship.hear(transfer.complete()) == Rejection("SHEET_FUNDS_MISMATCH")
    relationship.hear_all([transfer.mismatch(TOTAL - 500)])
    assert relationship.hear(transfer.complete()) == Rejection("SHEET_FUNDS_MISMATCH")


def test_completion_must_name_the_sheets_own_figures(relationship, transfer):
    relationship.hear_all(transfer.until_confirmation())
    wrong = transfer.complete(individual_total=PERSONAL - 1, pooling_total=POOLING + 1)
    assert relationship.hear(wrong) == Rejection("AMOUNT_DIFFERS", "individual_total")


def test_a_shortfall_is_held_in_suspense_until_topped_up(relationship, transfer):
    fact = relationship.hear_all(transfer.until_mismatch(TOTAL - 500, "top_up"))
    assert [(e.clock, e.outcome) for e in fact.then.ended] == [("confirmation", "cancelled")]
    assert relationship.of(transfer).waiting_for == "44"
    assert relationship.accounts() == {"origin_fund": -TOTAL + 500, "suspense": TOTAL - 500}
    relationship.hear_all([transfer.remit(2, 500)])
    assert relationship.of(transfer).waiting_for == "41"
    fact = relationship.hear_all([transfer.receive(2, 500)])
    assert [(c.clock, c.run) for c in fact.then.started] == [("confirmation", 2)]
    relationship.hear_all([transfer.complete()])
    assert relationship.parts("destination_fund") == (PERSONAL, POOLING, 0)


def test_a_wrong_sheet_is_corrected_and_reclassifies_the_money(relationship, transfer):
    relationship.hear_all(transfer.until_mismatch(TOTAL - 1_000, "correct_sheet"))
    corrected = (0, 933_425, 431_500, 1_943_500)
    relationship.hear_all([transfer.sheet(2, corrected)])
    assert relationship.of(transfer).waiting_for == "41"
    relationship.hear_all([transfer.sheet_received(2)])
    assert relationship.parts("suspense") == (PERSONAL - 500, POOLING - 500, 0)
    relationship.hear_all([transfer.complete(2, corrected)])
    assert relationship.accounts() == {"origin_fund": -TOTAL + 1_000, "destination_fund": TOTAL - 1_000}


def test_a_corrected_sheet_that_still_differs_is_reported_again(relationship, transfer):
    relationship.hear_all(transfer.until_mismatch(TOTAL - 1_000, "correct_sheet"))
    again = transfer.mismatch(TOTAL - 1_000, "correct_sheet")
    assert relationship.hear(again) == Rejection("ALREADY_RECORDED")
    still_wrong = (0, 933_425, 432_000, 1_943_999)
    relationship.hear_all([transfer.sheet(2, still_wrong), transfer.sheet_received(2)])
    assert relationship.of(transfer).waiting_for == "41", "the destination has to look at the new sheet"
    relationship.hear_all([transfer.mismatch(TOTAL - 1_000, "correct_sheet", 2, TOTAL - 1)])
    assert relationship.of(transfer).waiting_for == "44"


def test_an_excess_is_paid_back_and_arrives_at_the_origin(relationship, transfer):
    relationship.hear_all(transfer.until_mismatch(TOTAL + 700, "take_back_excess"))
    assert relationship.of(transfer).waiting_for == "41"
    assert relationship.parts("suspense") == (PERSONAL, POOLING, 700)
    assert relationship.hear(transfer.give_back(701)) == Rejection("PAYMENT_EXCEEDS_EXCESS", "amount")
    assert relationship.hear(transfer.give_back(700, of=3)) == Rejection("PAYMENT_UNKNOWN", "returned_reference")
    assert relationship.hear(transfer.give_back(700, payment=1)) == Rejection("PAYMENT_UNKNOWN", "payment_reference")
    assert relationship.hear(transfer.got_back(700)) == Waiting()
    relationship.hear_all([transfer.give_back(700)])
    assert relationship.accounts() == {"origin_fund": -TOTAL - 700, "suspense": TOTAL, "in_transit": 700}
    relationship.hear_all([transfer.complete(), transfer.got_back(700)])
    assert relationship.accounts() == {"origin_fund": -TOTAL - 700, "destination_fund": TOTAL, "returned": 700}


def test_a_mismatch_report_must_be_true(relationship, transfer):
    relationship.hear_all(transfer.until_confirmation())
    assert relationship.hear(transfer.mismatch(TOTAL)) == Rejection("NO_MISMATCH")
    assert relationship.hear(transfer.mismatch(TOTAL - 1)) == Rejection("AMOUNT_DIFFERS", "received")
    assert relationship.hear(transfer.mismatch(TOTAL, expected=1)) == Rejection("AMOUNT_DIFFERS", "expected")


def test_completion_waits_for_the_receipt_of_the_latest_sheet(relationship, transfer):
    relationship.hear_all([*transfer.until_confirmation(), transfer.sheet(2)])
    assert relationship.hear(transfer.complete()) == Rejection("VERSION_OUT_OF_ORDER", "sheet_version")
    assert relationship.hear(transfer.complete(2)) == Waiting()
    relationship.hear_all([transfer.sheet_received(2), transfer.complete(2)])


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


def test_an_excess_that_is_paid_back_takes_the_unexplained_money_first(relationship, transfer):
    relationship.hear_all([*transfer.until_mismatch(TOTAL + 700, "take_back_excess"), transfer.give_back(700)])
    assert relationship.parts("in_transit") == (0, 0, 700)
    assert relationship.parts("suspense") == (PERSONAL, POOLING, 0)


def test_once_money_was_sent_nobody_can_withdraw(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.remit()])
    assert relationship.hear(transfer.ask_withdrawal()) == Rejection("STATE_CONFLICT")


def test_several_origins_may_be_collected_towards_one_destination(relationship, transfer_of):
    first = transfer_of(origin="44", application="HA-1")
    second = transfer_of(origin="32", application="HA-2")
    relationship.hear_all([*first.until_transfer(), *second.whole()])
    assert (relationship.of(first).state, relationship.of(second).state) == (State.TRANSFER, State.COMPLETED)


def test_a_second_destination_is_refused_while_one_is_live(relationship, transfer_of):
    first, elsewhere = transfer_of(), transfer_of(origin="32", destination="50", application="CQ-1")
    relationship.hear(first.apply())
    assert relationship.hear(elsewhere.apply()) == Rejection("LIVE_TRANSFER_ELSEWHERE", "destination")
    relationship.hear_all([first.withdraw(), elsewhere.apply()])


def test_the_same_origin_twice_is_refused_while_one_is_live(relationship, transfer_of):
    first, again = transfer_of(), transfer_of(application="HA-2")
    relationship.hear(first.apply())
    assert relationship.hear(again.apply()) == Rejection("LIVE_TRANSFER_EXISTS", "origin")
    relationship.hear_all([first.refuse(), again.apply()])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"origin": "41"}, Rejection("SAME_PROVINCE", "origin")),
        ({"origin": "99"}, Rejection("UNKNOWN_PROVINCE", "origin")),
        ({"destination": "00"}, Rejection("UNKNOWN_PROVINCE", "destination")),
        ({"sender": "44"}, Rejection("ROLE_NOT_ALLOWED", "envelope.sender")),
        ({"sender": "11"}, Rejection("NOT_CASE_PARTY", "envelope.sender")),
        ({"sender": "00"}, Rejection("NOT_CASE_PARTY", "envelope.sender")),
    ],
)
def test_an_application_comes_from_its_destination_and_crosses_a_border(relationship, transfer, change, why):
    assert relationship.hear(transfer.apply(**change)) == why


def test_only_the_role_that_may_say_it_is_heard(relationship, transfer):
    relationship.hear(transfer.apply())
    assert relationship.hear(transfer.letter(sender="44")) == Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    assert relationship.hear(transfer.letter(sender="11")) == Rejection("NOT_CASE_PARTY", "envelope.sender")
    warning = transfer.warn("application_review", "2025-03-24", sender="41")
    assert relationship.hear(warning) == Rejection("ROLE_NOT_ALLOWED", "envelope.sender")


def test_what_comes_too_early_waits_and_is_taken_when_its_turn_comes(relationship, transfer):
    *before, last = transfer.whole()
    waiting = [m for m in before if m.NAME not in ("ApplicationAccepted", "FundsReceived")]
    for message in reversed([*waiting, last]):
        assert relationship.hear(message) == Waiting(), message.NAME
    relationship.hear_all(transfer.whole())


def test_a_recorded_fact_under_another_id_is_already_recorded(relationship, transfer):
    said = transfer.whole()
    for message in said:
        relationship.hear_all([message])
        again = type(transfer)(said=1_000)
        repeated = {
            "ApplicationAccepted": again.apply,
            "ContactLetterIssued": again.letter,
            "ContactLetterReceived": again.letter_received,
            "OriginReviewPassed": again.review,
            "InformationSheetSent": again.sheet,
            "FundsRemitted": again.remit,
            "InformationSheetReceived": again.sheet_received,
            "FundsReceived": again.receive,
            "TransferCompleted": again.complete,
        }[message.NAME]()
        assert relationship.hear(repeated) == Rejection("ALREADY_RECORDED"), message.NAME


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


def test_a_payment_needs_a_sound_reference_and_an_amount(relationship, transfer):
    relationship.hear_all(transfer.until_transfer())
    bad = transfer.remit(payment_reference="RF00123")
    assert relationship.hear(bad) == Rejection("PAYMENT_REFERENCE_INVALID", "payment_reference")
    assert relationship.hear(transfer.remit(amount=0)) == Rejection("AMOUNT_DIFFERS", "amount")
    relationship.hear_all([transfer.remit()])
    assert relationship.hear(transfer.receive(amount=TOTAL - 1)) == Rejection("AMOUNT_DIFFERS", "amount")


def test_a_sheet_must_add_up(relationship, transfer):
    relationship.hear_all(transfer.until_transfer())
    wrong = transfer.sheet(individual_total=1)
    assert relationship.hear(wrong) == Rejection("SHEET_TOTALS_DIFFER", "individual_total")
    assert relationship.hear(transfer.sheet(total=1)) == Rejection("SHEET_TOTALS_DIFFER", "total")


def test_a_sheet_of_nothing_needs_no_payment(relationship, transfer):
    nothing = (0, 0, 0, 0)
    relationship.hear_all([*transfer.until_transfer(), transfer.sheet(1, nothing), transfer.sheet_received()])
    relationship.hear_all([transfer.complete(1, nothing)])
    assert relationship.accounts() == {}


def test_reporting_late_is_noted_and_far_back_dated_reports_are_late_too(relationship, transfer, at):
    fact = relationship.hear(transfer.apply(occurred_at=at("2025-03-03")), at("2025-03-04", 23))
    assert not fact.then.late
    fact = relationship.hear(transfer.letter(occurred_at=at("2025-03-03")), at("2025-03-05"))
    assert fact.then.late
    fact = relationship.hear(transfer.letter_received(occurred_at=at("1950-01-01")), at("2025-03-05"))
    assert fact.then.late, "a day before the calendar's first year is late, and no error"


def test_a_sweep_that_was_down_is_no_provinces_late_report(relationship, transfer, at):
    relationship.hear_all([transfer.apply(), transfer.letter()])
    when = {"occurred_at": at("2025-03-04")}
    assert not relationship.hear(transfer.letter_deemed(**when), at("2025-03-20")).then.late
    assert not relationship.hear(transfer.warn("origin_transfer", "2025-04-11", **when), at("2025-03-20")).then.late
    assert relationship.hear(transfer.review(**when), at("2025-03-20")).then.late


def test_money_that_came_for_a_returned_letter_can_be_paid_back(relationship, transfer):
    relationship.hear_all([*transfer.until_origin_review(), transfer.return_letter(), transfer.receive()])
    relationship.hear_all([transfer.give_back(TOTAL), transfer.close()])
    relationship.hear_all([transfer.got_back(TOTAL), transfer.remit()])
    assert relationship.accounts() == {"origin_fund": -TOTAL, "returned": TOTAL}


@pytest.mark.parametrize("end", ["close", "withdraw"])
def test_a_returned_case_that_holds_money_cannot_end(relationship, transfer, end):
    reason = {"close": "BANK_DATA_INVALID", "withdraw": "WITHDRAWAL_AGREED"}[end]
    relationship.hear_all([*transfer.until_origin_review(), transfer.ask_withdrawal(), transfer.return_letter(reason)])
    relationship.hear_all([transfer.receive()])
    assert relationship.hear(getattr(transfer, end)()) == Rejection("MONEY_STILL_HELD")
    relationship.hear_all([transfer.give_back(TOTAL - 1)])
    assert relationship.hear(getattr(transfer, end)()) == Rejection("MONEY_STILL_HELD"), "a fen is still here"
    relationship.hear_all([transfer.give_back(1, 8), getattr(transfer, end)()])


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


def test_facts_keep_the_names_under_which_they_are_stored():
    """The topic is stored data: it never follows a class that is renamed or moved."""
    names = (
        "application-accepted application-refused contact-letter-issued contact-letter-received "
        "contact-letter-deemed-received origin-review-passed transfer-returned information-sheet-sent "
        "information-sheet-received information-sheet-deemed-received funds-remitted funds-received funds-returned "
        "returned-funds-received mismatch-reported transfer-completed withdrawal-requested transfer-withdrawn "
        "transfer-closed deadline-approaching deadline-missed "
        "certificate-issued temporary-account-opened contributions-recorded temporary-account-sealed transfer-offered "
        "unassigned-funds-received unassigned-funds-assigned lump-sum-found lump-sum-document-requested "
        "lump-sum-document-supplied lump-sum-notice-sent arrears-reported arrears-settled arrears-declined "
        "payment-bounced transfer-frozen transfer-reversed identity-corrected case-continued fact-annulled "
        "agency-changed overlap-cleared clock-redated person-informed employer-informed "
        "continuation-confirmed continuation-refused settlement-stated settlement-paid settlement-received"
    )
    assert sorted(FACTS) == sorted(names.split())


def test_a_letter_waits_for_the_version_before_it(relationship, transfer):
    relationship.hear(transfer.apply())
    assert relationship.hear(transfer.letter(2)) == Waiting()
    assert isinstance(relationship.hear(transfer.letter(1)), FACTS["contact-letter-issued"])
