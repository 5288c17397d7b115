"""Money that nobody knows: held in suspense, assigned, or given back."""

from __future__ import annotations

import pytest

from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.state import State

TOTAL = 3_309_425
NOBODY = b"\x07" * 16


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


@pytest.mark.parametrize("to", ["nobody", "other_person", "other_destination", "other_payer", "a holding", "itself"])
def test_unknown_money_is_assigned_to_no_case_that_it_cannot_belong_to(books, transfer, transfer_of, to):
    """Only a case of this person between payer and holder; else the money stays where it is, and can be given back."""
    holding, another = transfer_of(application="UNKNOWN-1"), transfer_of(application="UNKNOWN-2")
    stranger = transfer_of(person=2)
    elsewhere = transfer_of(origin="44", destination="50", application="CQ-1")
    payer = transfer_of(origin="32", application="HA-9")
    books.taken(*elsewhere.whole())
    books.taken(*stranger.until_transfer(), *transfer.until_transfer(), *payer.until_transfer())
    books.taken(holding.unknown_money(), another.unknown_money(amount=5))
    cases = {"nobody": NOBODY, "other_person": stranger, "other_destination": elsewhere, "other_payer": payer}
    cases |= {"a holding": another, "itself": holding}
    wrong = cases[to] if to == "nobody" else cases[to].transfer_id
    assert books.say(holding.assign_money(wrong)) == ["MONEY_OF_ANOTHER_CASE"]
    assert books.accounts()["41", "suspense"] == TOTAL + 5
    books.taken(holding.give_back(TOTAL), holding.got_back(TOTAL), holding.remit(), holding.close())
    assert books.accounts()["44", "returned"] == TOTAL


@pytest.mark.parametrize("again", [False, True], ids=["in memory", "after a restart"])
def test_money_under_nobodys_name_goes_to_a_case_of_its_two_provinces_whoever_the_person_is(
    new_platform, books_of, transfer, transfer_of, again
):
    """Nobody knew whose it was, so it lies under a relationship of its own."""
    books = books_of(new_platform("one"))
    holding = transfer_of(person=7, application="UNKNOWN-1")
    elsewhere = transfer_of(person=3, origin="44", destination="50", application="CQ-1")
    payer = transfer_of(person=4, origin="32", application="HA-9")
    begun = transfer_of(person=5)
    books.taken(*transfer.until_transfer(), *elsewhere.until_transfer(), *payer.until_transfer(), begun.apply())
    books.taken(holding.unknown_money(payment_reference=transfer.reference(1)))
    if again:
        books.platform.close()
        books.platform = new_platform("one")
    for wrong in (NOBODY, elsewhere.transfer_id, payer.transfer_id, holding.transfer_id):
        assert books.say(holding.assign_money(wrong)) == ["MONEY_OF_ANOTHER_CASE"]
    assert books.say(holding.assign_money(begun.transfer_id)) == ["STATE_CONFLICT"]
    assert books.accounts()["41", "suspense"] == TOTAL
    books.taken(holding.assign_money(transfer.transfer_id), transfer.receive())
    assert books.accounts()["41", "suspense"] == TOTAL


def test_unknown_money_of_its_own_case_is_received_there_once(books, transfer, transfer_of):
    """Not twice, either: while it is held without a name, the case's own receipt waits."""
    holding = transfer_of(application="UNKNOWN-1")
    line = {"payment_reference": transfer.reference(1)}
    books.taken(*transfer.until_transfer(), transfer.sheet(), transfer.sheet_received(), transfer.remit())
    books.taken(holding.unknown_money(**line))
    books.paid(transfer)
    assert books.say(transfer.receive()) == ["PREDECESSOR_MISSING"]
    assert books.accounts() == {("44", "origin_fund"): -TOTAL, ("41", "suspense"): TOTAL}
    assert books.say(holding.assign_money(transfer.transfer_id)) == ["accepted", "accepted"]
    assert books.state(transfer) == "confirmation"
    books.taken(transfer.complete())
    assert books.accounts() == {("44", "origin_fund"): -TOTAL, ("41", "destination_fund"): TOTAL}
    assert books.open() == []


def test_unknown_money_waits_until_its_case_can_take_it(books, transfer, transfer_of):
    holding = transfer_of(application="UNKNOWN-1")
    books.taken(transfer.apply(), holding.unknown_money())
    assert books.say(holding.assign_money(transfer.transfer_id)) == ["PREDECESSOR_MISSING"]
    assert books.say(transfer.letter()) == ["accepted", "accepted"]
    assert (books.state(holding), books.state(transfer)) == ("closed", "letter_issued")


@pytest.mark.parametrize("known", ["of other amount", "bounced"])
def test_unknown_money_goes_to_no_case_that_would_refuse_it(books, transfer, transfer_of, known):
    holding = transfer_of(application="UNKNOWN-1")
    line = {"payment_reference": transfer.reference(1)}
    books.taken(*transfer.until_transfer(), transfer.remit(1, TOTAL - (known == "of other amount")))
    if known == "bounced":
        books.taken(transfer.bounce())
    books.taken(holding.unknown_money(**line))
    assert books.say(holding.assign_money(transfer.transfer_id)) == ["MONEY_OF_ANOTHER_CASE"]
    books.taken(holding.give_back(TOTAL, returned_reference=line["payment_reference"]), holding.close())


def test_unknown_money_that_its_case_has_already_taken_in_no_longer_counts_twice(books, transfer, transfer_of):
    holding = transfer_of(application="UNKNOWN-1")
    books.taken(*transfer.until_transfer(), transfer.remit(), transfer.receive())
    books.taken(holding.unknown_money(payment_reference=transfer.reference(1)))
    assert books.accounts()["41", "suspense"] == 2 * TOTAL
    books.taken(holding.assign_money(transfer.transfer_id))
    assert books.accounts() == {("44", "origin_fund"): -TOTAL, ("41", "suspense"): TOTAL}


def test_a_holding_is_one_payment_and_takes_no_notice_of_another(books, transfer_of):
    holding = transfer_of(application="UNKNOWN-1")
    books.taken(holding.unknown_money())
    assert books.say(holding.remit(2, 700)) == ["PAYMENT_UNKNOWN"]
    books.taken(holding.remit(), holding.give_back(TOTAL), holding.close(), holding.got_back(TOTAL))
    books.paid(holding)
    books.paid(holding, 9, back=True)
    assert books.open() == []
