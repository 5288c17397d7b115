"""Application: who may apply for what, and beside which other transfers."""

from __future__ import annotations

from datetime import date

import pytest

from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.subjects.completion import TransferCompleted
from jinbao.rules.procedures import Assignment, Procedures

TOTAL = 3_309_425


def test_the_switch_is_that_of_the_origin_on_the_day_of_the_application(law, new_relationship, transfer_of, at):
    switch = Assignment("44", "information-only", date(2025, 4, 1), None)
    switched = Law(Procedures(list(law.procedures), [switch], "national-2009"), law.working_days)
    for day, only in (("2025-03-31", False), ("2025-04-01", True)):
        relationship, transfer = new_relationship(switched), transfer_of()
        assert relationship.hear(transfer.apply(), at(day)).information_only is only
        other = transfer_of(origin="32", application="HA-2")
        assert not relationship.hear(other.apply(), at(day)).information_only


def test_the_destination_refuses_with_a_reason_of_the_list(relationship, transfer):
    relationship.hear(transfer.apply())
    assert relationship.hear(transfer.refuse("NO_SUCH_REASON")) == Rejection("UNKNOWN_REASON_CODE", "reason_code")
    assert relationship.hear(transfer.refuse("BANK_DATA_INVALID")) == Rejection("UNKNOWN_REASON_CODE", "reason_code")
    fact = relationship.hear(transfer.refuse("NOT_INSURED_HERE"))
    assert fact.reason_code == "NOT_INSURED_HERE"
    assert relationship.of(transfer).state is State.REFUSED
    assert relationship.hear(transfer.letter()) == Rejection("CASE_CLOSED")
    assert relationship.hear(transfer.refuse()) == Rejection("ALREADY_RECORDED")


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


def test_several_origins_answer_in_any_order_one_returned_another_partial(relationship, transfer_of):
    """From three provinces at once: 44 pays at once, 32 returns the letter and answers the next, 33 sends a part."""
    first = transfer_of(origin="44", application="HA-1")
    second = transfer_of(origin="32", application="HA-2")
    third = transfer_of(origin="33", application="HA-3")
    relationship.hear_all([first.apply(), second.apply(), third.apply(), third.letter(), second.letter()])
    relationship.hear_all([second.letter_received(), third.letter_received(), second.return_letter()])
    relationship.hear_all([third.review(), third.lump_sum(paid_in="33"), third.notice(), first.letter()])
    relationship.hear_all([first.letter_received(), first.review(), *first.both_in(), second.letter(2)])
    relationship.hear_all([*third.both_in(withheld_months=40, withheld_amount=1_200_000), first.complete()])
    elsewhere = transfer_of(origin="11", destination="50", application="CQ-1")
    assert relationship.hear(elsewhere.apply()) == Rejection("LIVE_TRANSFER_ELSEWHERE", "destination")
    relationship.hear_all([second.letter_received(2), second.review(2), *second.both_in(letter=2), third.complete()])
    assert relationship.hear(elsewhere.apply()) == Rejection("LIVE_TRANSFER_ELSEWHERE", "destination")
    relationship.hear_all([second.complete()])
    states = [relationship.of(t).state for t in (first, second, third)]
    assert states == [State.COMPLETED] * 3
    assert relationship.accounts() == {"origin_fund": -3 * TOTAL, "destination_fund": 3 * TOTAL}
    relationship.hear_all([elsewhere.apply()])
    booked = [f for f in relationship.facts if isinstance(f, TransferCompleted)]
    assert [f.transfer for f in booked] == [1, 3, 2]
