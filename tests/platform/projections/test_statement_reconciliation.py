"""Statements against payments, from the log to each account's figures."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from support.bank_messages import ACCOUNT, annulled, booked, confirmed, entry, opened, unexplained

from jinbao.platform.projections.statement_reconciliation import reconcile_statements
from jinbao.rules.working_days import load_working_days
from jinbao.schemas.messages.bank import BookedPayment

TOTAL = 3_309_425
AS_OF = date(2025, 4, 30)


def named(transfer):
    return [BookedPayment(payment_references=[transfer.reference(1)])]


def reconciled(platform, as_of=AS_OF):
    with platform.store.read() as work:
        return reconcile_statements(work, as_of, load_working_days())


def figures(found):
    return [(f.ledger_fen, f.other_fen, f.breaks_fen, f.unexplained_fen) for f in found.accounts()]


@pytest.fixture
def statement(platform, transfer):
    """A month of Henan's income account: the payment, and a charge."""
    credit = entry(1, TOTAL, payments=named(transfer))
    platform.take(opened(), booked(1, 500, credit, entry(2, -50, entry_class="charge")))


def test_a_month_that_fits_is_explained_and_has_no_break(platform, transfer, statement):
    platform.take(*transfer.whole())
    found = reconciled(platform)
    assert figures(found) == [(TOTAL, -50, 0, 0)]
    assert found.breaks() == []
    (account,) = found.accounts("41")
    assert (account.balances.opening_fen, account.balances.closing_fen) == (500, 500 + TOTAL - 50)
    assert found.accounts("44") == []


def test_a_statement_before_its_payment_is_a_break_that_ends_by_itself(platform, transfer, statement):
    (found,) = reconciled(platform).breaks("41")
    assert (found.kind, found.account, found.difference_fen) == ("unknown_reference", ACCOUNT.bytes, TOTAL)
    assert figures(reconciled(platform)) == [(0, -50, TOTAL, 0)]
    platform.take(*transfer.whole())
    assert reconciled(platform).breaks() == []


def test_a_receipt_that_no_statement_has_is_a_break_of_its_payment(platform, transfer):
    platform.take(opened(), booked(1, 500, first_day=date(2025, 2, 1)), *transfer.whole())
    (found,) = reconciled(platform).breaks()
    assert (found.kind, found.references) == ("unmatched_ledger", (transfer.reference(1),))
    assert figures(reconciled(platform)) == [(TOTAL, 0, -TOTAL, 0)]


def test_a_break_keeps_its_id_whatever_arrives(platform, transfer, statement):
    (before,) = reconciled(platform).breaks()
    platform.take(*[message for message in transfer.whole() if message.NAME != "FundsReceived"])
    (after,) = reconciled(platform).breaks()
    assert (before.kind, after.kind) == ("unknown_reference", "unmatched_bank")
    assert before.id == after.id != UUID(int=0)


def test_on_an_earlier_day_the_balance_is_that_days(platform, transfer, statement):
    found = reconciled(platform, date(2025, 4, 7))
    (account,) = found.accounts()
    assert (account.balances.statements_to, account.balances.closing_fen) == (date(2025, 4, 7), 500)
    assert account.unexplained_fen == 0


def test_without_accounts_there_is_nothing_to_explain(platform, transfer):
    platform.take(*transfer.whole())
    assert (reconciled(platform).accounts(), reconciled(platform).breaks()) == ([], [])


def test_an_entry_that_an_officer_confirmed_is_matched_until_that_is_annulled(platform, transfer):
    unnamed = entry(1, TOTAL, payments=[BookedPayment(payment_references=[])])
    platform.take(opened(), booked(1, 500, unnamed), *transfer.whole())
    (one,) = reconciled(platform).breaks()
    assert one.kind == "unmatched_bank"
    platform.take(unexplained(10, 1, transfer.reference(1)), confirmed(11, 1, transfer.reference(1)))
    assert [match.rule for match in reconciled(platform).matching.matches] == ["confirmed"]
    assert reconciled(platform).breaks() == []
    platform.take(annulled(12, 1))
    assert one.id in [found.id for found in reconciled(platform).breaks()]
