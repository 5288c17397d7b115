"""The bank reconciliation statement: four parts, adjusted balances equal, whatever bank and book lack."""

from __future__ import annotations

from datetime import date, timedelta

from support.bank_world import AS_OF, BankWorld, account_id

from jinbao.platform.bank_matching.month_end import PARTS, BalanceReconciliation

MONTH = (date(2025, 4, 1), AS_OF)
IN, OUT = account_id("44", "in"), account_id("41", "out")


def month_of(world: BankWorld, lost_fen: int = 0) -> dict[bytes, BalanceReconciliation]:
    return {one.account.id: one for one in world.month(1_000, lost_fen)}


def parts(one: BalanceReconciliation) -> tuple[int, ...]:
    return tuple(one.sum_fen(part) for part in PARTS)


def test_what_both_have_is_no_item() -> None:
    world = BankWorld()
    world.book_both(world.pay(700))
    world.book("44", "in", -3, entry_class="charge", on=date(2025, 4, 2))
    made = month_of(world)[IN]
    assert (made.items, made.agrees, made.book.closing_fen) == ([], True, 1_697)
    assert (made.book.opening_fen, made.book.in_fen, made.book.out_fen) == (1_700, 0, 3)


def test_each_part_holds_what_one_side_lacks() -> None:
    world = BankWorld()
    world.book_both(world.pay(500, on=date(2025, 4, 29)), credit=False)
    world.book_both(world.pay(40, on=date(2025, 4, 29)), debit=False)
    world.book("44", "in", 7, on=date(2025, 4, 3))
    world.book("41", "out", -9, on=date(2025, 4, 3))
    made = month_of(world)
    assert parts(made[IN]) == (500, 0, 7, 0)
    assert parts(made[OUT]) == (0, 40, 0, 9)
    assert made[IN].agrees
    assert made[OUT].agrees
    assert made[IN].adjusted_bank_fen == 1_000 + 40 + 7 + 500
    breaks = {found.id for found in world.match().breaks}
    assert {item.break_id for item in made[IN].items if item.part == "receipt_not_in_book"} <= breaks


def test_what_differs_stands_whole_on_both_sides() -> None:
    world = BankWorld()
    reference = world.pay(500, on=date(2025, 4, 8))
    world.book_both(reference, credit=False)
    world.book("44", "in", 450, reference, on=date(2025, 4, 9))
    made = month_of(world)[IN]
    assert (parts(made), made.agrees) == ((500, 0, 450, 0), True)
    assert {item.payment_reference for item in made.items} == {reference}


def test_what_the_payee_has_not_reported_is_on_the_bank_only() -> None:
    world = BankWorld()
    world.book_both(world.pay(500, on=date(2025, 4, 28), received=False))
    made = month_of(world)[IN]
    assert (parts(made), made.agrees) == ((0, 0, 500, 0), True)


def test_what_was_paid_before_the_first_statement_counts_when_the_bank_books_it() -> None:
    world = BankWorld()
    for account in (IN, OUT):
        world.accounts[account] = world.accounts[account]._replace(statements=(MONTH,))
    world.book_both(world.pay(500, on=MONTH[0] - timedelta(days=1)), debit=False)
    world.entries[-1:] = []
    world.book_both(world.pay(70, on=MONTH[0] - timedelta(days=1)), debit=False)
    made = month_of(world)
    assert (made[IN].items, made[IN].agrees, made[IN].book.in_fen) == ([], True, 70)
    assert (made[OUT].items, made[OUT].agrees) == ([], True)


def test_a_balance_that_no_entry_explains_is_told() -> None:
    world = BankWorld()
    world.book_both(world.pay(700))
    assert not any(one.agrees for one in month_of(world, lost_fen=1).values())


def test_a_line_of_the_book_that_the_matching_lost_is_told() -> None:
    world = BankWorld()
    world.book_both(world.pay(700))
    without = BankWorld(payments=world.payments)
    lost = world.month(1_000, matching=without.match())
    assert not any(one.agrees for one in lost if one.account.id in (IN, OUT))


def test_what_an_officer_cleared_leaves_no_item() -> None:
    world = BankWorld()
    world.book("44", "in", 60, on=date(2025, 4, 8))
    world.book("44", "in", -60, on=date(2025, 4, 9))
    cleared = {found.id.bytes for found in world.match().breaks}
    made = {one.account.id: one for one in world.month(cleared=cleared)}[IN]
    assert (made.items, made.agrees) == ([], True)
    assert parts(month_of(world)[IN]) == (0, 0, 60, 60)
