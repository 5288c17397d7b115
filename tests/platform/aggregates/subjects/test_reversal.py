"""Reversal: a completed transfer is undone by an opposite one."""

from __future__ import annotations

import pytest

from jinbao.platform.aggregates.decision import Rejection, Waiting
from jinbao.platform.aggregates.state import State

TOTAL = 3_309_425
PERSONAL, POOLING = 1_365_425, 1_944_000


def test_a_mistaken_transfer_is_undone_by_an_opposite_one_that_names_it(relationship, transfer, transfer_of):
    relationship.hear_all(transfer.whole())
    back = transfer_of(origin="41", destination="44", application="HA-B1")
    assert relationship.hear(transfer.reverse(back.transfer_id)) == Waiting()
    relationship.hear_all([back.offer("reversal", transfer.transfer_id)])
    assert relationship.hear(transfer.reverse(back.transfer_id)) == Waiting(), "it is not completed yet"
    relationship.hear_all([*back.both_in(), back.complete(), transfer.reverse(back.transfer_id)])
    assert relationship.of(transfer).state is State.REVERSED
    assert relationship.accounts() == {"origin_fund": -2 * TOTAL, "destination_fund": 2 * TOTAL}
    by_province = {"41": 0, "44": 0}
    for fact in relationship.facts:
        for p in fact.then.postings:
            if p.account in ("origin_fund", "destination_fund"):
                by_province[p.province] += p.personal_fen + p.pooling_fen
    assert by_province == {"41": 0, "44": 0}, "each fund holds what it held before"


def test_a_transfer_is_undone_once_and_only_by_its_own_opposite(relationship, transfer, transfer_of):
    relationship.hear_all(transfer.whole())
    other = transfer_of(origin="32", application="HA-2")
    relationship.hear_all(other.whole())
    assert relationship.hear(transfer.reverse(other.transfer_id)) == Rejection("REVERSAL_OF_ANOTHER", "reversal")
    back, again = (transfer_of(origin="41", destination="44", application=name) for name in ("HA-B1", "HA-B2"))
    wrong_way = transfer_of(origin="44", destination="41", application="HA-B3")
    assert relationship.hear(wrong_way.offer("reversal", transfer.transfer_id)) == Rejection("NOT_CASE_PARTY", "names")
    relationship.hear_all([back.offer("reversal", transfer.transfer_id)])
    assert relationship.hear(again.offer("reversal", transfer.transfer_id)) == Rejection(
        "LIVE_TRANSFER_EXISTS", "names"
    )
    relationship.hear_all([*back.both_in(), back.complete()])
    assert relationship.hear(again.offer("reversal", transfer.transfer_id)) == Rejection("CASE_CLOSED", "names")
    relationship.hear_all([transfer.reverse(back.transfer_id)])
    assert relationship.hear(again.offer("reversal", transfer.transfer_id)) == Rejection("CASE_CLOSED", "names")
    assert relationship.hear(transfer.reverse(back.transfer_id)) == Rejection("ALREADY_RECORDED")


def test_a_reversal_goes_on_beside_a_new_transfer_elsewhere(relationship, transfer, transfer_of):
    relationship.hear_all(transfer.whole())
    back = transfer_of(origin="41", destination="44", application="HA-B1")
    onward = transfer_of(origin="41", destination="50", application="CQ-1")
    relationship.hear_all([back.offer("reversal", transfer.transfer_id), onward.apply()])


def test_after_a_reversal_the_person_may_apply_again(relationship, transfer, transfer_of):
    relationship.hear_all(transfer.whole())
    back = transfer_of(origin="41", destination="44", application="HA-B1")
    relationship.hear_all([back.offer("reversal", transfer.transfer_id), *back.both_in(), back.complete()])
    relationship.hear_all([transfer.reverse(back.transfer_id), *transfer_of(application="HA-2").whole()])


def test_late_money_for_a_reversed_case_goes_back_and_what_was_reversed_stays(books, transfer, transfer_of):
    back = transfer_of(origin="41", destination="44", application="HA-B1")
    books.taken(*transfer.whole(), back.offer("reversal", transfer.transfer_id), *back.both_in(), back.complete())
    books.taken(transfer.reverse(back.transfer_id), transfer.remit(5, 700), transfer.receive(5, 700))
    assert books.say(transfer.give_back(701, of=5)) == ["PAYMENT_EXCEEDS_EXCESS"]
    books.taken(transfer.give_back(700, of=5), transfer.got_back(700))
    assert books.state(transfer) == "reversed"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((0, 0, 0, 0), "REVERSAL_DIFFERS"),
        ((0, 933_425, 432_000, POOLING + 1), "REVERSAL_DIFFERS"),
        ((0, 933_426, 432_000, POOLING - 1), "REVERSAL_DIFFERS"),
        ((0, 933_425, 432_000, POOLING), "accepted"),
    ],
)
def test_a_reversal_takes_back_what_was_brought_neither_nothing_nor_more(books, transfer, transfer_of, parts, code):
    back = transfer_of(origin="41", destination="44", application="HA-B1")
    books.taken(*transfer.whole(), back.offer("reversal", transfer.transfer_id))
    assert books.say(back.sheet(1, parts)) == [code]


def test_what_was_refunded_to_the_person_is_not_taken_back_and_what_is_taken_back_not_refunded(
    books, transfer, transfer_of
):
    back = transfer_of(origin="41", destination="44", application="HA-B1")
    books.taken(*transfer.whole(), transfer.clear_overlap(96_000), back.offer("reversal", transfer.transfer_id))
    assert books.say(back.sheet()) == ["REVERSAL_DIFFERS"]
    less = (0, 933_425 - 96_000, 432_000, POOLING)
    books.taken(back.sheet(1, less))
    assert books.say(transfer.clear_overlap(1, 21)) == ["MONEY_MOVED_ON"]
    books.taken(back.sheet_received(), back.remit(1, TOTAL - 96_000), back.receive(1, TOTAL - 96_000))
    books.taken(back.complete(1, less), transfer.reverse(back.transfer_id))
    assert books.accounts()["41", "refunded"] == 96_000


def test_money_that_went_onward_is_not_taken_back_nor_refunded_before_that_is_undone(books, transfer, transfer_of):
    back = transfer_of(origin="41", destination="44", application="HA-B1")
    onward = transfer_of(origin="41", destination="50", application="CQ-1")
    books.taken(*transfer.whole(), *onward.until_transfer(), onward.sheet())
    assert books.say(back.offer("reversal", transfer.transfer_id)) == ["MONEY_MOVED_ON"]
    assert books.say(transfer.clear_overlap()) == ["MONEY_MOVED_ON"]
    books.taken(transfer.clear_overlap(0, 22))
    books.taken(*onward.both_in()[1:], onward.complete())
    assert books.say(back.offer("reversal", transfer.transfer_id)) == ["MONEY_MOVED_ON"]
    home = transfer_of(origin="50", destination="41", application="CQ-B1")
    books.taken(home.offer("reversal", onward.transfer_id), *home.both_in(), home.complete())
    books.taken(onward.reverse(home.transfer_id))
    books.taken(back.offer("reversal", transfer.transfer_id), *back.both_in(), back.complete())


def test_an_onward_sheet_waits_while_the_money_is_being_taken_back(books, transfer, transfer_of):
    """Both may be under way; the sheet that says what goes onward comes after what goes back."""
    back = transfer_of(origin="41", destination="44", application="HA-B1")
    onward = transfer_of(origin="41", destination="50", application="CQ-1")
    books.taken(*transfer.whole(), back.offer("reversal", transfer.transfer_id), *onward.until_transfer())
    assert books.say(onward.sheet()) == ["PREDECESSOR_MISSING"]
    books.taken(*back.both_in())
    assert books.say(back.complete()) == ["accepted", "accepted"]
    assert books.platform.rows("SELECT sheet_version FROM case_board WHERE application = 'CQ-1'") == [(1,)]


def test_a_reversal_that_came_to_nothing_lets_the_onward_transfer_go_on(books, transfer, transfer_of):
    back = transfer_of(origin="41", destination="44", application="HA-B1")
    onward = transfer_of(origin="41", destination="50", application="CQ-1")
    books.taken(*transfer.whole(), back.offer("reversal", transfer.transfer_id), *onward.until_transfer())
    assert books.say(onward.sheet()) == ["PREDECESSOR_MISSING"]
    books.taken(back.return_letter("ALREADY_TRANSFERRED"))
    assert books.say(back.close()) == ["accepted", "accepted"]
