"""Money that goes astray: too much, too little, twice over, bounced, unknown, late, and a whole transfer undone."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from jinbao.platform.aggregates.decision import Rejection, Waiting
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.subjects.completion import TransferCompleted

TOTAL = 3_309_425
PERSONAL, POOLING = 1_365_425, 1_944_000


class Story:
    """A transfer in confirmation, to which the same three things may happen again and again."""

    def __init__(self, relationship, transfer):
        self.relationship, self.transfer = relationship, transfer
        self.total, self.paid, self.back = TOTAL, TOTAL, 0
        self.sheets = self.payments = 1
        relationship.hear_all(transfer.until_confirmation())

    def hear(self, *messages):
        self.relationship.hear_all(messages)

    @property
    def state(self):
        return self.relationship.of(self.transfer).state

    def pay(self, amount):
        self.payments += 1
        self.paid += amount
        return [self.transfer.remit(self.payments, amount), self.transfer.receive(self.payments, amount)]

    def parts(self):
        return (0, 933_425, 432_000, POOLING + self.total - TOTAL)

    def new_sheet(self, change):
        self.total += change
        self.sheets += 1
        return [self.transfer.sheet(self.sheets, self.parts()), self.transfer.sheet_received(self.sheets)]

    def mismatch(self, request):
        held = self.paid - self.back
        self.hear(self.transfer.mismatch(held, request, self.sheets, self.total))
        assert self.state is State.MISMATCH

    def top_up(self):
        """The sheet was too low; the origin corrects it and pays the difference."""
        self.hear(*self.new_sheet(500))
        self.mismatch("top_up")
        self.hear(*self.pay(500))

    def take_back(self):
        """The origin paid too much and takes it back."""
        self.hear(*self.pay(700))
        self.mismatch("take_back_excess")
        self.payments += 1
        self.back += 700
        self.hear(self.transfer.give_back(700, self.payments, of=1), self.transfer.got_back(700, self.payments))

    def correct(self):
        """The origin paid what is right, and its sheet was wrong."""
        self.hear(*self.pay(300))
        self.mismatch("correct_sheet")
        self.hear(*self.new_sheet(300))


ORDERS = list(permutations(["top_up", "take_back", "correct"]))


@pytest.mark.parametrize("steps", [(*first, *second) for first, second in product(ORDERS, ORDERS)], ids="-".join)
def test_excess_top_up_and_correction_in_every_order_and_twice_over(relationship, transfer, steps):
    story = Story(relationship, transfer)
    for step in steps:
        getattr(story, step)()
        assert story.state is State.CONFIRMATION, step
        [clock] = relationship.of(transfer).clocks
        assert clock.start.clock == "confirmation"
    story.hear(transfer.complete(story.sheets, story.parts()))
    assert story.total == TOTAL + 1_600
    assert relationship.accounts() == {
        "origin_fund": -TOTAL - 3_000,
        "destination_fund": story.total,
        "returned": 1_400,
    }
    assert relationship.parts("destination_fund") == (PERSONAL, story.total - PERSONAL, 0)


def test_a_payment_that_the_bank_gave_back_is_home_again_and_paid_again(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.sheet(), transfer.sheet_received(), transfer.remit()])
    fact = relationship.hear_all([transfer.bounce()])
    assert relationship.accounts() == {"origin_fund": -TOTAL, "returned": TOTAL}
    assert fact.then.waiting_for == "44"
    assert relationship.hear(transfer.receive()) == Rejection("PAYMENT_UNKNOWN", "payment_reference")
    relationship.hear_all([transfer.remit(2), transfer.receive(2), transfer.complete()])
    assert relationship.accounts() == {"origin_fund": -2 * TOTAL, "returned": TOTAL, "destination_fund": TOTAL}


def test_a_bounce_names_a_payment_that_is_on_its_way(relationship, transfer):
    relationship.hear_all(transfer.until_transfer())
    assert relationship.hear(transfer.bounce()) == Waiting(), "the payment was not reported yet"
    relationship.hear_all([transfer.remit()])
    assert relationship.hear(transfer.bounce(amount=TOTAL - 1)) == Rejection("AMOUNT_DIFFERS", "amount")
    relationship.hear_all([transfer.bounce()])
    assert relationship.hear(transfer.bounce()) == Rejection("ALREADY_RECORDED")
    relationship.hear_all([transfer.remit(2), transfer.receive(2)])
    assert relationship.hear(transfer.bounce(2)) == Rejection("PAYMENT_UNKNOWN", "payment_reference")


def test_a_bounced_top_up_leaves_the_mismatch_open(relationship, transfer):
    relationship.hear_all([*transfer.until_mismatch(TOTAL - 500, "top_up"), transfer.remit(2, 500)])
    assert relationship.of(transfer).waiting_for == "41"
    relationship.hear_all([transfer.bounce(2, 500)])
    assert (relationship.of(transfer).state, relationship.of(transfer).waiting_for) == (State.MISMATCH, "44")
    relationship.hear_all([transfer.remit(3, 500), transfer.receive(3, 500), transfer.complete()])


def test_unknown_money_is_held_until_its_case_is_found(relationship, transfer, transfer_of):
    """The holding lets go, and the case's own receipt takes the same payment in."""
    holding = transfer_of(application="UNKNOWN-1")
    relationship.hear_all([*transfer.until_transfer(), transfer.sheet(), transfer.sheet_received(), transfer.remit()])
    relationship.hear_all([holding.unknown_money(payment_reference=transfer.reference(1))])
    assert relationship.accounts() == {"origin_fund": -TOTAL, "suspense": TOTAL}, "unannounced there, on its way here"
    assert relationship.of(holding).waiting_for == "41"
    relationship.hear_all([holding.assign_money(transfer.transfer_id), transfer.receive(), transfer.complete()])
    assert relationship.accounts() == {"origin_fund": -TOTAL, "destination_fund": TOTAL}
    assert relationship.of(holding).state is State.CLOSED
    assert relationship.hear(holding.assign_money(transfer.transfer_id)) == Rejection("ALREADY_RECORDED")


def test_or_it_goes_back_to_its_payer(relationship, transfer_of):
    holding = transfer_of(application="UNKNOWN-1")
    relationship.hear_all([holding.unknown_money(), holding.remit()])
    assert relationship.accounts() == {"origin_fund": -TOTAL, "suspense": TOTAL}
    assert relationship.hear(holding.close()) == Rejection("MONEY_STILL_HELD")
    relationship.hear_all([holding.give_back(TOTAL)])
    case = transfer_of()
    relationship.hear_all(case.until_transfer())
    assert relationship.hear(holding.assign_money(case.transfer_id)) == Rejection("STATE_CONFLICT"), "on its way back"
    relationship.hear_all([holding.close(), holding.got_back(TOTAL)])
    assert relationship.accounts() == {"origin_fund": -TOTAL, "returned": TOTAL}


def test_unknown_money_has_a_sound_reference_an_amount_and_another_province_for_payer(relationship, transfer):
    for change, why in (
        ({"payment_reference": "RF00123"}, Rejection("PAYMENT_REFERENCE_INVALID", "payment_reference")),
        ({"amount": 0}, Rejection("AMOUNT_DIFFERS", "amount")),
        ({"payer": "41"}, Rejection("SAME_PROVINCE", "origin")),
        ({"payer": "99"}, Rejection("UNKNOWN_PROVINCE", "origin")),
    ):
        assert relationship.hear(transfer.unknown_money(**change)) == why
    relationship.hear_all([transfer.unknown_money()])
    assert relationship.hear(transfer.unknown_money()) == Rejection("ALREADY_RECORDED")


def test_a_holding_stands_in_nobodys_way(relationship, transfer, transfer_of):
    relationship.hear_all([transfer_of(application="UNKNOWN-1").unknown_money(), transfer.apply()])


def test_money_for_a_completed_case_is_held_in_suspense_and_given_back(relationship, transfer):
    relationship.hear_all([*transfer.whole(), transfer.receive(2, 5_000)])
    assert relationship.accounts() == {
        "origin_fund": -TOTAL,
        "in_transit": -5_000,
        "destination_fund": TOTAL,
        "suspense": 5_000,
    }
    assert relationship.parts("destination_fund") == (PERSONAL, POOLING, 0), "the case's own books do not change"
    assert relationship.hear(transfer.give_back(5_001, of=2)) == Rejection("PAYMENT_EXCEEDS_EXCESS", "amount")
    relationship.hear_all([transfer.remit(2, 5_000), transfer.give_back(5_000, of=2), transfer.got_back(5_000)])
    assert relationship.accounts() == {"origin_fund": -TOTAL - 5_000, "destination_fund": TOTAL, "returned": 5_000}
    assert relationship.of(transfer).state is State.COMPLETED


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
                by_province[p.province] += p.personal + p.pooling
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
