"""Mismatch of sheet and money: reported, topped up, corrected, paid back."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from jinbao.platform.aggregates.decision import Rejection, Waiting
from jinbao.platform.aggregates.state import State

TOTAL = 3_309_425
PERSONAL, POOLING = 1_365_425, 1_944_000
ORDERS = list(permutations(["top_up", "take_back", "correct"]))


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


def test_an_excess_that_is_paid_back_takes_the_unexplained_money_first(relationship, transfer):
    relationship.hear_all([*transfer.until_mismatch(TOTAL + 700, "take_back_excess"), transfer.give_back(700)])
    assert relationship.parts("in_transit") == (0, 0, 700)
    assert relationship.parts("suspense") == (PERSONAL, POOLING, 0)


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


def test_a_receipt_with_a_wrong_amount_is_corrected_though_the_mismatch_was_reported(books, transfer):
    """Its sender takes back the mismatch, then the receipt, and reports what the bank really credited."""
    wrong = transfer.receive(1, TOTAL + 18)
    books.taken(*transfer.until_transfer(), transfer.sheet(), transfer.sheet_received(), wrong)
    mismatch = transfer.mismatch(TOTAL + 18, "take_back_excess")
    books.taken(mismatch)
    assert books.say(transfer.remit()) == ["AMOUNT_DIFFERS"], "the payer knows better, and says so again later"
    assert books.say(transfer.annul(wrong)) == ["CANNOT_ANNUL"]
    books.taken(transfer.annul(mismatch), transfer.annul(wrong))
    assert books.accounts() == {}
    assert books.platform.rows("SELECT clock, run, outcome FROM clocks WHERE outcome IS NULL") == [
        ("origin_transfer", 2, None)
    ]
    books.taken(transfer.receive(), transfer.remit(), transfer.complete())
    books.paid(transfer)
    assert books.open() == []


def test_no_more_than_one_mismatch_is_remembered(books, transfer):
    wrong = transfer.receive(1, TOTAL + 18)
    books.taken(*transfer.until_transfer(), transfer.sheet(), transfer.sheet_received(), wrong)
    first, second = (transfer.mismatch(TOTAL + 18, request) for request in ("take_back_excess", "correct_sheet"))
    books.taken(first, second, transfer.annul(second))
    assert books.say(transfer.annul(first)) == ["CANNOT_ANNUL"]
