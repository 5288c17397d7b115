"""Payments that bounce, on the way there or back."""

from __future__ import annotations

TOTAL = 3_309_425


def test_a_payment_that_bounced_lets_the_letter_be_returned_for_its_bank_data(books, transfer):
    books.taken(*transfer.until_transfer(), transfer.remit(), transfer.bounce())
    books.taken(transfer.return_letter("BANK_DATA_INVALID"), transfer.letter(2), transfer.letter_received(2))
    books.taken(transfer.review(2), *transfer.both_in(letter=2)[:2], transfer.remit(2), transfer.receive(2))
    books.taken(transfer.complete())
    assert books.accounts()["41", "destination_fund"] == TOTAL


def test_a_return_that_bounces_is_with_the_destination_again_and_goes_back_once_more(books, transfer):
    books.taken(*transfer.until_mismatch(TOTAL + 700, "take_back_excess"), transfer.give_back(700))
    books.paid(transfer, 1, TOTAL + 700)
    assert books.say(transfer.bounce(9, 700)) == ["ROLE_NOT_ALLOWED"], "the origin did not pay it"
    books.taken(transfer.bounce(9, 700, sender="41"))
    books.bank("41", transfer, 9, -700)
    books.bank("41", transfer, 9, 700)
    assert books.accounts() == {("44", "origin_fund"): -TOTAL - 700, ("41", "suspense"): TOTAL + 700}
    assert books.open() == []
    assert books.say(transfer.complete()) == ["SHEET_FUNDS_MISMATCH"]
    assert books.say(transfer.got_back(700)) == ["PAYMENT_UNKNOWN"]
    books.taken(transfer.mismatch(TOTAL + 700, "take_back_excess"), transfer.give_back(700, 10), transfer.complete())
    books.taken(transfer.got_back(700, 10))
    books.paid(transfer, 10, 700, back=True)
    assert books.open() == []


def test_a_bounce_is_taken_back_by_whoever_reported_it(books, transfer):
    books.taken(*transfer.until_mismatch(TOTAL + 700, "take_back_excess"), transfer.give_back(700))
    bounce = transfer.bounce(9, 700, sender="41")
    books.taken(bounce)
    assert books.say(transfer.annul(bounce, sender="44")) == ["CANNOT_ANNUL"]
    books.taken(transfer.annul(bounce), transfer.got_back(700), transfer.complete())


def test_a_payment_that_bounced_and_came_all_the_same_is_held_and_given_back(books, transfer, transfer_of):
    """The receipt contradicts the payer's bank: either the bounce is taken back, or the money is nobody's."""
    books.taken(*transfer.until_transfer(), transfer.sheet(), transfer.sheet_received(), transfer.remit())
    bounce = transfer.bounce()
    books.taken(bounce)
    assert books.say(transfer.receive()) == ["PAYMENT_UNKNOWN"]
    books.taken(transfer.annul(bounce), transfer.receive())
    assert books.state(transfer) == "confirmation"
    later = transfer_of(person=2)
    holding = transfer_of(person=2, application="UNKNOWN-1")
    books.taken(*later.until_transfer(), later.remit(), later.bounce(), later.remit(2), later.bounce(2))
    books.taken(
        holding.unknown_money(payment_reference=later.reference(1)),
        holding.give_back(TOTAL, returned_reference=later.reference(1)),
        holding.close(),
        holding.got_back(TOTAL),
    )


def test_a_return_that_bounces_into_a_new_letter_leaves_the_origin_nothing_to_send(relationship, transfer):
    """The origin's clock ends with the money that never went back, as the turn says that the destination acts."""
    relationship.hear_all([*transfer.until_origin_review(), transfer.return_letter(), transfer.receive()])
    relationship.hear_all([transfer.give_back(TOTAL), transfer.letter(2), transfer.letter_received(2)])
    relationship.hear_all([transfer.review(2), transfer.sheet(letter=2)])
    assert [running.start.clock for running in relationship.of(transfer).clocks] == ["origin_transfer"]
    fact = relationship.hear(transfer.bounce(9, TOTAL, sender="41"))
    assert [(ended.clock, ended.outcome) for ended in fact.then.ended] == [("origin_transfer", "met")]
    assert not relationship.of(transfer).clocks
