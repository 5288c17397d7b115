"""Transfer offers: supplements, for what stayed behind."""

from __future__ import annotations

from jinbao.platform.aggregates.decision import Rejection, Waiting
from jinbao.platform.aggregates.state import State

TOTAL = 3_309_425
PARTIAL = {"withheld_months": 40, "withheld_amount": 1_200_000}


def completed_in_part(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum(), transfer.notice()])
    relationship.hear_all([*transfer.both_in(**PARTIAL), transfer.complete()])


def test_what_stayed_behind_follows_when_the_document_is_found(relationship, transfer, transfer_of):
    completed_in_part(relationship, transfer)
    later = transfer_of(application="GD-S1")
    assert relationship.hear(later.offer("supplement", transfer.transfer_id)) == Waiting()
    relationship.hear_all([transfer.document(), later.offer("supplement", transfer.transfer_id)])
    rest = (0, 1_000_000, 0, 200_000)
    relationship.hear_all([later.sheet(1, rest), later.sheet_received(), later.remit(1, 1_200_000)])
    relationship.hear_all([later.receive(1, 1_200_000), later.complete(1, rest)])
    assert relationship.of(later).state is State.COMPLETED
    assert relationship.accounts() == {"origin_fund": -TOTAL - 1_200_000, "destination_fund": TOTAL + 1_200_000}


def test_it_follows_once(relationship, transfer, transfer_of):
    test_what_stayed_behind_follows_when_the_document_is_found(relationship, transfer, transfer_of)
    again = transfer_of(application="GD-S2")
    assert relationship.hear(again.offer("supplement", transfer.transfer_id)) == Rejection("NOTHING_WITHHELD", "names")


def test_a_supplement_needs_something_that_stayed_behind_and_the_same_provinces(relationship, transfer, transfer_of):
    relationship.hear_all(transfer.whole())
    later = transfer_of(application="GD-S1")
    assert relationship.hear(later.offer("supplement", transfer.transfer_id)) == Rejection("NOTHING_WITHHELD", "names")
    other = transfer_of(origin="32", application="JS-S1")
    assert relationship.hear(other.offer("supplement", transfer.transfer_id)) == Rejection("NOT_CASE_PARTY", "names")
    assert relationship.hear(later.offer("supplement")) == Rejection("INVALID_REQUEST", "names")
    assert relationship.hear(later.offer("supplement", b"x" * 16)) == Waiting()
