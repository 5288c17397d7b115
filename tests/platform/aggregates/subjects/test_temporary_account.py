"""Temporary accounts: opened, paid into, sealed, collected."""

from __future__ import annotations

from datetime import date

import pytest

from jinbao.platform.aggregates.decision import Rejection, Waiting
from jinbao.platform.aggregates.state import State

TOTAL = 3_309_425
WHOLE = (0, 1_344_000, 0, 0)
"""Employer's and own part of the account, without the 12 % limit, and no pooling part of its own."""


@pytest.mark.parametrize(
    ("total", "code"),
    [
        (0, "CONTRIBUTIONS_DIFFER"),
        (1_343_999, "CONTRIBUTIONS_DIFFER"),
        (1_344_000, "accepted"),
        (2_284_800, "accepted"),
        (2_688_000, "CONTRIBUTIONS_DIFFER"),
    ],
)
def test_a_collection_brings_what_was_recorded_and_no_more_than_interest_on_it(books, transfer, total, code):
    """Recorded in 2016: with nine years' interest, 70 % more is possible, and twice as much is not."""
    months = {"first_month": 201601, "last_month": 201612}
    books.taken(transfer.open_account(), transfer.contribute(**months), transfer.seal_account())
    books.taken(transfer.offer("temporary_collection", account="LS-1"))
    assert books.say(transfer.sheet(1, (0, total, 0, 0))) == [code]


def test_the_same_months_again_correct_what_was_recorded(books, transfer):
    books.taken(transfer.open_account(), transfer.contribute(), transfer.contribute(individual=184_000))
    books.taken(transfer.offer("temporary_collection", account="LS-1"), transfer.sheet(1, (0, 1_144_000, 0, 0)))


def test_contributions_that_come_while_the_account_moves_wait_for_what_becomes_of_it(books, transfer):
    books.taken(transfer.open_account(), transfer.contribute(), transfer.offer("temporary_collection", account="LS-1"))
    sheet = transfer.sheet(1, (0, 1_344_000, 0, 0))
    books.taken(sheet)
    assert books.say(transfer.contribute(first_month=201601, last_month=201612)) == ["PREDECESSOR_MISSING"]
    assert books.say(transfer.annul(sheet)) == ["accepted", "accepted"]
    assert books.say(transfer.sheet(1, (0, 1_344_000, 0, 0))) == ["CONTRIBUTIONS_DIFFER"]


def test_months_and_money_are_recorded_in_an_open_account(relationship, transfer):
    assert relationship.hear(transfer.contribute()) == Waiting(), "the account must be opened first"
    relationship.hear_all([transfer.open_account(), transfer.contribute(), transfer.contribute()])
    assert relationship.hear(transfer.open_account()) == Rejection("ALREADY_RECORDED")
    assert relationship.hear(transfer.contribute(sender="32")) == Waiting(), "32 has no account of that number"


def test_a_sealed_account_takes_no_more_and_is_sealed_once(relationship, transfer):
    relationship.hear_all([transfer.open_account(), transfer.contribute(), transfer.seal_account()])
    assert relationship.hear(transfer.contribute()) == Rejection("TEMPORARY_ACCOUNT_SEALED", "account_number")
    assert relationship.hear(transfer.seal_account()) == Rejection("ALREADY_RECORDED")


def test_opening_an_account_leaves_the_relationship_where_it_is(relationship, transfer, transfer_of):
    """The new place may open an account while the origin keeps the relationship: no transfer begins by it."""
    relationship.hear_all([transfer.open_account()])
    assert relationship.aggregate.transfers == []
    assert not relationship.aggregate.live
    relationship.hear_all(transfer_of(origin="32", application="HA-7").whole())


@pytest.mark.parametrize(("day", "moves"), [(date(2016, 11, 27), True), (date(2016, 11, 28), False)])
def test_it_moved_at_the_next_move_until_2016_and_is_sealed_since(relationship, transfer, day, moves):
    relationship.hear_all([transfer.open_account()])
    decision = relationship.hear(transfer.offer("temporary_move", account="LS-1", offered_on=day))
    if moves:
        assert decision.then.state is State.TRANSFER
    else:
        assert decision == Rejection("TEMPORARY_ACCOUNT_SEALED", "kind")


def test_the_benefit_place_collects_it_by_sheet_then_receipt_then_money(relationship, transfer):
    relationship.hear_all([transfer.open_account(), transfer.contribute(), transfer.seal_account()])
    relationship.hear_all([transfer.offer("temporary_collection", account="LS-1"), transfer.sheet(1, WHOLE)])
    assert relationship.hear(transfer.remit(1, 1_344_000)) == Waiting(), "the receipt comes first"
    relationship.hear_all([transfer.sheet_received(), transfer.remit(1, 1_344_000), transfer.receive(1, 1_344_000)])
    assert [c.start.clock for c in relationship.of(transfer).clocks] == ["confirmation"]
    relationship.hear_all([transfer.complete(1, WHOLE)])
    assert relationship.parts("destination_fund") == (1_344_000, 0, 0), "all of it, nothing kept back"


def test_money_that_could_not_wait_for_the_receipt_is_taken_after_it(platform, transfer):
    platform.take(transfer.open_account(), transfer.offer("temporary_collection", account="LS-1"))
    platform.take(transfer.sheet(1, WHOLE), transfer.remit(1, 1_344_000), transfer.sheet_received())
    assert platform.outcomes()[-2:] == [("ACCEPTED", None)] * 2
    assert [m.NAME for m in platform.inbox("41")] == ["TransferOffered", "InformationSheetSent", "FundsRemitted"]


def test_an_offer_needs_an_account_that_its_sender_holds(relationship, transfer, transfer_of):
    offer = transfer.offer("temporary_collection", account="LS-1")
    assert relationship.hear(offer) == Waiting()
    elsewhere = transfer_of(origin="32", application="JS-1")
    relationship.hear_all([elsewhere.open_account()])
    assert relationship.hear(offer) == Waiting(), "the number is another's account"
    relationship.hear_all([transfer.open_account(), transfer.seal_account(), elsewhere.contribute()])
    assert relationship.hear(transfer.offer("supplement", account="LS-1")) == Rejection(
        "INVALID_REQUEST", "account_number"
    )
    assert relationship.hear(transfer.offer("temporary_collection")) == Rejection("INVALID_REQUEST", "account_number")


def test_an_account_is_collected_once(relationship, transfer, transfer_of):
    test_the_benefit_place_collects_it_by_sheet_then_receipt_then_money(relationship, transfer)
    again = transfer_of(application="GD-2")
    assert relationship.hear(again.offer("temporary_collection", account="LS-1")) == Rejection(
        "TEMPORARY_ACCOUNT_MOVED", "account_number"
    )
    assert relationship.hear(transfer.contribute()) == Rejection("TEMPORARY_ACCOUNT_MOVED", "account_number")


def test_an_offer_that_came_to_nothing_may_be_made_again(relationship, transfer, transfer_of):
    relationship.hear_all([transfer.open_account(), transfer.offer("temporary_collection", account="LS-1")])
    again = transfer_of(application="GD-2")
    assert relationship.hear(again.offer("temporary_collection", account="LS-1")) == Rejection(
        "LIVE_TRANSFER_EXISTS", "origin"
    )
    relationship.hear_all([transfer.return_letter(), transfer.close()])
    relationship.hear_all([again.offer("temporary_collection", account="LS-1")])


def test_only_the_origin_offers_and_a_border_lies_between(relationship, transfer):
    relationship.hear_all([transfer.open_account()])
    for change, why in (
        ({"sender": "41"}, Rejection("ROLE_NOT_ALLOWED", "envelope.sender")),
        ({"sender": "11"}, Rejection("NOT_CASE_PARTY", "envelope.sender")),
        ({"destination": "44"}, Rejection("SAME_PROVINCE", "origin")),
        ({"destination": "99"}, Rejection("UNKNOWN_PROVINCE", "destination")),
    ):
        assert relationship.hear(transfer.offer("temporary_collection", account="LS-1", **change)) == why
    offer = transfer.offer("temporary_collection", account="LS-1")
    relationship.hear_all([offer])
    assert relationship.hear(transfer.offer("temporary_collection", account="LS-1")) == Rejection("ALREADY_RECORDED")
