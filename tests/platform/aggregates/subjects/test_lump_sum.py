"""Lump-sum back-payments: documents, the notice, partial transfers."""

from __future__ import annotations

from datetime import date

import pytest

from jinbao.platform.aggregates.decision import Rejection, Waiting

PARTIAL = {"withheld_months": 40, "withheld_amount": 1_200_000}
NOT_ENOUGH = Rejection("LUMP_SUM_DOCUMENT_INVALID", "document")


def test_a_lump_sum_before_2016_moves_with_a_commitment(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum(paid_on="2016-11-27")])
    assert relationship.hear(transfer.sheet()) == Waiting(), "neither document nor notice"
    fact = relationship.hear_all([transfer.document("commitment")])
    assert [(e.clock, e.outcome) for e in fact.then.ended] == [("lump_sum_notice", "cancelled")]
    relationship.hear_all([*transfer.both_in(), transfer.complete()])
    assert relationship.of(transfer).withheld is None


def test_since_then_it_takes_a_legal_instrument_made_before_the_payment(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum(paid_on="2016-11-28")])
    assert relationship.hear(transfer.document("commitment", "2016-01-04")) == NOT_ENOUGH
    assert relationship.hear(transfer.document("court", "2016-11-28")) == NOT_ENOUGH
    relationship.hear_all([transfer.document("court", "2016-11-27"), transfer.sheet()])
    assert relationship.hear(transfer.document("audit", "2016-01-04")) == Rejection("ALREADY_RECORDED")


@pytest.mark.parametrize("kind", ["court", "audit", "labour_inspection", "arbitration"])
def test_each_legal_instrument_is_enough(relationship, transfer, kind):
    relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum(paid_on="2019-06-03")])
    relationship.hear_all([transfer.document(kind, "2019-05-31")])


def test_the_document_comes_from_where_the_payment_was_made_and_from_nobody_else(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum(paid_in="32")])
    relationship.hear_all([transfer.ask_document("32")])
    assert relationship.hear(transfer.document(sender="33")) == Rejection("NOT_CASE_PARTY", "envelope.sender")
    assert relationship.hear(transfer.document(sender="41")) == Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    relationship.hear_all([transfer.document(sender="32")])
    assert [lump.document for lump in relationship.of(transfer).lump_sums] == ["commitment"]


def test_a_third_province_is_asked_through_the_platform_and_its_document_reaches_both_sides(platform, transfer):
    platform.take(*transfer.until_transfer(), transfer.lump_sum(paid_in="32"), transfer.ask_document("32"))
    assert [m.NAME for m in platform.inbox("32")] == ["LumpSumDocumentRequested"]
    platform.take(transfer.document(sender="32"))
    assert platform.inbox("44")[-1].NAME == platform.inbox("41")[-1].NAME == "LumpSumDocumentSupplied"
    assert {outcome for outcome, _ in platform.outcomes()} == {"ACCEPTED"}


def test_nobody_can_be_asked_in_a_province_that_does_not_exist(relationship, transfer):
    relationship.hear_all(transfer.until_transfer())
    assert relationship.hear(transfer.lump_sum(paid_in="99")) == Rejection("UNKNOWN_PROVINCE", "paid_in")


def test_a_lump_sum_is_found_during_review_or_after_it_but_not_when_the_sheet_is_out(relationship, transfer):
    relationship.hear_all([*transfer.until_origin_review(), transfer.lump_sum(), transfer.review()])
    assert relationship.hear(transfer.lump_sum()) == Rejection("ALREADY_RECORDED")
    relationship.hear_all([transfer.notice(), transfer.sheet(**PARTIAL)])
    other = type(transfer)(origin="32", application="HA-2")
    relationship.hear_all([*other.until_transfer(), other.sheet()])
    assert relationship.hear(other.lump_sum()) == Rejection("STATE_CONFLICT")
    assert relationship.hear(other.notice()) == Rejection("STATE_CONFLICT"), "nothing was found that could be noticed"


def test_the_notice_is_due_ten_working_days_after_the_letter_whenever_it_was_found(relationship, transfer, at):
    """Letter received on Monday 3 March: ten working days end on the 17th, found on the 3rd or on the 10th."""
    relationship.hear_all(transfer.until_transfer(), at("2025-03-03"))
    fact = relationship.hear(transfer.lump_sum(), at("2025-03-10"))
    [clock] = fact.then.started
    assert (clock.clock, clock.responsible, clock.limit_working_days) == ("lump_sum_notice", "44", 10)
    assert (clock.counted_from, clock.due) == (date(2025, 3, 3), date(2025, 3, 17))


@pytest.mark.parametrize(("day", "outcome"), [("2025-03-17", "met"), ("2025-03-18", "missed")])
def test_a_notice_on_the_last_day_is_in_time_and_on_the_next_it_is_not(relationship, transfer, at, day, outcome):
    relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum()], at("2025-03-03"))
    fact = relationship.hear(transfer.notice(), at(day, 23))
    assert [(e.clock, e.outcome) for e in fact.then.ended] == [("lump_sum_notice", outcome)]


def test_the_sweep_warns_of_the_notice_and_notes_its_miss(platform, transfer, at):
    platform.take(*transfer.until_transfer(), transfer.lump_sum(), now=at("2025-03-03"))
    platform.sweep(at("2025-03-13"))
    platform.sweep(at("2025-03-18"))
    told = [(m.NAME, m.clock) for m in platform.inbox("44") if m.NAME.startswith("Deadline")]
    assert told == [("DeadlineApproaching", "lump_sum_notice"), ("DeadlineMissed", "lump_sum_notice")]


def test_without_a_document_the_other_years_move_and_the_rest_is_shown_to_both_sides(platform, transfer):
    platform.take(*transfer.until_transfer(), transfer.lump_sum())
    platform.take(transfer.sheet(**PARTIAL))
    assert platform.outcomes()[-1] == ("PARKED", "PREDECESSOR_MISSING"), "the person must be told first"
    platform.take(transfer.notice())
    assert platform.outcomes()[-1] == ("ACCEPTED", None), "the sheet that waited"
    platform.take(transfer.sheet_received(), transfer.remit(), transfer.receive(), transfer.complete())
    assert platform.rows("SELECT state FROM case_board") == [("completed",)]
    sheet = next(m for m in platform.inbox("41") if m.NAME == "InformationSheetSent")
    assert (sheet.withheld_months, sheet.withheld_amount) == (40, 1_200_000)


def test_a_sheet_that_does_not_say_what_stays_behind_is_refused(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum(), transfer.notice()])
    assert relationship.hear(transfer.sheet()) == Rejection("LUMP_SUM_NOT_WITHHELD", "withheld_months")


def test_a_document_found_before_completion_lets_a_corrected_sheet_take_everything(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum(), transfer.notice()])
    relationship.hear_all([*transfer.both_in(**PARTIAL), transfer.document(), transfer.sheet(2)])
    assert relationship.of(transfer).withheld is None


def test_a_letter_sent_again_gives_the_notice_its_days_again(relationship, transfer, at):
    """The origin returns the letter before it told the person; the next letter's receipt starts both clocks."""
    relationship.hear_all([*transfer.until_origin_review(), transfer.lump_sum()], at("2025-03-03"))
    returned = relationship.hear(transfer.return_letter(), at("2025-03-05"))
    assert ("lump_sum_notice", "cancelled") in [(e.clock, e.outcome) for e in returned.then.ended]
    relationship.hear_all([transfer.letter(2)], at("2025-03-06"))
    fact = relationship.hear(transfer.letter_received(2), at("2025-03-07"))
    assert {(c.clock, c.counted_from) for c in fact.then.started} == {
        ("origin_transfer", date(2025, 3, 7)),
        ("lump_sum_notice", date(2025, 3, 7)),
    }
