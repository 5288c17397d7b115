"""Matching: what explains an entry, what is a break of which kind, and what users of such engines complain about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from support.bank_world import AS_OF, MONDAY, BankWorld, account_id

from jinbao.platform.bank_matching.values import EntryPayment, SideKey
from jinbao.rules.payment_reference import make_payment_reference

TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def world() -> BankWorld:
    return BankWorld()


def test_one_entry_on_each_bank_explains_a_payment(world: BankWorld) -> None:
    world.book_both(world.pay(8_850))
    matching = world.match()
    assert [match.rule for match in matching.matches] == ["reference", "reference"]
    assert not matching.breaks
    assert not matching.awaited


def test_an_amount_leads_nowhere_while_a_reference_stands_there(world: BankWorld) -> None:
    """Another payment of the same amount between the same accounts stays open."""
    paid, other = world.pay(8_850), world.pay(8_850, received=False)
    world.book_both(paid)
    world.book("41", "out", -8_850, make_payment_reference("99999999"), counterpart=account_id("44", "in"))
    matching = world.match()
    assert [(b.kind, b.candidates) for b in matching.breaks] == [("unknown_reference", ()), ("unmatched_ledger", ())]
    assert matching.breaks[1].references == (other,)


def test_a_payment_that_becomes_known_later_takes_the_entry(world: BankWorld) -> None:
    entry = world.book("41", "out", -8_850, make_payment_reference("01000000"))
    assert world.broken() == ["unknown_reference"]
    reference = world.pay(8_850)
    world.book("44", "in", 8_850, reference)
    assert entry in world.match().matches[1].entries
    assert world.broken() == []


def test_several_entries_are_one_payment(world: BankWorld) -> None:
    reference = world.pay(8_850)
    world.book_both(reference, credit=False)
    for amount in (5_000, 3_850):
        world.book("44", "in", amount, reference)
    assert [match.rule for match in world.match().matches] == ["several_entries", "reference"]


def test_a_part_of_several_is_under_until_the_rest_has_come(world: BankWorld) -> None:
    reference = world.pay(8_850)
    world.book_both(reference, credit=False)
    world.book("44", "in", 5_000, reference)
    (found,) = world.match().breaks
    assert (found.kind, found.amount_fen, found.difference_fen) == ("under", 8_850, -3_850)
    world.book("44", "in", 3_850, reference, on=TUESDAY)
    assert world.broken() == []


@pytest.mark.parametrize(("fen", "kind"), [(8_849, "under"), (8_851, "over")])
def test_one_fen_is_named(world: BankWorld, fen: int, kind: str) -> None:
    reference = world.pay(8_850)
    world.book_both(reference, credit=False)
    world.book("44", "in", fen, reference)
    (found,) = world.match().breaks
    assert (found.kind, found.difference_fen, found.anchor) == (kind, fen - 8_850, SideKey(reference, "credit"))


def test_an_entry_beside_the_whole_payment_is_a_duplicate_or_too_much(world: BankWorld) -> None:
    reference = world.pay(8_850)
    world.book_both(reference)
    second = world.book("41", "out", -8_850, reference, on=TUESDAY)
    world.book("41", "out", -100, reference, on=TUESDAY)
    found = world.match().breaks
    assert {(b.kind, b.amount_fen) for b in found} == {("duplicate", -8_850), ("over", -100)}
    assert next(b for b in found if b.kind == "duplicate").anchor == second


def test_a_part_that_is_booked_twice_is_a_duplicate(world: BankWorld) -> None:
    reference = world.pay(10_000)
    world.book_both(reference, debit=False)
    for amount in (-6_000, -4_000, -4_000):
        world.book("41", "out", amount, reference)
    assert world.broken() == ["duplicate"]


def test_the_reversal_of_a_double_posting_explains_itself(world: BankWorld) -> None:
    reference = world.pay(8_850)
    world.book_both(reference)
    world.book("41", "out", -8_850, reference, on=TUESDAY)
    assert world.broken() == ["duplicate"]
    world.book("41", "out", 8_850, reference, on=TUESDAY)
    assert world.broken() == []


def test_a_charge_that_names_the_payment_is_a_charge(world: BankWorld) -> None:
    reference = world.pay(8_850)
    world.book_both(reference)
    charge = world.book("41", "out", -50, reference, entry_class="charge")
    other = world.book("41", "out", -50, make_payment_reference("88888888"), entry_class="charge")
    assert world.match().classified == dict.fromkeys(sorted((charge, other)), "charge")


@pytest.mark.parametrize("kind", ["own", "charge", "interest"])
def test_what_the_banks_code_explains_needs_no_payment(world: BankWorld, kind: str) -> None:
    entry = world.book("41", "in", -70_000, entry_class=kind)  # type: ignore[arg-type]
    assert world.match().classified == {entry: kind}


def test_money_on_a_wrong_account_is_one_break_with_its_side(world: BankWorld) -> None:
    reference = world.pay(8_850, received=False)
    world.book_both(reference, credit=False)
    world.book("44", "out", 8_850, reference)
    (found,) = world.match().breaks
    assert (found.kind, found.sides) == ("wrong_account", (SideKey(reference, "credit"),))


def test_misplaced_money_that_leaves_again_explains_itself_on_one_account_or_two_of_a_province(
    world: BankWorld,
) -> None:
    reference = world.pay(8_850)
    world.book_both(reference)
    for came_to, left_from in (("fiscal", "fiscal"), ("fiscal", "out")):
        world.book("44", came_to, 8_850, reference)
        assert world.broken() == ["wrong_account"]
        world.book("44", left_from, -8_850, reference, on=TUESDAY)
        assert world.broken() == []
    assert not any(figures.unexplained_fen for figures in world.figures())
    assert all(account.agrees for account in world.month())


def test_what_leaves_from_another_province_or_by_another_amount_explains_nothing(world: BankWorld) -> None:
    reference = world.pay(8_850)
    world.book_both(reference)
    world.book("44", "fiscal", 8_850, reference)
    world.book("44", "fiscal", -8_849, reference, on=TUESDAY)
    world.book("41", "fiscal", -8_850, reference, on=TUESDAY)
    assert world.broken() == ["wrong_account"] * 3


def test_an_unnamed_entry_by_which_misplaced_money_leaves_is_a_proposal_and_explains_it_once_confirmed(
    world: BankWorld,
) -> None:
    reference = world.pay(8_850)
    world.book_both(reference)
    payer = account_id("41", "out")
    world.book("44", "fiscal", 8_850, details=(EntryPayment((reference,), None, payer),))
    left = world.book("44", "out", -8_850, on=TUESDAY, counterpart=payer)
    found = world.match().breaks
    assert [(one.kind, one.candidates) for one in found] == [("wrong_account", ()), ("unmatched_bank", (reference,))]
    world.confirmed[left] = reference
    assert world.broken() == []
    assert not any(figures.unexplained_fen for figures in world.figures())


def test_what_did_not_arrive_in_three_working_days_is_late(world: BankWorld) -> None:
    reference = world.pay(8_850, received=False)
    world.book_both(reference, credit=False)
    world.as_of = date(2025, 3, 5)
    assert world.broken() == []
    assert world.match().awaited == (SideKey(reference, "credit"),)
    world.as_of = date(2025, 3, 6)
    (found,) = world.match().breaks
    assert (found.kind, found.difference_fen, found.province) == ("late_in_transit", -8_850, "44")
    world.book("44", "in", 8_850, reference, on=date(2025, 3, 6))
    assert world.broken() == []


def test_an_order_that_the_bank_never_took_is_one_break(world: BankWorld) -> None:
    reference = world.pay(8_850, received=False)
    (found,) = world.match().breaks
    assert (found.kind, found.anchor) == ("unmatched_ledger", SideKey(reference, "debit"))
    assert world.match().awaited == (SideKey(reference, "credit"),)


def test_a_receipt_that_no_bank_has_is_unmatched(world: BankWorld) -> None:
    world.book_both(world.pay(8_850), credit=False)
    assert [(b.kind, b.province) for b in world.match().breaks] == [("unmatched_ledger", "44")]


def test_a_reported_receipt_is_missed_once_its_bank_tells_of_the_day_after_it(world: BankWorld) -> None:
    world.book_both(world.pay(8_850), credit=False)
    received_on = AS_OF - timedelta(days=1)
    world.payments = [replace(payment, received_on=received_on) for payment in world.payments]
    account = account_id("44", "in")
    told_to = world.accounts[account]
    world.accounts[account] = told_to._replace(statements=((told_to.statements[0][0], received_on),))
    assert world.broken() == []
    world.accounts[account] = told_to
    assert world.broken() == ["unmatched_ledger"]


def test_a_reported_return_is_missed_once_its_bank_tells_of_the_day_after_it(world: BankWorld) -> None:
    world.book_both(world.pay(8_850, bounced_fen=8_850), credit=False)
    bounced_on = AS_OF - timedelta(days=1)
    world.payments = [replace(payment, bounced_on=bounced_on) for payment in world.payments]
    account = account_id("41", "out")
    told_to = world.accounts[account]
    world.accounts[account] = told_to._replace(statements=((told_to.statements[0][0], bounced_on),))
    assert world.broken() == []
    world.accounts[account] = told_to
    assert world.broken() == ["unmatched_ledger"]


def test_what_the_payee_does_not_report_is_named(world: BankWorld) -> None:
    world.book_both(world.pay(8_850, received=False))
    world.as_of = date(2025, 3, 7)
    assert world.broken() == []
    world.as_of = AS_OF
    assert [(b.kind, b.difference_fen) for b in world.match().breaks] == [("unmatched_bank", 8_850)]


def test_a_payment_that_the_payer_does_not_report_is_named(world: BankWorld) -> None:
    world.book_both(world.pay(8_850, ordered=False))
    assert [(b.kind, b.amount_fen) for b in world.match().breaks] == [("unmatched_bank", -8_850)]


def test_money_that_came_back_is_returned_until_the_ledger_knows_it(world: BankWorld) -> None:
    reference = world.pay(8_850, received=False)
    world.book_both(reference, credit=False)
    world.book("41", "out", 8_850, reference, on=TUESDAY)
    (found,) = world.match().breaks
    assert (found.kind, found.difference_fen, found.sides) == ("returned", 8_850, (SideKey(reference, "credit"),))
    world.payments = []
    world.pay(8_850, received=False, bounced_fen=8_850)
    assert world.broken() == []


def test_one_line_of_a_batch_that_came_back_is_one_break(world: BankWorld) -> None:
    reference = world.pay(10_000, 20_000, received=False)
    world.book_both(reference, credit=False)
    world.book("41", "out", 10_000, reference, on=TUESDAY)
    world.book("44", "in", 20_000, reference, on=TUESDAY)
    assert world.broken() == ["returned"]


def test_the_payees_bank_that_takes_a_credit_back_is_named(world: BankWorld) -> None:
    reference = world.pay(8_850)
    world.book_both(reference)
    world.book("44", "in", -8_850, reference, on=date(2025, 3, 5))
    assert [(b.kind, b.amount_fen) for b in world.match().breaks] == [("returned", -8_850)]


def test_a_batch_of_lines_is_its_sum_or_a_break(world: BankWorld) -> None:
    world.book_both(world.pay(10_000, 20_000))
    assert world.broken() == []
    reference = world.pay(10_000, 20_000)
    world.book_both(reference, debit=False)
    world.book("41", "out", -30_001, reference)
    (found,) = world.match().breaks
    assert (found.kind, found.difference_fen, found.amount_fen) == ("batch_mismatch", -1, -30_000)


def test_one_entry_for_several_payments_is_their_sum(world: BankWorld) -> None:
    references = [world.pay(amount) for amount in (10_000, 20_000)]
    for reference in references:
        world.book_both(reference, debit=False)
    listed = tuple(EntryPayment((r,), a) for r, a in zip(references, (-10_000, -20_000), strict=True))
    world.book("41", "out", -30_000, details=listed)
    matching = world.match()
    assert matching.matches[1].rule == "batch"
    assert not matching.breaks
    world.book("41", "out", -30_000, details=listed)
    assert world.broken() == ["duplicate"]


@pytest.mark.parametrize(
    ("total", "first", "second"),
    [
        (-30_001, None, None),
        (-30_001, -10_000, -20_001),
        (-30_000, -10_001, -19_999),
        (-30_000, -30_000, -30_000),
        (-30_000, -10_000, -19_999),
    ],
)
def test_an_allocation_list_that_differs_is_one_break_and_nothing_is_added_to_a_line(
    world: BankWorld, total: int, first: int | None, second: int | None
) -> None:
    references = [world.pay(amount) for amount in (10_000, 20_000)]
    for reference in references:
        world.book_both(reference, debit=False)
    world.book(
        "41", "out", total, details=(EntryPayment((references[0],), first), EntryPayment((references[1],), second))
    )
    (found,) = world.match().breaks
    assert (found.kind, len(found.sides)) == ("batch_mismatch", 2)


def test_payments_without_amounts_never_take_the_batchs_total(world: BankWorld) -> None:
    reference, other = world.pay(30_000), world.pay(20_000)
    for known in (reference, other):
        world.book_both(known, debit=False)
    world.book("41", "out", -30_000, details=(EntryPayment((reference,)), EntryPayment((other,))))
    assert world.broken() == ["batch_mismatch"]


def test_a_clear_candidate_is_a_proposal_and_no_match(world: BankWorld) -> None:
    reference = world.pay(8_850)
    world.book_both(reference, debit=False)
    entry = world.book("41", "out", -8_850, counterpart=account_id("44", "in"))
    matching = world.match()
    assert [(b.kind, b.candidates) for b in matching.breaks] == [("unmatched_bank", (reference,))]
    assert matching.proposed == (SideKey(reference, "debit"),)
    world.confirmed[entry] = reference
    assert [match.rule for match in world.match().matches] == ["reference", "confirmed"]
    assert world.broken() == []


def test_of_two_equal_candidates_none_is_taken(world: BankWorld) -> None:
    references = sorted(world.pay(8_850) for _ in range(2))
    for reference in references:
        world.book_both(reference, debit=False)
    world.book("41", "out", -8_850, counterpart=account_id("44", "in"))
    (found,) = world.match().breaks
    assert sorted(found.candidates) == references


@pytest.mark.parametrize(
    ("fen", "other", "day"),
    [
        (-8_849, ("44", "in"), MONDAY),
        (-8_850, ("65", "in"), MONDAY),
        (8_850, ("44", "in"), MONDAY),
        (-8_850, ("44", "in"), date(2025, 3, 18)),
    ],
)
def test_another_amount_account_direction_or_an_eleventh_day_is_no_candidate(
    world: BankWorld, fen: int, other: tuple[str, str], day: date
) -> None:
    world.book_both(world.pay(8_850), debit=False)
    world.book("41", "out", fen, counterpart=account_id(*other), on=day)  # type: ignore[arg-type]
    assert sorted(world.broken()) == ["unmatched_bank", "unmatched_ledger"]
    assert not any(found.candidates for found in world.match().breaks)


def test_an_entry_that_names_no_other_account_has_no_candidate(world: BankWorld) -> None:
    world.book_both(world.pay(8_850), debit=False)
    world.book("41", "out", -8_850)
    assert not any(found.candidates for found in world.match().breaks)


def test_of_two_readings_of_one_place_the_known_one_counts(world: BankWorld) -> None:
    reference = world.pay(8_850)
    world.book_both(reference, credit=False)
    world.book("44", "in", 8_850, reference[:8], reference)
    assert world.broken() == []


def test_a_working_day_without_statement_is_a_break_and_hides_no_other(world: BankWorld) -> None:
    account = account_id("41", "out")
    world.without_statement_of(account, date(2025, 3, 4))
    world.pay(8_850, received=False)
    (found,) = world.match().breaks
    assert (found.kind, found.anchor) == ("missing_statement", (account, date(2025, 3, 4)))
    assert len(world.match().awaited) == 2


def test_weekends_need_no_statement(world: BankWorld) -> None:
    world.without_statement_of(account_id("41", "out"), date(2025, 3, 8))
    assert world.broken() == []


def test_statements_that_stop_are_missing_from_the_next_working_day_on(world: BankWorld) -> None:
    account = account_id("41", "out")
    world.accounts[account] = world.accounts[account]._replace(statements=((MONDAY, MONDAY),))
    world.as_of = TUESDAY
    assert world.broken() == []
    world.as_of = date(2025, 3, 6)
    assert [found.anchor for found in world.match().breaks] == [(account, TUESDAY), (account, date(2025, 3, 5))]


def test_what_was_before_the_first_statement_is_no_break(world: BankWorld) -> None:
    world.pay(8_850, on=date(2025, 1, 20))
    assert world.broken() == []
