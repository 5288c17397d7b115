"""Cases whose sum is settled between two provinces by period."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from jinbao.platform.aggregates.continuation import as_it_stands, transfer_from
from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.state import State
from jinbao.platform.store.event_log import decode_fact, encode_fact
from jinbao.rules.procedures import Assignment

PERSONAL, POOLING = 1_365_425, 1_944_000
TOTAL = PERSONAL + POOLING
BETWEEN = {
    "origin_fund": -TOTAL,
    "settlement_owed": TOTAL,
    "destination_fund": TOTAL,
    "settlement_due": -TOTAL,
}


@pytest.fixture
def case(transfer_of):
    return transfer_of(origin="51", destination="50", application="CQ-1")


def until_sheet_in(case):
    return [*case.until_transfer(), case.sheet(), case.sheet_received()]


def test_a_case_completes_without_a_payment_and_its_sum_stands_between_the_two_funds(relationship, case):
    relationship.hear_all(until_sheet_in(case))
    assert relationship.of(case).state is State.CONFIRMATION
    fact = relationship.hear_all([case.complete()])
    assert fact.amount == TOTAL
    assert relationship.accounts() == BETWEEN
    assert [(p.account, p.province) for p in fact.then.postings] == [
        ("origin_fund", "51"),
        ("settlement_owed", "51"),
        ("destination_fund", "50"),
        ("settlement_due", "50"),
    ]
    assert {(p.payment_reference, p.payment_line, p.unallocated_fen) for p in fact.then.postings} == {("50-51", 0, 0)}
    assert relationship.parts("settlement_owed") == (PERSONAL, POOLING, 0)


def test_the_case_has_ten_working_days_from_acceptance_to_completion(relationship, case, at):
    """Accepted on Monday 3 March: the tenth working day is the 17th; no stage has a limit of its own."""
    [clock] = relationship.hear(case.apply(), at("2025-03-03")).then.started
    assert (clock.clock, clock.responsible, clock.limit_working_days) == ("case", "50", 10)
    assert (clock.procedure, clock.due) == ("sichuan-chongqing", date(2025, 3, 17))
    later = relationship.hear_all([*until_sheet_in(case)[1:]], at("2025-03-10"))
    assert (later.then.started, later.then.ended) == ((), ())
    assert [c.start.due for c in relationship.of(case).clocks] == [date(2025, 3, 17)]
    fact = relationship.hear_all([case.complete()], at("2025-03-17", 23))
    assert [(e.clock, e.outcome) for e in fact.then.ended] == [("case", "met")]


@pytest.mark.parametrize(("ending", "outcome"), [("refuse", "met"), ("withdraw", "cancelled"), ("freeze", "cancelled")])
def test_it_ends_with_a_refusal_and_is_cancelled_by_what_else_ends_the_case(relationship, case, ending, outcome):
    relationship.hear_all([case.apply()])
    fact = relationship.hear_all([getattr(case, ending)()])
    assert [(e.clock, e.outcome) for e in fact.then.ended] == [("case", outcome)]


def test_it_runs_on_while_a_letter_is_returned_and_sent_again(relationship, case, at):
    relationship.hear_all([*case.until_origin_review(), case.return_letter(), case.letter(2)], at("2025-03-03"))
    relationship.hear_all([case.letter_received(2)], at("2025-03-10"))
    assert [(c.start.clock, c.start.run) for c in relationship.of(case).clocks] == [("case", 1)]


def test_the_platform_warns_and_notes_the_miss_of_the_whole_case(platform, case, at):
    platform.take(*case.until_transfer(), now=at("2025-03-03"))
    platform.sweep(at("2025-03-13"))
    platform.sweep(at("2025-03-18"))
    told = [(m.NAME, m.clock) for m in platform.inbox("50") if m.NAME.startswith("Deadline")]
    assert told == [("DeadlineApproaching", "case"), ("DeadlineMissed", "case")]


def test_no_payment_is_taken_and_the_answer_says_why(relationship, case):
    relationship.hear_all([*case.until_transfer(), case.sheet()])
    assert relationship.hear(case.remit()) == Rejection("SETTLED_BY_PERIOD")


def test_money_that_comes_all_the_same_goes_back_before_the_case_completes(relationship, case):
    relationship.hear_all([*until_sheet_in(case), case.receive()])
    assert relationship.hear(case.complete()) == Rejection("SHEET_FUNDS_MISMATCH")
    relationship.hear_all([case.mismatch(TOTAL, "take_back_excess", expected=0), case.give_back(TOTAL)])
    relationship.hear_all([case.complete(), case.got_back(TOTAL)])
    assert relationship.accounts() == BETWEEN | {"in_transit": -TOTAL, "returned": TOTAL}


def test_a_reversal_goes_the_way_of_the_first_transfer(relationship, case, transfer_of):
    relationship.hear_all([*until_sheet_in(case), case.complete()])
    back = transfer_of(origin="50", destination="51", application="SC-X1")
    relationship.hear_all([back.offer("reversal", case.transfer_id), back.sheet(), back.sheet_received()])
    assert relationship.hear(back.remit()) == Rejection("SETTLED_BY_PERIOD")
    relationship.hear_all([back.complete(), case.reverse(back.transfer_id)])
    between = {}
    for fact in relationship.facts:
        for p in fact.then.postings:
            if p.account.startswith("settlement"):
                between[p.province] = between.get(p.province, 0) + p.personal_fen + p.pooling_fen
    assert between == {"50": 0, "51": 0}, "each owes the other the same"


def test_what_began_before_the_day_is_paid_per_person(relationship, case, at):
    relationship.hear_all(case.until_transfer(), at("2021-11-30"))
    relationship.hear_all([*case.both_in(), case.complete()], at("2021-12-06"))
    assert relationship.accounts() == {"origin_fund": -TOTAL, "destination_fund": TOTAL}


def test_an_offer_between_the_two_is_settled_by_period_too(relationship, transfer_of):
    account = transfer_of(origin="50", destination="51", application="LS-1")
    relationship.hear_all([account.open_account("LS-1"), account.offer("temporary_collection", account="LS-1")])
    assert relationship.of(account).money == "by_period"


def test_information_only_holds_for_what_is_offered_too(law, new_relationship, transfer_of, at):
    switch = Assignment("44", "information-only", date(2025, 1, 2), None)
    relationship = new_relationship(Law(law.procedures.with_assignment(switch), law.working_days))
    account = transfer_of(origin="44", destination="41", application="LS-1")
    relationship.hear_all([account.open_account("LS-1"), account.offer("temporary_collection", account="LS-1")])
    assert relationship.of(account).money == "none"


def test_a_snapshot_that_says_information_only_is_read_as_the_way_none(law, new_relationship, transfer, at):
    switch = Assignment("44", "information-only", date(2025, 1, 2), None)
    relationship = new_relationship(Law(law.procedures.with_assignment(switch), law.working_days))
    relationship.hear_all(transfer.until_transfer())
    moved = relationship.hear(transfer.correct_identity(b"r" * 16))
    stood = msgspec.structs.replace(relationship.of(transfer), previous=None, last=None)
    fields = msgspec.msgpack.decode(encode_fact(moved))
    snapshot = msgspec.msgpack.decode(msgspec.msgpack.encode(stood))
    assert snapshot.pop("money") == "none"
    fields[5] = msgspec.msgpack.encode(snapshot | {"information_only": True})
    read = decode_fact("identity-corrected", msgspec.msgpack.encode(fields))
    assert msgspec.msgpack.decode(read.snapshot)["money"] == "none"


def test_a_case_that_moves_keeps_its_way(relationship, case):
    relationship.hear_all(case.until_transfer())
    travels = as_it_stands(relationship.of(case), case.relationship_id)
    assert transfer_from(travels, 1, case.transfer_id).money == "by_period"
