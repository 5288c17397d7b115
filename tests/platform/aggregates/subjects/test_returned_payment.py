"""Payments that are given back: once, and never more than came."""

from __future__ import annotations

TOTAL = 3_309_425


def test_one_line_is_not_given_back_twice_and_never_more_than_it_brought(books, transfer):
    books.taken(*transfer.until_origin_review(), transfer.return_letter())
    books.taken(transfer.receive(1, 600), transfer.receive(2, 400), transfer.give_back(600, 10, of=1))
    assert books.say(transfer.give_back(400, 11, of=1)) == ["PAYMENT_EXCEEDS_EXCESS"]
    books.taken(transfer.give_back(400, 11, of=2), transfer.close())
    assert books.say(transfer.give_back(1, 12, of=2)) == ["PAYMENT_EXCEEDS_EXCESS"]


def test_a_line_used_again_with_another_amount_or_the_other_way_is_refused_and_the_first_stays(books, transfer):
    books.taken(*transfer.until_mismatch(TOTAL + 700, "take_back_excess"))
    for wrong in (transfer.remit(1, TOTAL), transfer.receive(1, TOTAL)):
        assert books.say(wrong) == ["AMOUNT_DIFFERS"]
    assert books.say(transfer.give_back(700, payment=1)) == ["PAYMENT_UNKNOWN"]
    books.taken(transfer.give_back(700), transfer.complete(), transfer.got_back(700))
