"""A month's seals before they are signed: the message of each account, and whether the account would take it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from msgspec.structs import replace

from jinbao.platform.aggregates.bank_account.account import BANK_ACCOUNTS, BankAccount
from jinbao.platform.aggregates.bank_account.state import month_number
from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.law import Law
from jinbao.platform.bank_matching.month_end import BalanceReconciliation
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.money import Fen
from jinbao.schemas.messages.bank import BankEnvelope
from jinbao.schemas.messages.month_seal import MonthCorrection, MonthSealed, SealedItem, figures_hash


def seal_to_sign(account: BalanceReconciliation, operator: str) -> MonthSealed:
    """What a person would sign of an account's month; its envelope has no ids before the adapter sends it."""
    envelope = BankEnvelope(
        event_id=bytes(16),
        account_id=account.account.id,
        sender=account.account.province,
        operator=operator,
        local_document="-",
        occurred_at=0,
    )
    seal = MonthSealed(
        envelope=envelope,
        month=month_number(account.first_day),
        statements_to=account.statements_to or account.first_day,
        bank_opening=Fen(account.bank.opening_fen),
        bank_in=Fen(account.bank.in_fen),
        bank_out=Fen(account.bank.out_fen),
        bank_closing=Fen(account.bank_closing_fen),
        book_opening=Fen(account.book.opening_fen),
        book_in=Fen(account.book.in_fen),
        book_out=Fen(account.book.out_fen),
        items=[
            SealedItem(
                part=item.part,
                day=item.day,
                amount=Fen(item.amount_fen),
                payment_reference=item.payment_reference,
                entry=item.entry.bytes if item.entry else None,
                break_id=item.break_id.bytes if item.break_id else None,
            )
            for item in account.items
        ],
        open_breaks=[found.bytes for found in account.open_breaks],
        corrections=[
            MonthCorrection(month=each.month, payment_reference=each.payment_reference) for each in account.corrections
        ],
        figures_hash="",
    )
    return replace(seal, figures_hash=figures_hash(seal))


def refused_seals(
    work: UnitOfWork, seals: Iterable[MonthSealed], now_us: int, law: Law
) -> Iterator[tuple[MonthSealed, Rejection]]:
    """The seals that their accounts would refuse, and why: asked before any of them is sent."""
    repository = work.streams(BANK_ACCOUNTS).repository
    for seal in seals:
        account: BankAccount = repository.get(UUID(bytes=seal.envelope.account_id))
        decision = account.decide(seal, now_us, law)
        if isinstance(decision, Rejection):
            yield seal, decision
