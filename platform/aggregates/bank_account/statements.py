"""What becomes of an account's opening and of the parts of its statements: each follows the one before."""

from __future__ import annotations

from collections.abc import Collection

from jinbao.platform.aggregates.bank_account.facts import AccountOpened, Booked, PartBooked, Payment
from jinbao.platform.aggregates.bank_account.state import AccountState, month_number
from jinbao.platform.aggregates.decision import RECORDED, Rejection
from jinbao.rules.payment_reference import is_payment_reference
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas import messages as m
from jinbao.schemas.messages.bank import MOST_ENTRIES, MOST_PAYMENTS, BankAccountOpened, BankMessage, StatementBooked

_PART = Rejection("STATEMENT_PART", "part")


def opened(account: AccountState, message: BankAccountOpened) -> AccountOpened | Rejection:
    """Its opening, once."""
    sender = message.envelope.sender
    if sender not in PROVINCES or account.province not in ("", sender):
        return Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    return RECORDED if account.province else AccountOpened(province=sender, kind=message.kind)


def booked(account: AccountState, message: StatementBooked) -> PartBooked | Rejection:
    """A part of a statement, where it fits behind the last one."""
    wrong = _out_of_place(account, message) or _inconsistent(message) or _against_others(account, message)
    if wrong is not None:
        return wrong
    replaced = account.statements.get(message.replaces) if message.replaces is not None else None
    return PartBooked(
        statement=message.statement,
        part=message.part,
        parts=message.parts,
        first_day=message.first_day,
        last_day=message.last_day,
        opening_fen=message.opening,
        closing_fen=message.closing,
        entries=tuple(map(_booked, message.entries)),
        replaces=message.replaces,
        replaced_fen=replaced.closing_fen - replaced.opening_fen if replaced else 0,
        replaced_entries=len(replaced.entries) if replaced else 0,
    )


def _against_others(account: AccountState, message: StatementBooked) -> Rejection | None:
    """Why a part does not fit between the statements before and behind it."""
    opening_fen, ends_at_fen = account.closing_fen, account.ends_at_fen(message.replaces)
    freed: Collection[bytes] = ()
    if message.replaces is not None:
        replaced = account.statements[message.replaces]
        if month_number(replaced.first_day) <= account.sealed_to:
            return Rejection("MONTH_SEALED", "replaces")
        opening_fen, freed = replaced.opening_fen, replaced.entries
    elif account.unfinished is not None:
        opening_fen, ends_at_fen = account.statements[message.statement].closing_fen, account.unfinished.ends_at_fen
    elif _is_quiet(message) and (gap := account.gap(message.first_day, message.last_day)) is not None:
        return Rejection("STATEMENT_OPENING", "opening") if message.opening != gap[1] else None
    if any(month_number(entry.booked_on) <= account.sealed_to for entry in message.entries):
        return Rejection("MONTH_SEALED", "entries.booked_on")
    if opening_fen is not None and message.opening != opening_fen:
        return Rejection("STATEMENT_OPENING", "opening")
    if ends_at_fen is not None and message.part == message.parts and message.closing != ends_at_fen:
        return Rejection("STATEMENT_OPENING", "closing")
    if any(entry.entry in account.entries and entry.entry not in freed for entry in message.entries):
        return Rejection("ALREADY_RECORDED", "entries.entry")
    return None


def _is_quiet(message: StatementBooked) -> bool:
    """Whether it is a whole statement of days without movement: it may come late. A first part of several may not."""
    return not message.entries and message.parts == 1


def not_ours(account: AccountState, message: BankMessage) -> Rejection | None:
    """Why a message is not for this account to hear: nobody has opened it, or another province speaks."""
    if not account.province:
        return Rejection("BANK_ACCOUNT_UNKNOWN", "envelope.account_id")
    return Rejection("ROLE_NOT_ALLOWED", "envelope.sender") if message.envelope.sender != account.province else None


def _out_of_place(account: AccountState, message: StatementBooked) -> Rejection | None:
    wrong = not_ours(account, message)
    if wrong is not None:
        return wrong
    if account.unfinished is not None:
        here = (message.statement, message.part, message.replaces)
        return None if here == (*account.unfinished[:2], None) else _PART
    if message.statement in account.statements or message.statement in account.replaced:
        return Rejection("ALREADY_RECORDED", "statement")
    if message.replaces is not None and message.replaces not in account.statements:
        return Rejection("STATEMENT_UNKNOWN", "replaces")
    return None if message.part == 1 else _PART


def _inconsistent(message: StatementBooked) -> Rejection | None:
    """Why a part contradicts itself."""
    if len(message.entries) > MOST_ENTRIES:
        return Rejection("INVALID_FIELD", "entries")
    if message.part > message.parts:
        return Rejection("INVALID_FIELD", "parts")
    if message.opening + sum(entry.amount for entry in message.entries) != message.closing:
        return Rejection("STATEMENT_SUM", "closing")
    if message.first_day > message.last_day:
        return Rejection("INVALID_FIELD", "first_day")
    if any(not message.first_day <= entry.booked_on <= message.last_day for entry in message.entries):
        return Rejection("INVALID_FIELD", "entries.booked_on")
    if len({entry.entry for entry in message.entries}) != len(message.entries):
        return Rejection("ALREADY_RECORDED", "entries.entry")
    payments = [payment for entry in message.entries for payment in entry.payments]
    if len(payments) > MOST_PAYMENTS or not all(entry.payments for entry in message.entries):
        return Rejection("INVALID_FIELD", "entries.payments")
    if not all(is_payment_reference(found) for payment in payments for found in payment.payment_references):
        return Rejection("PAYMENT_REFERENCE_INVALID", "entries.payments.payment_references")
    return None


def _booked(entry: m.BankEntry) -> Booked:
    payments = tuple(Payment(tuple(p.payment_references), p.amount, p.counterpart) for p in entry.payments)
    return Booked(entry.entry, entry.booked_on, entry.amount, entry.entry_class, payments)
