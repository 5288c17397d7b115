"""Completion: sheet and money are both in and agree."""

from __future__ import annotations

import pytest

from jinbao.platform.aggregates.decision import Rejection, Waiting
from jinbao.platform.aggregates.state import State
from jinbao.platform.national_platform import law_in_force

TOTAL = 3_309_425
PERSONAL, POOLING = 1_365_425, 1_944_000


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


def test_completion_is_refused_while_sheet_and_money_differ(relationship, transfer):
    relationship.hear_all(transfer.until_confirmation(TOTAL - 500))
    assert relationship.hear(transfer.complete()) == Rejection("SHEET_FUNDS_MISMATCH")
    relationship.hear_all([transfer.mismatch(TOTAL - 500)])
    assert relationship.hear(transfer.complete()) == Rejection("SHEET_FUNDS_MISMATCH")


def test_completion_must_name_the_sheets_own_figures(relationship, transfer):
    relationship.hear_all(transfer.until_confirmation())
    wrong = transfer.complete(individual_total=PERSONAL - 1, pooling_total=POOLING + 1)
    assert relationship.hear(wrong) == Rejection("AMOUNT_DIFFERS", "individual_total")


def test_completion_waits_for_the_receipt_of_the_latest_sheet(relationship, transfer):
    relationship.hear_all([*transfer.until_confirmation(), transfer.sheet(2)])
    assert relationship.hear(transfer.complete()) == Rejection("VERSION_OUT_OF_ORDER", "sheet_version")
    assert relationship.hear(transfer.complete(2)) == Waiting()
    relationship.hear_all([transfer.sheet_received(2), transfer.complete(2)])


def test_no_completion_while_announced_money_is_on_its_way(books, transfer):
    """Though sheet and money agree: what was announced comes or bounces first, in every state that may complete."""
    books.taken(*transfer.until_confirmation(), transfer.remit(2, 700))
    assert books.say(transfer.complete()) == ["SHEET_FUNDS_MISMATCH"]
    books.taken(transfer.bounce(2, 700), transfer.complete())


def test_no_completion_of_a_frozen_case_or_a_mismatch_while_money_is_on_its_way(books, transfer, transfer_of):
    books.taken(*transfer.until_confirmation(), transfer.remit(2, 700), transfer.freeze())
    assert books.say(transfer.complete()) == ["SHEET_FUNDS_MISMATCH"]
    other = transfer_of(person=2)
    books.taken(*other.until_mismatch(TOTAL - 500, "top_up"), other.remit(2, 500), other.remit(3, 9))
    books.taken(other.receive(2, 500))
    assert books.say(other.complete()) == ["SHEET_FUNDS_MISMATCH"]
    assert books.state(other) == "mismatch"
    books.taken(other.bounce(3, 9), other.complete())
