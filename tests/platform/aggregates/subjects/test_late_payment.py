"""Payments that come after the end of a case, or for a letter that was returned."""

from __future__ import annotations

import pytest

from jinbao.platform.national_platform import law_in_force

TOTAL = 3_309_425
ENDS = {
    "frozen, then closed": lambda t: [*t.until_transfer(), t.sheet(), t.freeze(), t.close()],
    "returned, then closed": lambda t: [*t.until_origin_review(), t.return_letter(), t.close()],
    "refused": lambda t: [t.apply(), t.refuse()],
    "withdrawn": lambda t: [t.apply(), t.withdraw()],
    "completed": lambda t: t.whole(),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("notice", ["before", "between", "last"])
def test_money_that_comes_after_the_end_goes_back_whole_whenever_its_payer_reports_it(books, transfer, end, notice):
    """What the bank did is a fact: the payer's notice is booked before, after and between what the receiver says."""
    books.taken(*ENDS[end](transfer))
    if end == "completed":
        books.paid(transfer)
    state, before = books.state(transfer), books.accounts()
    told = [transfer.remit(5, 700)]
    steps = [transfer.receive(5, 700), transfer.give_back(700, of=5), transfer.got_back(700)]
    steps[{"before": 0, "between": 1, "last": 3}[notice] : 0] = told
    books.taken(*steps)
    books.paid(transfer, 5, 700)
    books.paid(transfer, 9, 700, back=True)
    account = before.get(("44", "origin_fund"), 0)
    assert books.accounts() == before | {("44", "origin_fund"): account - 700, ("44", "returned"): 700}
    assert books.open() == []
    assert books.state(transfer) == state


def test_a_late_payment_that_never_arrives_bounces_or_is_taken_back(books, transfer):
    books.taken(*transfer.whole())
    books.paid(transfer)
    notice = transfer.remit(5, 700)
    books.taken(notice)
    assert books.accounts()["44", "in_transit"] == 700, "it has left, and is named"
    books.taken(transfer.annul(notice), transfer.remit(6, 700), transfer.bounce(6, 700))
    books.bank("44", transfer, 6, -700)
    books.bank("44", transfer, 6, 700)
    assert books.open() == []


def test_money_that_came_where_only_information_moves_is_reported_by_its_payer_too(new_platform, books_of, transfer):
    books = books_of(new_platform("information", law=law_in_force("information-only")))
    books.taken(*transfer.until_transfer(), transfer.sheet(), transfer.sheet_received())
    assert books.say(transfer.remit(2, 700)) == ["INFORMATION_ONLY"], "nothing is to be paid"
    books.taken(transfer.receive(), transfer.mismatch(TOTAL, "take_back_excess", expected=0))
    books.taken(transfer.give_back(TOTAL), transfer.got_back(TOTAL), transfer.remit(), transfer.complete())
    books.paid(transfer)
    books.paid(transfer, 9, back=True)
    assert books.accounts() == {("44", "origin_fund"): -TOTAL, ("44", "returned"): TOTAL}
    assert books.open() == []


def test_money_that_comes_after_only_information_moved_is_held_in_suspense(new_platform, books_of, transfer):
    """The sheet explains no payment, so none is booked to the fund."""
    books = books_of(new_platform("information", law=law_in_force("information-only")))
    books.taken(*transfer.until_transfer(), transfer.sheet(), transfer.sheet_received(), transfer.complete())
    books.taken(transfer.receive(1, 700))
    assert books.accounts() == {("44", "in_transit"): -700, ("41", "suspense"): 700}


def test_money_given_back_arrives_while_a_new_letter_is_under_way(books, transfer):
    """The origin's receipt counts in every state in which the return can still be on its way."""
    books.taken(*transfer.until_origin_review(), transfer.return_letter(), transfer.receive(), transfer.remit())
    books.paid(transfer)
    amounts = [1, 1, TOTAL - 2]
    books.taken(*(transfer.give_back(a, 20 + n) for n, a in enumerate(amounts)))
    books.taken(transfer.letter(2), transfer.got_back(1, 20))
    assert books.state(transfer) == "letter_issued"
    books.taken(transfer.letter_received(2), transfer.got_back(1, 21))
    assert books.state(transfer) == "origin_review"
    books.taken(transfer.review(2), transfer.got_back(TOTAL - 2, 22))
    for n, a in enumerate(amounts):
        books.paid(transfer, 20 + n, a, back=True)
    assert books.accounts() == {("44", "origin_fund"): -TOTAL, ("44", "returned"): TOTAL}
    assert books.open() == []
    books.taken(transfer.sheet(letter=2), transfer.sheet_received())
    assert books.state(transfer) == "transfer", "what went back is not in: the money is still to come"
    books.taken(transfer.remit(2), transfer.receive(2), transfer.complete())


def test_money_of_a_returned_letter_goes_back_while_the_next_is_under_way_and_that_may_be_returned_too(books, transfer):
    """Money is held: no return, no withdrawal. It goes back: the case is free again."""
    books.taken(*transfer.until_origin_review(), transfer.return_letter(), transfer.receive(), transfer.remit())
    books.taken(transfer.letter(2), transfer.letter_received(2))
    assert books.say(transfer.return_letter("PERSON_NOT_FOUND", 2)) == ["STATE_CONFLICT"]
    books.taken(transfer.give_back(TOTAL), transfer.return_letter("PERSON_NOT_FOUND", 2), transfer.close())
    books.taken(transfer.got_back(TOTAL))
    books.paid(transfer)
    books.paid(transfer, 9, back=True)
    assert books.open() == []
