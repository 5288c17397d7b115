"""Suspension: death, lost nationality or a pension that began stops every clock and whatever is new."""

from __future__ import annotations

from datetime import date

import pytest

from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.state import State

TOTAL = 3_309_425
CAUSES = ("death", "nationality_lost", "pension_started")


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
