"""Turns of money, through the real ingest, on the ledger: what the banks hold is what the books say, or its difference
has a name, and each turn has a legal end."""

from __future__ import annotations

from uuid import UUID

import pytest

from jinbao.platform import queries
from jinbao.platform.national_platform import law_in_force
from jinbao.platform.projections.reconciliation import BankEntry, open_items

TOTAL = 3_309_425
PERSONAL, POOLING = 1_365_425, 1_944_000
NOBODY = b"\x07" * 16


class Books:
    """The platform's books beside those of the banks, which know what was really paid."""

    def __init__(self, platform):
        self.platform = platform
        self.banks = []

    def say(self, *messages):
        """What became of the messages: outcome and code of each."""
        before = len(self.platform.outcomes())
        self.platform.take(*messages)
        self.balanced()
        return [code or outcome.lower() for outcome, code in self.platform.outcomes()[before:]]

    def taken(self, *messages):
        assert set(self.say(*messages)) == {"accepted"}

    def bank(self, province, transfer, payment, amount):
        """A bank books a payment line: credit or debit."""
        self.banks.append(BankEntry(province, UUID(bytes=transfer.transfer_id), transfer.reference(payment), 1, amount))

    def paid(self, transfer, payment=1, amount=TOTAL, *, back=False):
        """Both banks book it."""
        payer, payee = (transfer.origin, transfer.destination)[:: -1 if back else 1]
        self.bank(payer, transfer, payment, -amount)
        self.bank(payee, transfer, payment, amount)

    def balanced(self):
        with self.platform.store.read() as work:
            assert queries.money(work).sum == 0
        entries = "SELECT SUM(personal), SUM(pooling), SUM(unallocated) FROM ledger_entries"
        assert set(self.platform.rows(entries)) <= {(0, 0, 0), (None, None, None)}, "each part sums to zero"

    def accounts(self):
        with self.platform.store.read() as work:
            rows = queries.ledger(work)
        return {(row.province, row.account): row.total for row in rows if row.total}

    def open(self, *provinces):
        """Causes of what differs between bank and ledger."""
        with self.platform.store.read() as work:
            found = [
                item
                for province in provinces or ("44", "41", "50")
                for item in open_items(work, province, [e for e in self.banks if e.province == province])
            ]
        return [(item.province, item.cause) for item in found]

    def state(self, transfer):
        sql = "SELECT state FROM case_board WHERE transfer_id = ? ORDER BY case_id DESC LIMIT 1"
        return self.platform.rows(sql, transfer.transfer_id)[0][0]


@pytest.fixture
def books(platform):
    return Books(platform)


# --- unknown money ---


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
    new_platform, transfer, transfer_of, again
):
    """Nobody knew whose it was, so it lies under a relationship of its own."""
    books = Books(new_platform("one"))
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


# --- late money ---


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


def test_late_money_for_a_reversed_case_goes_back_and_what_was_reversed_stays(books, transfer, transfer_of):
    back = transfer_of(origin="41", destination="44", application="HA-B1")
    books.taken(*transfer.whole(), back.offer("reversal", transfer.transfer_id), *back.both_in(), back.complete())
    books.taken(transfer.reverse(back.transfer_id), transfer.remit(5, 700), transfer.receive(5, 700))
    assert books.say(transfer.give_back(701, of=5)) == ["PAYMENT_EXCEEDS_EXCESS"]
    books.taken(transfer.give_back(700, of=5), transfer.got_back(700))
    assert books.state(transfer) == "reversed"


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


def test_money_that_came_where_only_information_moves_is_reported_by_its_payer_too(new_platform, transfer):
    books = Books(new_platform("information", law=law_in_force("information-only")))
    books.taken(*transfer.until_transfer(), transfer.sheet(), transfer.sheet_received())
    assert books.say(transfer.remit(2, 700)) == ["INFORMATION_ONLY"], "nothing is to be paid"
    books.taken(transfer.receive(), transfer.mismatch(TOTAL, "take_back_excess", expected=0))
    books.taken(transfer.give_back(TOTAL), transfer.got_back(TOTAL), transfer.remit(), transfer.complete())
    books.paid(transfer)
    books.paid(transfer, 9, back=True)
    assert books.accounts() == {("44", "origin_fund"): -TOTAL, ("44", "returned"): TOTAL}
    assert books.open() == []


def test_money_that_comes_after_only_information_moved_is_held_in_suspense(new_platform, transfer):
    """The sheet explains no payment, so none is booked to the fund."""
    books = Books(new_platform("information", law=law_in_force("information-only")))
    books.taken(*transfer.until_transfer(), transfer.sheet(), transfer.sheet_received(), transfer.complete())
    books.taken(transfer.receive(1, 700))
    assert books.accounts() == {("44", "in_transit"): -700, ("41", "suspense"): 700}


# --- money of a returned letter ---


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


def test_a_payment_that_bounced_lets_the_letter_be_returned_for_its_bank_data(books, transfer):
    books.taken(*transfer.until_transfer(), transfer.remit(), transfer.bounce())
    books.taken(transfer.return_letter("BANK_DATA_INVALID"), transfer.letter(2), transfer.letter_received(2))
    books.taken(transfer.review(2), *transfer.both_in(letter=2)[:2], transfer.remit(2), transfer.receive(2))
    books.taken(transfer.complete())
    assert books.accounts()["41", "destination_fund"] == TOTAL


# --- back and forth ---


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


# --- completion ---


def test_no_completion_while_announced_money_is_on_its_way(books, transfer):
    """Though sheet and money agree: what was announced comes or bounces first, in every state that may complete."""
    books.taken(*transfer.until_confirmation(), transfer.remit(2, 700))
    assert books.say(transfer.complete()) == ["SHEET_FUNDS_MISMATCH"]
    books.taken(transfer.bounce(2, 700), transfer.complete())


def test_no_completion_of_a_frozen_case_or_a_mismatch_while_money_is_on_its_way(books, transfer, transfer_of):
    books.taken(*transfer.until_confirmation(), transfer.remit(2, 700), transfer.freeze())
    assert books.say(transfer.complete()) == ["SHEET_FUNDS_MISMATCH"]
    other = transfer_of(person=2)
    books.taken(*other.until_mismatch(TOTAL - 500, "top_up"), other.remit(2, 500), other.remit(3, 9))
    books.taken(other.receive(2, 500))
    assert books.say(other.complete()) == ["SHEET_FUNDS_MISMATCH"]
    assert books.state(other) == "mismatch"
    books.taken(other.bounce(3, 9), other.complete())


# --- the same money, once ---


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


# --- collections ---


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
