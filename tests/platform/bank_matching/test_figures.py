"""Figures of an account: what of its change ledger, classes and breaks explain."""

from __future__ import annotations

import pytest
from support.bank_world import MONDAY, BankWorld, account_id

from jinbao.platform.bank_matching.figures import AccountFigures, StatementBalances, account_figures
from jinbao.platform.bank_matching.values import AccountKind


def of(world: BankWorld, province: str, kind: AccountKind) -> tuple[int, int, int, int]:
    found: AccountFigures = next(f for f in world.figures() if f.account.id == account_id(province, kind))
    return found.ledger_fen, found.other_fen, found.breaks_fen, found.unexplained_fen


@pytest.fixture
def world() -> BankWorld:
    return BankWorld()


def test_a_payment_and_a_charge(world: BankWorld) -> None:
    world.book_both(world.pay(8_850))
    world.book("41", "out", -50, entry_class="charge")
    assert of(world, "41", "out") == (-8_850, -50, 0, 0)
    assert of(world, "44", "in") == (8_850, 0, 0, 0)


def test_a_difference_is_in_the_breaks_and_never_beside_them(world: BankWorld) -> None:
    reference = world.pay(8_850)
    world.book_both(reference, credit=False)
    world.book("44", "in", 8_800, reference)
    assert of(world, "44", "in") == (8_850, 0, -50, 0)


def test_money_on_a_wrong_account_is_a_break_on_both(world: BankWorld) -> None:
    reference = world.pay(8_850, received=False)
    world.book_both(reference, credit=False)
    world.book("44", "fiscal", 8_850, reference)
    assert of(world, "44", "fiscal") == (0, 0, 8_850, 0)
    assert of(world, "44", "in") == (8_850, 0, -8_850, 0)


def test_what_is_proposed_is_not_explained_twice(world: BankWorld) -> None:
    world.book_both(world.pay(8_850), debit=False)
    world.book("41", "out", -8_850, counterpart=account_id("44", "in"))
    assert of(world, "41", "out") == (-8_850, 0, 0, 0)


def test_what_is_awaited_is_no_part_of_it(world: BankWorld) -> None:
    world.as_of = MONDAY
    world.book_both(world.pay(8_850, received=False), credit=False)
    assert of(world, "44", "in") == (0, 0, 0, 0)


def test_what_no_ledger_has_is_a_break(world: BankWorld) -> None:
    world.book_both(world.pay(8_850, received=False))
    assert of(world, "44", "in") == (0, 0, 8_850, 0)


def test_a_balance_that_the_entries_do_not_reach_stays_unexplained(world: BankWorld) -> None:
    world.book_both(world.pay(8_850))
    matching, account = world.match(), account_id("41", "out")
    balances = {account: StatementBalances(world.as_of, 0, -8_851)}
    payments = {payment.reference: payment for payment in world.payments}
    entries = {entry.id: entry for entry in world.entries}
    figures = account_figures(matching, [world.accounts[account]], payments, entries, balances)
    assert [found.unexplained_fen for found in figures] == [-1]
